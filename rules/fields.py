"""The fields that rules may ask about: their types, and those of the core event types."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

FactValue = str | int | float | bool | tuple[str, ...]


class Kind(StrEnum):
    """What sort of value a field holds."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    TEXTS = "texts"

    def holds(self, value: object) -> bool:
        """Tell whether a value is of this kind; a flag is no number, whatever Python says."""
        match self:
            case Kind.TEXT:
                return isinstance(value, str)
            case Kind.NUMBER:
                return isinstance(value, int | float) and not isinstance(value, bool)
            case Kind.FLAG:
                return isinstance(value, bool)
            case Kind.TEXTS:
                return isinstance(value, tuple) and all(isinstance(part, str) for part in value)


@dataclass(frozen=True, slots=True)
class FieldType:
    """A field's kind, and the unit of a number (empty where it has none)."""

    kind: Kind
    unit: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """A number that is counted from what was kept: cases of a category, or points of a party.

    Cases count within `radius_m` of the event's place, or about the same subject where it is None; points
    are those of the party that the field `of` names.
    """

    name: str
    counts: str
    within_s: float
    category: str | None = None
    radius_m: float | None = None
    of: str | None = None


_TEXT = FieldType(Kind.TEXT)
_TEXTS = FieldType(Kind.TEXTS)
_DEGREES = FieldType(Kind.NUMBER, "degree")

_EVERY_EVENT: Mapping[str, FieldType] = {
    "source": _TEXT,
    "subject": _TEXT,
    "type": _TEXT,
    "local_time": _TEXT,
}
_POSITION: Mapping[str, FieldType] = {"lat": _DEGREES, "lon": _DEGREES}
LOOKED_UP: Mapping[str, FieldType] = MappingProxyType(
    dict.fromkeys(("asset.id", "asset.kind", "asset.name", "asset.area"), _TEXT)
    | dict.fromkeys(("asset.lat", "asset.lon"), _DEGREES)
    | dict.fromkeys(("area.id", "area.level", "area.name"), _TEXT)
    | {"asset.state": _TEXT, "area.path": _TEXTS}
)
"""What the registers of assets and areas add to an event, whatever its type."""

_CORE: Mapping[str, Mapping[str, FieldType]] = {
    "report": {
        **_POSITION,
        "text": _TEXT,
        "category": _TEXT,
        "address": _TEXT,
        "reporter.name": _TEXT,
        "reporter.phone": _TEXT,
        "reporter.channel": _TEXT,
        "reporter.language": _TEXT,
        "media": _TEXTS,
    },
    "reading": {**_POSITION, "quantity": _TEXT, "value": FieldType(Kind.NUMBER), "unit": _TEXT},
    "detection": {
        **_POSITION,
        "label": _TEXT,
        "confidence": FieldType(Kind.NUMBER),
        "track": _TEXT,
        "media": _TEXTS,
    },
    "sighting": {**_POSITION, "party": _TEXT, "speed_kmh": FieldType(Kind.NUMBER, "km/h")},
    "alert": {
        "event": _TEXT,
        "severity": _TEXT,
        "urgency": _TEXT,
        "certainty": _TEXT,
        "areas": _TEXTS,
        "onset": _TEXT,
        "expires": _TEXT,
    },
    "ticket": {**_POSITION, "external_id": _TEXT, "status": _TEXT, "text": _TEXT, "category": _TEXT},
}

CORE_FIELDS: Mapping[str, Mapping[str, FieldType]] = MappingProxyType(
    {name: MappingProxyType({**_EVERY_EVENT, **LOOKED_UP, **own}) for name, own in _CORE.items()}
)
"""The fields of each event type that every installation knows without any pack."""

EVERY_EVENT: Mapping[str, FieldType] = MappingProxyType({**_EVERY_EVENT, **LOOKED_UP})
"""The fields that an event of any type has or may have."""
