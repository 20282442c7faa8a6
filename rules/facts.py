"""Turn an event and what the registers say about it into the flat facts that rules judge."""

import math
from collections.abc import Iterator, Mapping

from rules import measures
from rules.errors import FactRefused
from rules.fields import CORE_FIELDS, EVERY_EVENT, FactValue, FieldType, Kind

TEXT_LIMIT = 10_000
LIST_LIMIT = 200
NUMBER_LIMIT = 2**53
"""Beyond this a double no longer tells neighbouring whole numbers apart."""
_DEPTH_LIMIT = 6

_WORDS = {
    Kind.TEXT: "a text",
    Kind.NUMBER: "a number",
    Kind.FLAG: "true or false",
    Kind.TEXTS: "a list of texts",
}


def project(
    event: Mapping[str, object],
    lookups: Mapping[str, object],
    fields: Mapping[str, FieldType] | None = None,
    quantities: Mapping[str, str] | None = None,
) -> dict[str, FactValue]:
    """Make the flat facts of a CloudEvent: its attributes, its data, and looked-up asset and area.

    `event` has `type`, `source`, `subject` and a mapping `data`; `lookups` has mappings such as
    `{"asset": {...}, "area": {...}}`. `fields` are the known fields of the event's type
    (`catalogue.fields[type]`); the core's own are taken where none are given. Empty (None) values
    are left out. A value of no use to rules in an unknown field is left out as well. `quantities` are
    the declared units of what readings measure; a reading is converted to its quantity's own.

    Raises `FactRefused` with the dotted name of a known field of the wrong type, of a number that is
    not finite or beyond 2**53, and of a text that is too long or holds a lone surrogate.
    """
    known = fields if fields is not None else CORE_FIELDS.get(str(event.get("type")), EVERY_EVENT)
    facts: dict[str, FactValue] = {}
    data = event.get("data") or {}
    if not isinstance(data, Mapping):
        raise FactRefused("data", "must be an object")
    for source in (data, lookups, {name: event.get(name) for name in ("source", "subject", "type")}):
        for name, value in _flat(source, "", 0):
            fact = _fact(name, value, known.get(name))
            if fact is not None:
                facts[name] = fact
    if "area.id" in facts:
        facts.setdefault("area.path", (str(facts["area.id"]),))
    if quantities and event.get("type") == "reading":
        _convert(facts, quantities)
    return facts


def _convert(facts: dict[str, FactValue], quantities: Mapping[str, str]) -> None:
    declared = quantities.get(str(facts.get("quantity")))
    value = facts.get("value")
    if declared is None or not isinstance(value, int | float):
        return
    try:
        converted = measures.convert(value, str(facts.get("unit", declared)), declared)
    except measures.UnitRefused as refused:
        raise FactRefused("unit", str(refused)) from refused
    facts["value"] = _number("value", converted)
    facts["unit"] = declared


def check(facts: Mapping[str, FactValue], fields: Mapping[str, FieldType]) -> None:
    """Raise `FactRefused` for the first fact that is not of its field's declared kind."""
    for name, value in facts.items():
        declared = fields.get(name)
        if declared is not None and not declared.kind.holds(value):
            raise FactRefused(name, f"must be {_WORDS[declared.kind]}")


def flatten(nested: Mapping[str, object]) -> dict[str, object]:
    """Write nested mappings as dotted names: `{"asset": {"kind": "underpass"}}` as `asset.kind`."""
    return dict(_flat(nested, "", 0))


def _flat(nested: Mapping[str, object], prefix: str, depth: int) -> Iterator[tuple[str, object]]:
    if depth > _DEPTH_LIMIT:
        raise FactRefused(prefix.rstrip("."), "is nested too deeply")
    for key, value in nested.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.", depth + 1)
        else:
            yield f"{prefix}{key}", value


def _fact(name: str, value: object, declared: FieldType | None) -> FactValue | None:
    if value is None:
        return None
    fact = _scalar(name, value)
    if fact is None and declared is None:
        return None
    if declared is not None and not declared.kind.holds(fact):
        raise FactRefused(name, f"must be {_WORDS[declared.kind]}")
    return fact


def _scalar(name: str, value: object) -> FactValue | None:
    match value:
        case bool():
            return value
        case int() | float():
            return _number(name, value)
        case str():
            return _text(name, value)
        case list() | tuple():
            return _texts(name, value)
        case _:
            return None


def _number(name: str, value: float) -> float:
    if not math.isfinite(value):
        raise FactRefused(name, "must be a finite number")
    if abs(value) > NUMBER_LIMIT:
        raise FactRefused(name, "must lie between -2^53 and 2^53")
    return value


def _text(name: str, value: str) -> str:
    if len(value) > TEXT_LIMIT:
        raise FactRefused(name, f"must not be longer than {TEXT_LIMIT} characters")
    try:
        value.encode()
    except UnicodeEncodeError as lone:
        raise FactRefused(name, "holds half a character (a lone surrogate)") from lone
    return value


def _texts(name: str, values: list[object] | tuple[object, ...]) -> tuple[str, ...] | None:
    if len(values) > LIST_LIMIT:
        raise FactRefused(name, f"must not have more than {LIST_LIMIT} entries")
    texts = tuple(_text(name, value) for value in values if isinstance(value, str))
    return texts if len(texts) == len(values) else None
