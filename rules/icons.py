"""A pack's own icon: SVG that can only draw, read from an allow-list and written anew."""

import re
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from rules.errors import PackInvalid, Problem

SIZE_LIMIT = 16 * 1024
_ELEMENT_LIMIT = 200
_DEPTH_LIMIT = 8
_SVG = "{http://www.w3.org/2000/svg}"
_ELEMENTS = frozenset(
    {"svg", "g", "path", "circle", "ellipse", "rect", "line", "polyline", "polygon", "title", "desc"}
)
_NUMBERS = re.compile(r"[-+0-9.eE ,]{1,2000}")
_PATH = re.compile(r"[MmLlHhVvCcSsQqTtAaZz0-9eE+\-., \n]{1,8000}")
_COLOUR = re.compile(r"none|currentColor|#[0-9A-Fa-f]{3}(?:[0-9A-Fa-f]{3})?|[a-z]{1,20}")
_TRANSFORM = re.compile(r"(?:(?:translate|rotate|scale)\([-+0-9.eE ,]{1,60}\) ?){1,4}")
_WORD = re.compile(r"[a-z0-9.]{1,20}")
_ATTRIBUTES: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(
        ("viewBox", "width", "height", "cx", "cy", "r", "rx", "ry", "x", "y", "x1", "y1", "x2", "y2"),
        _NUMBERS,
    ),
    **dict.fromkeys(("points", "stroke-width", "stroke-dasharray", "opacity", "fill-opacity"), _NUMBERS),
    **dict.fromkeys(("fill", "stroke"), _COLOUR),
    **dict.fromkeys(("stroke-linecap", "stroke-linejoin", "fill-rule", "clip-rule", "role"), _WORD),
    "d": _PATH,
    "transform": _TRANSFORM,
}


def read(content: bytes, shown: str) -> str:
    """Answer an icon as clean SVG: what was read from the list of what may only draw, written anew.

    Raises `PackInvalid` for anything beyond it: scripts, styles, links, images, other namespaces,
    document types and entities. Nothing is dropped in silence, so an author sees what would be lost.
    """
    if len(content) > SIZE_LIMIT:
        raise _refusal(shown, "the icon is larger than 16 KiB", "draw it with fewer points")
    try:
        root = ElementTree.fromstring(content, forbid_dtd=True)
    except ParseError as broken:
        raise _refusal(shown, f"is not XML: {broken}", "", broken.position[0]) from broken
    except DefusedXmlException as forbidden:
        raise _refusal(shown, "a document type or entity", "remove it") from forbidden
    except (ValueError, LookupError) as broken:  # an encoding that nobody knows
        raise _refusal(shown, "is not UTF-8 XML", "save it as UTF-8") from broken
    if root.tag != f"{_SVG}svg":
        raise _refusal(shown, "is not SVG", 'begin with <svg xmlns="http://www.w3.org/2000/svg" ...>')
    if "viewBox" not in root.attrib:
        raise _refusal(shown, "the icon has no viewBox", 'like viewBox="0 0 24 24"')
    problems = sorted(set(_problems(root, shown, 0)))
    if sum(1 for _ in root.iter()) > _ELEMENT_LIMIT:
        problems.append(Problem(shown, 1, f"more than {_ELEMENT_LIMIT} elements"))
    if problems:
        raise PackInvalid(problems)
    return _written(root, root=True)


def _problems(element: Element, shown: str, depth: int) -> Iterator[Problem]:
    name = str(element.tag).removeprefix(_SVG)
    if name not in _ELEMENTS or (depth and name == "svg"):
        yield Problem(shown, 1, f"the element <{name[:40]}> may not stand in an icon", "shapes only")
    if depth > _DEPTH_LIMIT:
        yield Problem(shown, 1, "is nested too deeply")
        return
    for attribute, value in element.attrib.items():
        allowed = _ATTRIBUTES.get(attribute)
        if allowed is None:
            what = f"the attribute {attribute[:60]} may not stand in an icon"
            yield Problem(shown, 1, what, "shapes, colours and transforms only")
        elif not allowed.fullmatch(value.strip()):
            yield Problem(shown, 1, f"{attribute}='{value[:40]}' is not understood")
    for part in element:
        yield from _problems(part, shown, depth + 1)


def _written(element: Element, *, root: bool = False) -> str:
    """Write an element with its known attributes in order; every value has passed its pattern."""
    name = str(element.tag).removeprefix(_SVG)
    space = ' xmlns="http://www.w3.org/2000/svg"' if root else ""
    attributes = "".join(f' {key}="{value.strip()}"' for key, value in sorted(element.attrib.items()))
    text = _escaped(element.text) if name in {"title", "desc"} else ""
    inside = text + "".join(_written(part) for part in element)
    return f"<{name}{space}{attributes}>{inside}</{name}>" if inside else f"<{name}{space}{attributes}/>"


def _escaped(text: str | None) -> str:
    return (text or "").strip()[:200].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _refusal(shown: str, what: str, hint: str, line: int = 1) -> PackInvalid:
    return PackInvalid([Problem(shown, line, what, hint)])
