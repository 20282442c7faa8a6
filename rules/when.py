"""Read the `when` of a rule into a tree of conditions, checking each against its field's type."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from rules import calendars, measures, schema
from rules.calendars import Calendar, Span
from rules.conditions import FIELD_OPERATORS, OPERATORS, ORDERING, All, AnyOf, Condition, Not, Tree, Wanted
from rules.errors import Problem, nearest
from rules.fields import FieldType, Kind
from rules.patterns import PATTERN_LIMIT, PatternInvalid, compiled
from rules.places import Spot
from rules.schema import TEXT_LIMIT
from rules.yaml_lines import Document, Path_

DEPTH_LIMIT = 12
LEAF_LIMIT = 100
LIST_LIMIT = 500

_COMBINATORS = frozenset({"all", "any", "not"})
_PLACED = frozenset({"near", "within_area", "during"})
_KEYS = OPERATORS | {f"{operator}_field" for operator in FIELD_OPERATORS}
_WORDS = _KEYS | _PLACED | _COMBINATORS
_WITH_UNIT = re.compile(r"(-?[0-9]{1,15}(?:\.[0-9]{1,12})?) *([^0-9 ].{0,31})")
_PAIR = 2


@dataclass(slots=True)
class WhenReader:
    """Reads one rule's conditions, gathering every problem instead of stopping at the first."""

    document: Document
    fields: Mapping[str, FieldType]
    problems: list[Problem] = field(default_factory=list)
    quantities: Mapping[str, str] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    leaves: int = 0

    def read(self, data: Mapping[str, object], path: Path_, besides: frozenset[str] = frozenset()) -> Tree:
        """Read the mapping under `when`, its `event` and keys `besides` aside; nothing more always holds."""
        rest = {key: value for key, value in data.items() if key != "event" and key not in besides}
        tree = self._tree(rest, path, 0) if rest else All(())
        if self.leaves > LEAF_LIMIT:
            self._refuse(
                path, f"asks {self.leaves} conditions", f"at most {LEAF_LIMIT}; make two rules of it"
            )
        return tree

    def measure(self, data: Mapping[str, object]) -> None:
        """Give the value of a reading the unit of the quantity that conditions name."""
        listed = data.get("all")
        for one in listed if isinstance(listed, list) else [data]:
            if isinstance(one, Mapping) and one.get("field") == "quantity" and "value" in self.fields:
                unit = self.quantities.get(str(one.get("equals")))
                if unit is not None:
                    self.fields = {**self.fields, "value": FieldType(Kind.NUMBER, unit)}

    def amount(self, name: str, value: object, path: Path_) -> float:
        """Read by how much a number changes, which may carry its unit."""
        declared = self._declared(name, path[:-1])
        if declared is None or declared.kind is not Kind.NUMBER:
            self._refuse(path[:-1], f"{name} is no number")
            return 1.0
        amount = self._in_unit(name, declared, value, path)
        if isinstance(amount, bool) or not isinstance(amount, int | float) or amount <= 0:
            self._refuse(path, f"'{value}' is not an amount", "a number above 0")
            return 1.0
        return float(amount)

    def _tree(self, data: object, path: Path_, depth: int) -> Tree:
        if not isinstance(data, Mapping):
            return self._refuse(path, "a condition must be a mapping", "{field: value, at_least: 30}")
        if depth > DEPTH_LIMIT:
            return self._refuse(path, "conditions are nested too deeply", f"at most {DEPTH_LIMIT} levels")
        found = _COMBINATORS & data.keys()
        if not found:
            placed = _PLACED & data.keys()
            return self._placed(data, path, *placed) if len(placed) == 1 else self._leaf(data, path)
        if len(data) > 1:
            names = ", ".join(f"'{key}'" for key in data)
            return self._refuse(path, f"{names} stand side by side", "put them into one 'all' or 'any'")
        (word,) = found
        return self._combined(word, data[word], (*path, word), depth)

    def _combined(self, word: str, data: object, path: Path_, depth: int) -> Tree:
        if word == "not":
            return Not(self._tree(data, path, depth + 1))
        if not isinstance(data, list) or not data:
            return self._refuse(path, f"'{word}' needs a list of conditions")
        parts = tuple(self._tree(part, (*path, index), depth + 1) for index, part in enumerate(data))
        return All(parts) if word == "all" else AnyOf(parts)

    def _placed(self, data: Mapping[str, object], path: Path_, word: str) -> Tree:
        """Read a condition on the place or the time of the event, which names no field."""
        self.leaves += 1
        if len(data) > 1:
            return self._refuse(path, f"'{word}' stands alone", "put several conditions into 'all'")
        if word == "near":
            return self._near(data[word], (*path, word))
        if word == "within_area":
            several = data[word] if isinstance(data[word], list) else [data[word]]
            return Condition("area.path", "contains", self._several(Kind.TEXT, several, (*path, word)))
        return self._during(data[word], (*path, word))

    def _near(self, data: object, path: Path_) -> Tree:
        loaded = schema.load(schema.SpotSchema, self.document, path, data)
        if isinstance(loaded, list):
            self.problems.extend(loaded)
            return All(())
        return Condition("lat", "near", Spot(loaded["lat"], loaded["lon"], loaded["radius"]))

    def _during(self, data: object, path: Path_) -> Tree:
        loaded = schema.load(schema.SpanSchema, self.document, path, data)
        if isinstance(loaded, list):
            self.problems.extend(loaded)
            return All(())
        if not any(loaded.values()):
            return self._refuse(path, "'during' is empty", "hours, weekdays or calendar")
        name = loaded["calendar"]
        if name is not None and name not in self.calendars:
            hint = nearest(name, self.calendars) or "declare it in calendars.yaml"
            return self._refuse((*path, "calendar"), f"unknown calendar '{name}'", hint)
        weekdays = frozenset(calendars.WEEKDAYS.index(day) for day in loaded["weekdays"])
        return Condition(
            "local_time", "during", Span(loaded["hours"], weekdays, self.calendars[name] if name else None)
        )

    def _leaf(self, data: Mapping[str, object], path: Path_) -> Tree:
        self.leaves += 1
        name = data.get("field")
        operators = [key for key in data if key != "field"]
        for key in operators:
            if key not in _KEYS:
                return self._refuse((*path, key), f"unknown operator '{key}'", nearest(key, _WORDS))
        if not isinstance(name, str) or len(operators) != 1:
            return self._refuse(path, "a condition needs 'field' and one operator", "{field: x, equals: y}")
        declared = self._declared(name, (*path, "field"))
        if declared is None:
            return Condition(name, operators[0])
        (operator,) = operators
        return self._comparison(name, declared, operator, data[operator], (*path, operator))

    def _comparison(self, name: str, declared: FieldType, key: str, value: object, path: Path_) -> Tree:
        operator = key.removesuffix("_field")
        if not _fits(operator, declared.kind):
            return self._refuse(path, f"'{operator}' does not fit {name}, which is a {declared.kind}")
        if key != operator:
            return self._between_fields(name, declared, operator, value, path)
        value = self._in_unit(name, declared, value, path)
        return Condition(name, operator, self._wanted(operator, declared.kind, value, path))

    def _in_unit(self, name: str, declared: FieldType, value: object, path: Path_) -> object:
        """Convert a value that carries its unit (`0.3 m`) to the unit of its field."""
        if declared.kind is not Kind.NUMBER:
            return value
        if isinstance(value, list):
            return [
                self._in_unit(name, declared, one, (*path, index))
                for index, one in enumerate(value[: LIST_LIMIT + 1])
            ]
        written = _WITH_UNIT.fullmatch(value) if isinstance(value, str) else None
        if written is None:
            return value
        if not declared.unit:
            self._refuse(path, f"{name} has no declared unit", "declare its quantity's in events.yaml")
            return 0
        try:
            return measures.convert(float(written[1]), written[2], declared.unit)
        except measures.UnitRefused as refused:
            self._refuse(path, str(refused), measures.hint(written[2]))
            return 0

    def _between_fields(
        self, name: str, declared: FieldType, operator: str, other: object, path: Path_
    ) -> Tree:
        if not isinstance(other, str):
            return self._refuse(path, "needs the name of another field")
        against = self._declared(other, path)
        if against is not None and against.kind is not declared.kind:
            return self._refuse(path, f"compares a {declared.kind} with {other}, which is a {against.kind}")
        if against is not None and declared.unit and against.unit and declared.unit != against.unit:
            what = f"{name} is in {declared.unit}, {other} in {against.unit}"
            return self._refuse(path, what, "declare both in one unit in events.yaml")
        return Condition(name, operator, True, other)

    def _declared(self, name: str, path: Path_) -> FieldType | None:
        if name in self.fields:
            return self.fields[name]
        hint = nearest(name, self.fields) or "declare it in events.yaml"
        self._refuse(path, f"unknown field '{name}'", hint)
        return None

    def _wanted(self, operator: str, kind: Kind, value: object, path: Path_) -> Wanted:
        match operator:
            case "exists" | "missing":
                if value is not True:
                    self._refuse(path, f"'{operator}' takes only true", "turn it round with 'not'")
                return True
            case "between":
                return self._range(value, path)
            case "in":
                return self._several(kind, value, path)
            case "contains":
                several = isinstance(value, list)
                return self._several(Kind.TEXT, value, path) if several else self._one(Kind.TEXT, value, path)
            case "matches":
                return self._pattern(value, path)
        return self._one(kind, value, path)

    def _one(self, kind: Kind, value: object, path: Path_) -> str | float | bool:
        if not isinstance(value, str | int | float) or not kind.holds(value):
            self._refuse(
                path, f"'{value}' is not a {kind}", "" if kind is not Kind.TEXT else "put it in quotes"
            )
            return ""
        if isinstance(value, str) and not 0 < len(value) <= TEXT_LIMIT:
            self._refuse(path, "a text must have 1 to 512 characters")
        return value

    def _several(self, kind: Kind, values: object, path: Path_) -> Wanted:
        if not isinstance(values, list) or not 0 < len(values) <= LIST_LIMIT:
            self._refuse(path, f"needs a list of 1 to {LIST_LIMIT} values")
            return ()
        return tuple(self._one(kind, value, (*path, index)) for index, value in enumerate(values))  # type: ignore[return-value]  # all of one kind

    def _range(self, value: object, path: Path_) -> Wanted:
        bounds = self._several(Kind.NUMBER, value, path)
        if not isinstance(bounds, tuple) or len(bounds) != _PAIR or not bounds[0] <= bounds[1]:  # type: ignore[operator]  # numbers, as just checked
            self._refuse(path, "'between' needs the lower and the upper bound", "[10, 20]")
        return bounds

    def _pattern(self, value: object, path: Path_) -> Wanted:
        pattern = str(self._one(Kind.TEXT, value, path))
        if len(pattern) > PATTERN_LIMIT:
            self._refuse(path, f"a pattern has at most {PATTERN_LIMIT} characters")
            return ""
        try:
            compiled(pattern)
        except PatternInvalid as invalid:
            self._refuse(
                path, f"not a pattern: {invalid}", "RE2 syntax, without look-around and back-references"
            )
        return pattern

    def _refuse(self, path: Path_, what: str, hint: str = "") -> Tree:
        self.problems.append(self.document.problem(path, what, hint))
        return All(())


def _fits(operator: str, kind: Kind) -> bool:
    if operator in {"exists", "missing"}:
        return True
    if operator in ORDERING:
        return kind is Kind.NUMBER
    if operator == "contains":
        return kind in {Kind.TEXT, Kind.TEXTS}
    if operator == "matches":
        return kind is Kind.TEXT
    return kind is not Kind.TEXTS and not (operator == "in" and kind is Kind.FLAG)
