"""The two forms of every answer: XML, which the standard demands, and JSON by its Spark convention."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from flask import Blueprint, Response, request

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 cannot hold at all."""
_FORMATS = ("json", "xml")
_INNER = {"endpoints": "endpoint", "formats": "format", "attributes": "attribute", "values": "value"}
"""The name of one element in each nested list."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a view answers: a mapping under `root`, or a list of them whose elements are called `item`."""

    root: str
    content: Mapping[str, Any] | Sequence[Mapping[str, Any]]
    item: str = ""
    status: int = 200
    headers: Mapping[str, str] | None = None


def hang(blueprint: Blueprint, path: str, method: str, view: Callable[..., Answer]) -> None:
    """Serve a view under its address with `.json`, with `.xml`, and bare, when Accept decides."""

    def answered(**arguments: str) -> Response:
        return written(view(**arguments))

    for name, value in vars(view).items():  # who may call it is written on the view
        setattr(answered, name, value)
    answered.__doc__ = view.__doc__
    endpoint = re.sub("[^a-z]+", "_", f"{method.lower()}{path}")
    for suffix in ("", *(f".{name}" for name in _FORMATS)):
        blueprint.add_url_rule(
            f"{path}{suffix}", f"{endpoint}{suffix.replace('.', '_')}", answered, methods=[method]
        )


def wanted() -> str:
    """Answer the form that the caller asked for: by suffix, else by Accept, else XML."""
    suffix = request.path.rpartition(".")[2]
    if suffix in _FORMATS:
        return suffix
    best = request.accept_mimetypes.best_match(["text/xml", "application/json"])
    return "json" if best == "application/json" else "xml"


def written(answer: Answer) -> Response:
    """Write an answer in the form that the caller asked for."""
    if wanted() == "json":
        body = json.dumps(answer.content, ensure_ascii=True).encode()
        media_type = "application/json; charset=utf-8"
    else:
        body = ET.tostring(_xml(answer), encoding="utf-8", xml_declaration=True)
        media_type = "text/xml; charset=utf-8"
    response = Response(body, answer.status, content_type=media_type)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.extend(dict(answer.headers or {}))
    return response


def _xml(answer: Answer) -> ET.Element:
    root = ET.Element(answer.root)
    if isinstance(answer.content, Mapping):
        _fill(root, answer.content)
    else:
        for item in answer.content:
            _fill(ET.SubElement(root, answer.item), item)
    return root


def _fill(element: ET.Element, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        child = ET.SubElement(element, name)
        if isinstance(value, Mapping):
            _fill(child, value)
        elif isinstance(value, list | tuple):
            for inner in value:
                made = ET.SubElement(child, _INNER[name])
                if isinstance(inner, Mapping):
                    _fill(made, inner)
                else:
                    made.text = _text(inner)
        else:
            child.text = _text(value)


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", str(value))
