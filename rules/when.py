"""Read the `when` of a rule into a tree of conditions, checking each against its field's type."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.conditions import FIELD_OPERATORS, OPERATORS, ORDERING, All, AnyOf, Condition, Not, Tree, Wanted
from rules.errors import Problem, nearest
from rules.fields import FieldType, Kind
from rules.patterns import PATTERN_LIMIT, PatternInvalid, compiled
from rules.schema import TEXT_LIMIT
from rules.yaml_lines import Document, Path_

DEPTH_LIMIT = 12
LEAF_LIMIT = 100
LIST_LIMIT = 500

_COMBINATORS = frozenset({"all", "any", "not"})
_KEYS = OPERATORS | {f"{operator}_field" for operator in FIELD_OPERATORS}
_PAIR = 2


@dataclass(slots=True)
class WhenReader:
    """Reads one rule's conditions, gathering every problem instead of stopping at the first."""

    document: Document
    fields: Mapping[str, FieldType]
    problems: list[Problem] = field(default_factory=list)
    leaves: int = 0

    def read(self, data: Mapping[str, object], path: Path_) -> Tree:
        """Read the mapping under `when`, its `event` aside; nothing but an event always holds."""
        rest = {key: value for key, value in data.items() if key != "event"}
        tree = self._tree(rest, path, 0) if rest else All(())
        if self.leaves > LEAF_LIMIT:
            self._refuse(
                path, f"asks {self.leaves} conditions", f"at most {LEAF_LIMIT}; make two rules of it"
            )
        return tree

    def _tree(self, data: object, path: Path_, depth: int) -> Tree:
        if not isinstance(data, Mapping):
            return self._refuse(path, "a condition must be a mapping", "{field: value, at_least: 30}")
        if depth > DEPTH_LIMIT:
            return self._refuse(path, "conditions are nested too deeply", f"at most {DEPTH_LIMIT} levels")
        found = _COMBINATORS & data.keys()
        if not found:
            return self._leaf(data, path)
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

    def _leaf(self, data: Mapping[str, object], path: Path_) -> Tree:
        self.leaves += 1
        name = data.get("field")
        operators = [key for key in data if key != "field"]
        for key in operators:
            if key not in _KEYS:
                return self._refuse((*path, key), f"unknown operator '{key}'", nearest(key, _KEYS))
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
        return Condition(name, operator, self._wanted(operator, declared.kind, value, path))

    def _between_fields(
        self, name: str, declared: FieldType, operator: str, other: object, path: Path_
    ) -> Tree:
        if not isinstance(other, str):
            return self._refuse(path, "needs the name of another field")
        against = self._declared(other, path)
        if against is not None and against.kind is not declared.kind:
            return self._refuse(path, f"compares a {declared.kind} with {other}, which is a {against.kind}")
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
