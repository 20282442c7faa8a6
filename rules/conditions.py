"""Conditions as data: leaves over facts, combinators over leaves, and what each means."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from rules.calendars import Span
from rules.fields import FactValue
from rules.patterns import found_in
from rules.places import Spot, place_of

Wanted = FactValue | tuple[float, ...] | Span | Spot
"""What a condition compares with: a scalar, several of them, a span of time or a spot on the map."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a field with a literal, or with another field of the same event."""

    field: str
    operator: str
    wanted: Wanted = True
    other: str | None = None

    def holds(self, facts: Mapping[str, FactValue]) -> bool:
        """Tell whether the facts satisfy it; a missing field satisfies nothing but `missing`."""
        if isinstance(self.wanted, Spot):
            return self.wanted.holds(place_of(facts))
        return judge(self.operator, facts.get(self.field), self._sought(facts))

    def _sought(self, facts: Mapping[str, FactValue]) -> Wanted | None:
        return self.wanted if self.other is None else facts.get(self.other)


@dataclass(frozen=True, slots=True)
class All:
    """Holds when every part holds; without parts it always does."""

    parts: tuple["Tree", ...]

    def holds(self, facts: Mapping[str, FactValue]) -> bool:
        """Tell whether every part holds."""
        return all(part.holds(facts) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Holds when one part or more holds."""

    parts: tuple["Tree", ...]

    def holds(self, facts: Mapping[str, FactValue]) -> bool:
        """Tell whether a part holds."""
        return any(part.holds(facts) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not:
    """Holds when its part does not, a missing field included."""

    part: "Tree"

    def holds(self, facts: Mapping[str, FactValue]) -> bool:
        """Tell whether the part does not hold."""
        return not self.part.holds(facts)


Tree = Condition | All | AnyOf | Not


def judge(operator: str, seen: FactValue | None, wanted: Wanted | None) -> bool:
    """Apply an operator to what was seen and what is wanted, None meaning a missing field."""
    if operator == "missing":
        return seen is None
    if seen is None or wanted is None:
        return False
    return _TESTS[operator](seen, wanted)


def leaves(tree: Tree) -> Iterator[Condition]:
    """Walk the comparisons of a tree from left to right."""
    match tree:
        case Condition():
            yield tree
        case Not(part):
            yield from leaves(part)
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from leaves(part)


def _contains(seen: FactValue, wanted: Wanted) -> bool:
    """Look for a text, or any of several, inside a text or among texts."""
    sought = wanted if isinstance(wanted, tuple) else (wanted,)
    return any(text in seen for text in sought)  # type: ignore[operator]  # kinds are checked on loading


_TESTS: Mapping[str, Callable[..., bool]] = {
    "equals": lambda seen, wanted: seen == wanted,
    "not_equals": lambda seen, wanted: seen != wanted,
    "at_least": lambda seen, wanted: seen >= wanted,
    "more_than": lambda seen, wanted: seen > wanted,
    "at_most": lambda seen, wanted: seen <= wanted,
    "less_than": lambda seen, wanted: seen < wanted,
    "between": lambda seen, wanted: wanted[0] <= seen <= wanted[1],
    "in": lambda seen, wanted: seen in wanted,
    "contains": _contains,
    "matches": lambda seen, wanted: found_in(wanted, seen),
    "exists": lambda seen, wanted: seen is not None and wanted is True,
    "during": lambda seen, wanted: wanted.holds(seen),
}

OPERATORS = frozenset(_TESTS) - {"during"} | {"missing"}
"""Every operator by its name in a rule file; comparisons with a field add `_field` to it."""
FIELD_OPERATORS = frozenset({"equals", "not_equals", "at_least", "more_than", "at_most", "less_than"})
ORDERING = frozenset({"at_least", "more_than", "at_most", "less_than", "between"})
