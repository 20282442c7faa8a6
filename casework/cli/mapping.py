"""Mapping files: which column of a foreign file becomes which attribute and which field of an event."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

_ATTRIBUTES = ("id", "type", "subject", "time")
_KEYS = frozenset({"column", "value", "as"})
_FORMS = ("text", "number", "time")
Row = Mapping[str, Any]


class MappingInvalid(Exception):
    """A mapping file cannot be used; the message names the file and the line or field."""


class Mapped:
    """A mapping, checked: where each attribute and each field of the data comes from."""

    def __init__(self, told: Mapping[str, Any], zone: ZoneInfo) -> None:
        self._attributes = {name: told[name] for name in _ATTRIBUTES if name in told}
        self._data = told["data"]
        self._zone = zone

    def columns(self) -> set[str]:
        """Name the columns that the mapping reads."""
        places = [*self._attributes.values(), *self._data.values()]
        named = (place.get("column") if isinstance(place, Mapping) else place for place in places)
        return {str(name) for name in named if name is not None}

    def event(self, row: Row, source: str) -> dict[str, Any]:
        """Make a CloudEvent of a row; the id of one that has none is the hash of its row: twice is once."""
        raw: dict[str, Any] = {"specversion": "1.0", "source": source}
        for name, place in self._attributes.items():
            value = self._pick(place, row)
            if value not in (None, ""):
                raw[name] = str(value)
        raw.setdefault("id", hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest())
        data: dict[str, Any] = {}
        for name, place in self._data.items():
            value = self._pick(place, row)
            if value not in (None, ""):
                _put(data, name.split("."), value)
        raw["data"] = data
        return raw

    def _pick(self, place: object, row: Row) -> Any:  # noqa: ANN401  (whatever the row holds)
        if not isinstance(place, Mapping):
            return _find(row, str(place))
        if "value" in place:
            return place["value"]
        value = _find(row, str(place["column"]))
        if value in (None, ""):
            return None
        form = place.get("as", "text")
        return _time(value, self._zone) if form == "time" else _number(value) if form == "number" else value


def read(file: Path, zone: ZoneInfo) -> Mapped:
    """Read a mapping; `zone` is that of times without an offset. Raises `MappingInvalid`."""
    try:
        told = yaml.safe_load(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise MappingInvalid(f"{file}: is no UTF-8 text") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file}:{mark.line + 1}" if mark else str(file)
        raise MappingInvalid(f"{where}: {getattr(error, 'problem', None) or 'is no YAML'}") from error
    wrong = list(_wrong(told))
    if wrong:
        raise MappingInvalid("\n".join(f"{file}: {sentence}" for sentence in wrong))
    return Mapped(told, zone)


def _wrong(told: object) -> Iterator[str]:
    if not isinstance(told, Mapping):
        yield "must be a mapping with `type` and `data`"
        return
    known = {*_ATTRIBUTES, "data"}
    yield from (
        f"{name}: is not known; known are {', '.join(sorted(known))}" for name in told if name not in known
    )
    if "type" not in told:
        yield "type: is missing; write `type: {value: report}` for a constant"
    if not isinstance(told.get("data"), Mapping) or not told["data"]:
        yield "data: must name at least one field and its column"
        return
    for name in _ATTRIBUTES:
        if name in told:
            yield from _wrong_place(name, told[name])
    for name, place in told["data"].items():
        yield from _wrong_place(f"data.{name}", place)


def _wrong_place(name: str, place: object) -> Iterator[str]:
    if isinstance(place, str) and place:
        return
    if not isinstance(place, Mapping):
        yield f"{name}: must be a column's name, {{column: NAME}} or {{value: CONSTANT}}"
        return
    yield from (
        f"{name}: {key!r} is not known; known are as, column, value" for key in place if key not in _KEYS
    )
    if ("column" in place) == ("value" in place):
        yield f"{name}: needs either `column` or `value`"
    if place.get("as", "text") not in _FORMS:
        yield f"{name}: `as` must be one of {', '.join(_FORMS)}, not {place['as']!r}"


def _find(row: Row, name: str) -> Any:  # noqa: ANN401  (whatever the row holds)
    """Look a column up; `a.b` reaches into objects of JSON lines where no column has that very name."""
    if name in row:
        return row[name]
    found: Any = row
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _put(data: dict[str, Any], path: Sequence[str], value: object) -> None:
    for part in path[:-1]:
        inner = data.setdefault(part, {})
        data = inner if isinstance(inner, dict) else {}
    data[path[-1]] = value


def _number(value: object) -> object:
    try:
        return float(str(value))
    except ValueError:
        return value  # left as it is, for the schema to refuse by the field's name


def _time(value: object, zone: ZoneInfo) -> object:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return value  # as above
    return (at if at.tzinfo else at.replace(tzinfo=zone)).isoformat()
