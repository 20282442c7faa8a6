"""The schema of incoming events: CloudEvents 1.0 with the data that each type declares."""

import json
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from marshmallow import INCLUDE, Schema, ValidationError, fields, missing, validate, validates_schema

from casework.clock import Clock
from casework.domain import errors
from casework.domain.events import NewEvent
from casework.services.intake import Read
from rules import measures
from rules.catalogue import Catalogue
from rules.fields import FieldType, Kind

MAX_DATA = 65_536
"""Most characters of one event's data, as JSON."""
MAX_DEPTH = 8
_LONGEST_TEXT = 10_000
_LARGEST_INTEGER = 2**53


class Number(fields.Field[float]):
    """A JSON number, finite; neither a text that looks like one nor true or false."""

    def __init__(self, low: float = -math.inf, high: float = math.inf, **options: Any) -> None:  # noqa: ANN401  (marshmallow's own)
        super().__init__(**options)
        self._low = low
        self._high = high

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> float:  # noqa: ANN401
        del attr, data, options
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValidationError("must be a number")
        if not math.isfinite(value) or abs(value) > _LARGEST_INTEGER:
            raise ValidationError("must be a finite number between -2^53 and 2^53")
        if not self._low <= value <= self._high:
            raise ValidationError(f"must lie between {self._low:g} and {self._high:g}")
        return value


class Text(fields.Field[str]):
    """A text of bounded length."""

    def __init__(self, longest: int, shortest: int = 0, **options: Any) -> None:  # noqa: ANN401  (marshmallow's own)
        super().__init__(**options)
        self._longest = longest
        self._shortest = shortest

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:  # noqa: ANN401
        del attr, data, options
        if not isinstance(value, str):
            raise ValidationError("must be a text")
        if not self._shortest <= len(value) <= self._longest:
            raise ValidationError(f"must have {self._shortest} to {self._longest} characters")
        return value


class Instant(fields.Field[datetime]):
    """An RFC 3339 time with its offset."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> datetime:  # noqa: ANN401
        del attr, data, options
        try:
            instant = datetime.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise ValidationError("must be a time like 2026-05-01T08:00:00+08:00") from error
        if instant.tzinfo is None:
            raise ValidationError("must name its offset from UTC, like +08:00 or Z")
        return instant


def _quickest(field: fields.Field[Any]) -> Callable[..., Any]:
    """Answer a field's own check, without marshmallow's wrapping where the field has no validators."""
    own = isinstance(field, Number | Text | Instant) and not field.validators
    return field._deserialize if own else field.deserialize  # noqa: SLF001  (overridden in this module)


class _Data(Schema):
    class Meta:
        unknown = INCLUDE

    def __init__(self, **options: Any) -> None:  # noqa: ANN401  (marshmallow's own)
        super().__init__(**options)
        self._plan = [
            (name, _quickest(field), field.required, field.allow_none)
            for name, field in self.load_fields.items()
        ]

    def holds(self, raw: Mapping[str, Any]) -> bool:
        """Tell whether `load` would take the raw data, several times faster and without saying why not.

        It asks the same fields one by one and leaves out the errors' bookkeeping, which is most of a
        load's time; whoever gets a False asks `validate` for the sentences.
        """
        try:
            for name, take, required, allow_none in self._plan:
                value = raw.get(name, missing)
                if value is missing:
                    if required:
                        return False
                elif value is None:
                    if not allow_none:
                        return False
                else:
                    take(value, name, raw)
            self.check_together(raw)
        except ValidationError:
            return False
        return True

    def check_together(self, data: Mapping[str, Any]) -> None:
        """Refuse what is wrong only together with another field."""

    @validates_schema
    def _together(self, data: Mapping[str, Any], **_: object) -> None:
        self.check_together(data)


class _Placed(_Data):
    lat = Number(-90, 90, allow_none=True)
    lon = Number(-180, 180, allow_none=True)

    def check_together(self, data: Mapping[str, Any]) -> None:
        """Refuse half a position."""
        if (data.get("lat") is None) != (data.get("lon") is None):
            raise ValidationError("comes with its other half: lat and lon go together", "lon")


class Reporter(_Data):
    """Who reports, and where the answer goes."""

    name = Text(100, allow_none=True)
    phone = Text(40, allow_none=True)
    channel = Text(32, 1, required=True)
    address = Text(200, allow_none=True)
    language = Text(8, allow_none=True)


_media = fields.List(Text(2000, 1), validate=validate.Length(max=10), allow_none=True)


class ReportData(_Placed):
    """A resident's message."""

    text = Text(_LONGEST_TEXT, 1, required=True)
    category = Text(64, allow_none=True)
    address = Text(500, allow_none=True)
    reporter = fields.Nested(Reporter, allow_none=True)
    media = _media


class ReadingData(_Placed):
    """A measured value."""

    quantity = Text(64, 1, required=True)
    value = Number(required=True)
    unit = Text(32, required=True)


class DetectionData(_Placed):
    """A camera's or a vehicle's verdict."""

    label = Text(64, 1, required=True)
    confidence = Number(0, 1, required=True)
    track = Text(128, allow_none=True)
    media = _media


class SightingData(_Placed):
    """A vehicle, company or site seen."""

    party = Text(200, 1, required=True)
    lat = Number(-90, 90, required=True)
    lon = Number(-180, 180, required=True)
    speed_kmh = Number(0, 1000, allow_none=True)
    attributes = fields.Dict(allow_none=True)


class AlertData(_Data):
    """An official warning."""

    event = Text(200, 1, required=True)
    severity = Text(32, 1, required=True)
    urgency = Text(32, 1, required=True)
    certainty = Text(32, 1, required=True)
    areas = fields.List(Text(200), required=True, validate=validate.Length(max=1000))
    onset = Text(40, allow_none=True)
    expires = Text(40, allow_none=True)


class TicketData(_Placed):
    """Another system's case."""

    external_id = Text(200, 1, required=True)
    status = Text(64, 1, required=True)
    text = Text(_LONGEST_TEXT, required=True)
    category = Text(64, allow_none=True)


CORE: Mapping[str, type[_Data]] = {
    "report": ReportData,
    "reading": ReadingData,
    "detection": DetectionData,
    "sighting": SightingData,
    "alert": AlertData,
    "ticket": TicketData,
}

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode

_KINDS: Mapping[Kind, fields.Field[Any]] = {
    Kind.TEXT: Text(_LONGEST_TEXT, allow_none=True),
    Kind.NUMBER: Number(allow_none=True),
    Kind.FLAG: fields.Boolean(truthy={True}, falsy={False}, allow_none=True),
    Kind.TEXTS: fields.List(Text(_LONGEST_TEXT), validate=validate.Length(max=200), allow_none=True),
}
_LOOKED_UP = ("asset.", "area.", "reporter.")
_ATTRIBUTES = frozenset({"source", "subject", "type", "local_time"})


def data_schema(event_type: str, declared: Mapping[str, FieldType]) -> _Data:
    """Make the schema of a type's data: the core's own and what packs declare on top."""
    base = CORE.get(event_type, _Placed)
    more = {
        name: _KINDS[kind.kind]
        for name, kind in declared.items()
        if "." not in name and name not in _ATTRIBUTES and name not in base._declared_fields  # noqa: SLF001  (marshmallow's only way to ask)
    }
    made: type[_Data] = type(f"{event_type.title()}Event", (base,), more)
    return made()


def reader(catalogue: Catalogue, clock: Clock) -> Read:
    """Make the check for single events against the core's types and those of the loaded packs."""
    schemas = {name: data_schema(name, declared) for name, declared in catalogue.fields.items()}

    def read(raw: Mapping[str, Any], source: str) -> NewEvent:
        """Check one event; raises `InvalidInput` by field, `ForeignSource` for another's name."""
        time = _envelope(raw, source, schemas)
        data = _data(raw, schemas[raw["type"]])
        if raw["type"] == "reading":
            _measured(raw["data"], catalogue.quantities)
        return NewEvent(
            source=source,
            event_id=raw["id"],
            type=raw["type"],
            subject=raw.get("subject"),
            time=time,
            received_at=clock(),
            body=data,
        )

    return read


def _measured(data: Mapping[str, Any], quantities: Mapping[str, str]) -> None:
    """Refuse a reading in a unit that cannot be converted to its quantity's own."""
    declared, unit = quantities.get(data["quantity"]), data.get("unit")
    if declared is not None and unit and not measures.convertible(unit, declared):
        raise errors.InvalidInput({"data.unit": [f"{unit[:32]!r} cannot be converted to {declared}"]})


class Envelope(_Data):
    """The attributes of CloudEvents 1.0; extension attributes are let through and not kept."""

    specversion = Text(3, required=True, validate=validate.Equal("1.0"))
    id = Text(256, 1, required=True)
    source = Text(200, 1, required=True)
    type = Text(64, 1, required=True)
    subject = Text(256, 1, allow_none=True)
    time = Instant(allow_none=True)
    datacontenttype = Text(100, allow_none=True)
    data = fields.Dict(required=True)


_ENVELOPE = Envelope()


def _envelope(raw: Mapping[str, Any], source: str, schemas: Mapping[str, _Data]) -> datetime | None:
    _check(_ENVELOPE, raw)
    if raw["source"] != source:
        raise errors.ForeignSource(f"the key belongs to {source!r}, the event names {raw['source']!r}")
    if raw["type"] not in schemas:
        near = get_close_matches(raw["type"], schemas, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(sorted(schemas))}"
        raise errors.InvalidInput({"type": [f"{raw['type']!r} is no type of event{hint}"]})
    for name in ("id", "subject"):
        _clean(name, raw.get(name))
    time = raw.get("time")
    return None if time is None else datetime.fromisoformat(time)


def _check(schema: _Data, raw: Mapping[str, Any], prefix: str = "") -> None:
    if schema.holds(raw):
        return
    found = schema.validate(raw)
    raise errors.InvalidInput(flat(found, prefix))


def _data(raw: Mapping[str, Any], schema: _Data) -> str:
    _check(schema, raw["data"], "data.")
    return _written(raw["data"])


def _written(data: Mapping[str, Any]) -> str:
    """Write the data as the JSON that is kept; what JSON or a database cannot hold is named by its field."""
    try:
        text = _encode(data)
        text.encode()
    except (ValueError, RecursionError) as error:
        raise errors.InvalidInput(_unwritable(data)) from error
    if len(text) > MAX_DATA:
        raise errors.InvalidInput({"data": [f"must not have more than {MAX_DATA} characters as JSON"]})
    if "\\u0000" in text or _too_deep(text):
        raise errors.InvalidInput(_unwritable(data))
    return text


def _too_deep(text: str) -> bool:
    """Bound the nesting by counting brackets: those inside texts only make it stricter for odd data."""
    return text.count("{") + text.count("[") > MAX_DEPTH and _depth(json.loads(text)) > MAX_DEPTH


def _depth(value: object) -> int:
    deepest, level = 0, [value]
    while level and deepest <= MAX_DEPTH:
        deepest += 1
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return deepest


def _unwritable(data: Mapping[str, Any]) -> dict[str, list[str]]:
    """Find the fields that keep data from being written; only walked once it is known that one does."""
    wrong: dict[str, list[str]] = {}
    stack: list[tuple[str, object, int]] = [("data", data, 1)]
    while stack:
        name, value, depth = stack.pop()
        if depth > MAX_DEPTH + 1:
            wrong[name[:200]] = [f"is nested deeper than {MAX_DEPTH} levels"]
        elif isinstance(value, float) and not math.isfinite(value):
            wrong[name] = ["must be a finite number"]
        elif isinstance(value, str):
            wrong |= _bad_text(name, value)
        elif isinstance(value, dict):
            for key, inner in value.items():
                wrong |= _bad_text(f"{name}.?", key)
                stack.append((f"{name}.{key}"[:200].encode(errors="replace").decode(), inner, depth + 1))
        elif isinstance(value, list):
            stack += [(f"{name}.{index}", inner, depth + 1) for index, inner in enumerate(value)]
    return wrong or {"data": ["cannot be written as JSON"]}


def _bad_text(name: str, value: str) -> dict[str, list[str]]:
    if "\0" in value:
        return {name: ["must not hold the NUL character"]}
    try:
        value.encode()
    except UnicodeEncodeError:
        return {name: ["holds half a character (a lone surrogate)"]}
    return {}


def _clean(name: str, value: str | None) -> None:
    wrong = {} if value is None else _bad_text(name, value)
    if wrong:
        raise errors.InvalidInput(wrong)


def flat(messages: Mapping[str, Any], prefix: str = "") -> dict[str, list[str]]:
    """Write marshmallow's nested messages by dotted field."""
    found: dict[str, list[str]] = {}
    for name, value in messages.items():
        path = f"{prefix}{name}".removesuffix("._schema").removesuffix("_schema") or "data"
        if isinstance(value, Mapping):
            found |= flat(value, f"{path}.")
        else:
            found[path] = [str(sentence) for sentence in value]
    return found
