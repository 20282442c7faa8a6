"""Mappings as data: which part of a foreign row or payload becomes which attribute and field of an event.

A place is a column's name, or one of `{column: NAME}`, `{path: JMESPATH}` and `{value: CONSTANT}`, with `as`,
`words`, `factor` and `default` for what is not written our way.
"""

import hashlib
import json
import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jmespath
import yaml

from casework.domain import errors

_ATTRIBUTES = ("id", "type", "subject", "time")
_PLACES = ("column", "path", "value")
_KEYS = frozenset({*_PLACES, "as", "words", "factor", "default"})
_FORMS = ("text", "number", "time", "epoch_s", "epoch_ms")
LONGEST_TEXT = 20_000
LONGEST_PATH = 300
MOST_FIELDS = 60
MOST_EVENTS = 1_000
_MOST_GROWTH = 64
_LATEST_S = 253_402_300_799.0
Row = Mapping[str, Any]


class MappingInvalid(Exception):
    """A mapping cannot be used; the message names the file or the line, and the field."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = list(sentences)


@dataclass(frozen=True, slots=True)
class Step:
    """One field of a mapped payload as a preview shows it: what the place gave, and what became of it."""

    field: str
    place: str
    found: Any
    became: Any


class Mapped:
    """A mapping, checked: where each attribute and each field of the data comes from."""

    def __init__(self, told: Mapping[str, Any], zone: ZoneInfo) -> None:
        self._attributes = {name: told[name] for name in _ATTRIBUTES if name in told}
        self._data = told["data"]
        self._split = told.get("split")
        self._zone = zone

    def columns(self) -> set[str]:
        """Name the columns that the mapping reads."""
        places = [*self._attributes.values(), *self._data.values()]
        named = (place.get("column") if isinstance(place, Mapping) else place for place in places)
        return {str(name) for name in named if name is not None}

    def is_told_apart(self) -> bool:
        """Whether two payloads that say the same at different times become two events: by id or by time."""
        return "id" in self._attributes or "time" in self._attributes

    def event(self, row: Row, source: str) -> dict[str, Any]:
        """Make a CloudEvent of a row; the id of one that has none is the hash of its row: twice is once.

        Raises `InvalidInput` where a path stumbles over what it finds.
        """
        raw: dict[str, Any] = {"specversion": "1.0", "source": source}
        data: dict[str, Any] = {}
        for step in self.steps(row):
            if step.became in (None, ""):
                continue
            if step.field in self._attributes:
                raw[step.field] = str(step.became)
            else:
                _put(data, step.field.removeprefix("data.").split("."), step.became)
        raw.setdefault("id", hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest())
        raw["data"] = data
        return raw

    def events(self, payload: object, source: str, topic: str = "") -> list[dict[str, Any]]:
        """Make the events of one payload: one, or one for each part that `split` finds."""
        return [self.event(row, source) for row in self.rows(payload, topic)]

    def rows(self, payload: object, topic: str = "") -> list[Row]:
        """Cut a payload into the rows that become events.

        A path sees a row's own names and, beside them, `topic` (its levels), and where the payload is cut
        `whole`. Raises `InvalidInput`.
        """
        levels = {"topic": topic.split("/")} if topic else {}
        if self._split is None:
            return [_row(payload, levels)]
        found = _search(self._split, payload)
        parts = found if isinstance(found, list) else [found] if found is not None else []
        if len(parts) > MOST_EVENTS:
            raise errors.InvalidInput({"split": [f"finds {len(parts)} parts, more than {MOST_EVENTS}"]})
        return [_row(part, {**levels, "whole": payload}) for part in parts]

    def steps(self, row: Row) -> list[Step]:
        """Read every field of a row; raises as `event` does."""
        places = [*self._attributes.items(), *((f"data.{name}", at) for name, at in self._data.items())]
        wrong: dict[str, list[str]] = {}
        taken = []
        for name, place in places:
            try:
                taken.append(self._step(name, place, row))
            except errors.InvalidInput as error:
                wrong[name] = error.errors["path"]
        if wrong:
            raise errors.InvalidInput(wrong)
        return taken

    def _step(self, name: str, place: object, row: Row) -> Step:
        if not isinstance(place, Mapping):
            found = _find(row, str(place))
            return Step(name, str(place), found, found)
        if "value" in place:
            return Step(name, "value", place["value"], place["value"])
        kind = "path" if "path" in place else "column"
        found = _search(place["path"], row) if kind == "path" else _find(row, str(place["column"]))
        return Step(name, str(place[kind]), found, self._shape(found, place))

    def _shape(self, found: Any, place: Mapping[str, Any]) -> Any:  # noqa: ANN401  (whatever the row holds)
        if found in (None, ""):
            return place.get("default")
        if "words" in place:
            said = str(found).lower() if isinstance(found, bool) else str(found)
            found = place["words"].get(said, place.get("default", found))
        shaped = _SHAPES.get(place.get("as", "text"), _as_is)(found, self._zone)
        factor = place.get("factor")
        is_number = isinstance(shaped, int | float) and not isinstance(shaped, bool)
        return shaped * factor if factor is not None and is_number else shaped


def read(file: Path, zone: ZoneInfo) -> Mapped:
    """Read a mapping file; `zone` is that of times without an offset. Raises `MappingInvalid`."""
    try:
        return parse(file.read_text(encoding="utf-8"), zone, str(file))
    except UnicodeDecodeError as error:
        raise MappingInvalid([f"{file}: is no UTF-8 text"]) from error


def parse(text: str, zone: ZoneInfo, name: str = "line") -> Mapped:
    """Read a mapping; raises `MappingInvalid` with a sentence for each thing wrong."""
    if len(text) > LONGEST_TEXT:
        raise MappingInvalid([f"{name}: has more than {LONGEST_TEXT} characters"])
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            raise MappingInvalid([f"{name}: aliases (*name) are not taken; write the value again"])
        told = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{name}:{mark.line + 1}" if mark else name
        raise MappingInvalid([f"{where}: {getattr(error, 'problem', None) or 'is no YAML'}"]) from error
    except (RecursionError, ValueError) as error:
        raise MappingInvalid([f"{name}: is nested too deep or holds an impossible value"]) from error
    wrong = list(_wrong(told))
    if wrong:
        raise MappingInvalid([f"{name}: {sentence}" for sentence in wrong])
    return Mapped(told, zone)


def paths(sample: object, most: int = 60) -> list[tuple[str, Any]]:
    """List the paths to a sample's values, for an author to choose from."""
    found: list[tuple[str, Any]] = []
    waiting: list[tuple[str, Any]] = [("", sample)]
    while waiting and len(found) < most:
        path, value = waiting.pop(0)
        if isinstance(value, Mapping):
            waiting += [(_below(path, str(name)), inner) for name, inner in list(value.items())[:most]]
        elif isinstance(value, list):
            waiting += [(f"{path}[{index}]", inner) for index, inner in enumerate(value[:2])]
        elif path:
            found.append((path, value))
    return found


def _below(path: str, name: str) -> str:
    plain = name.isascii() and name.isidentifier()
    written = name if plain else json.dumps(name)
    return f"{path}.{written}" if path else written


def _wrong(told: object) -> Iterator[str]:
    if not isinstance(told, Mapping):
        yield "must be a mapping with `type` and `data`"
        return
    known = [*_ATTRIBUTES, "data", "split"]
    yield from (f"{name}: is not known{_near(str(name), known)}" for name in told if name not in known)
    if "type" not in told:
        yield "type: is missing; write `type: {value: report}` for a constant"
    if "split" in told:
        yield from _wrong_path("split", told["split"])
    if not isinstance(told.get("data"), Mapping) or not told["data"]:
        yield "data: must name at least one field and its column"
        return
    if len(told["data"]) > MOST_FIELDS:
        yield f"data: names more than {MOST_FIELDS} fields"
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
        yield f"{name}: must be a column's name, {{column: NAME}}, {{path: PATH}} or {{value: CONSTANT}}"
        return
    yield from (f"{name}: {key!r} is not known{_near(str(key), _KEYS)}" for key in place if key not in _KEYS)
    if sum(key in place for key in _PLACES) != 1:
        yield f"{name}: needs one of `column`, `path` and `value`"
    if "path" in place:
        yield from _wrong_path(name, place["path"])
    if place.get("as", "text") not in _FORMS:
        yield f"{name}: `as` must be one of {', '.join(_FORMS)}, not {place['as']!r}"
    if "words" in place and not isinstance(place["words"], Mapping):
        yield f"{name}: `words` must say which word becomes which, like {{WL: water_level}}"
    elif any(not isinstance(word, str) for word in place.get("words", {})):
        yield f"{name}: write the words on the left of `words` in quotes, like {{'1': open}}"
    factor = place.get("factor", 1)
    if isinstance(factor, bool) or not isinstance(factor, int | float) or not math.isfinite(factor):
        yield f"{name}: `factor` must be a finite number"


def _wrong_path(name: str, path: object) -> Iterator[str]:
    if not isinstance(path, str) or not path or len(path) > LONGEST_PATH:
        yield f"{name}: a path is a text of 1 to {LONGEST_PATH} characters"
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a literal of the old kind, like `word`, is refused
            growth = _growth(_compiled(path).parsed)
    except PendingDeprecationWarning:
        yield f"{name}: {path!r}: write a fixed word between ' and ', a fixed value as JSON between ` and `"
        return
    except (jmespath.exceptions.JMESPathError, RecursionError, ValueError) as error:
        yield f"{name}: {path!r} is no path: {str(error).splitlines()[0][:200]}"
        return
    if growth > _MOST_GROWTH:
        yield f"{name}: {path!r} copies its input too often"


def _growth(node: Mapping[str, Any]) -> int:
    """Bound how many times a path can repeat its input: the product of all its lists of several parts."""
    inner = 1
    for child in node.get("children", ()):
        if isinstance(child, Mapping):
            inner = min(inner * _growth(child), _MOST_GROWTH + 1)
    repeats = node.get("type") in {"multi_select_list", "multi_select_dict", "function_expression"}
    return min(inner * max(1, len(node.get("children", ()))), _MOST_GROWTH + 1) if repeats else inner


def _near(name: str, known: Sequence[str] | frozenset[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(sorted(known))}"


@lru_cache(maxsize=2_000)
def _compiled(path: str) -> Any:  # noqa: ANN401  (the library's own)
    return jmespath.compile(path)


def _search(path: str, value: object) -> Any:  # noqa: ANN401  (whatever is there)
    try:
        return _compiled(path).search(value)
    except (jmespath.exceptions.JMESPathError, TypeError, ValueError, RecursionError) as error:
        sentence = f"{path}: {str(error).splitlines()[0][:200]}"
        raise errors.InvalidInput({"path": [sentence]}) from error


def _row(part: object, extra: Row) -> Row:
    return {**extra, **part} if isinstance(part, Mapping) else {**extra, "value": part}


def _find(row: Row, name: str) -> Any:  # noqa: ANN401  (whatever the row holds)
    """Look a column up; `a.b` reaches into objects of JSON where no column has that very name."""
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


# What cannot be shaped is left as it is, for the schema to refuse by the field's name.


def _as_is(value: object, _zone: ZoneInfo) -> object:
    return value


def _number(value: object, _zone: ZoneInfo) -> object:
    try:
        return float(str(value))
    except ValueError:
        return value


def _time(value: object, zone: ZoneInfo) -> object:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return value
    return (at if at.tzinfo else at.replace(tzinfo=zone)).isoformat()


def _epoch(per_s: float) -> Callable[[object, ZoneInfo], object]:
    def shape(value: object, zone: ZoneInfo) -> object:
        seconds = _number(value, zone)
        if not isinstance(seconds, float) or not 0 <= seconds / per_s <= _LATEST_S:
            return value
        return datetime.fromtimestamp(seconds / per_s, UTC).isoformat()

    return shape


_SHAPES: Mapping[str, Callable[[object, ZoneInfo], object]] = {
    "number": _number,
    "time": _time,
    "epoch_s": _epoch(1.0),
    "epoch_ms": _epoch(1000.0),
}
