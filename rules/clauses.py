"""Rewrite a tree of conditions as alternatives of flat AND clauses, negation pushed to the leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, product
from math import prod

from rules.conditions import All, AnyOf, Condition, Not, Tree
from rules.errors import RulesError
from rules.fields import FactValue

CLAUSE_LIMIT = 32
"""Most alternatives of one rule; durable-rules holds 56 clauses in a handle before its stack ends."""
LITERAL_LIMIT = 30
"""Most comparisons in one clause; durable-rules ends at 32 expressions."""
_SPLIT_LIMIT = 8
"""A longer `in` list becomes one computed feature instead of that many clauses."""

_IN_PYTHON = frozenset({"contains", "matches", "near", "during"})

_DIRECT = {
    "equals": "=",
    "not_equals": "$neq",
    "at_least": "$gte",
    "more_than": "$gt",
    "at_most": "$lte",
    "less_than": "$lt",
}
_TURNED = {"=": "$neq", "$neq": "=", "$gte": "$lt", "$gt": "$lte", "$lte": "$gt", "$lt": "$gte"}


class TooManyClauses(RulesError):
    """The conditions have too many alternatives to be compiled."""

    def __str__(self) -> str:
        return (
            f"the conditions unfold to more than {CLAUSE_LIMIT} alternatives of {LITERAL_LIMIT} comparisons"
        )


@dataclass(frozen=True, slots=True)
class Literal:
    """One comparison that durable-rules makes itself: a property, an operator, a value.

    `operator` is "=", "$neq", "$lt", "$lte", "$gt", "$gte", "$ex" or "$nex".
    """

    field: str
    operator: str
    value: FactValue = True


@dataclass(frozen=True, slots=True)
class Feature:
    """One comparison made in Python beforehand and handed to durable-rules as true or false."""

    condition: Condition
    wanted: bool


Clause = tuple[Literal | Feature, ...]


def clauses(tree: Tree) -> tuple[Clause, ...]:
    """Answer the alternatives, each a conjunction; the rule holds when one of them does.

    Raises `TooManyClauses` beyond the limits of a durable-rules handle.
    """
    unfolded = _unfold(tree, holds=True)
    if any(len(clause) > LITERAL_LIMIT for clause in unfolded):
        raise TooManyClauses
    return tuple(unfolded)


def _unfold(tree: Tree, *, holds: bool) -> list[Clause]:
    match tree:
        case Not(part):
            return _unfold(part, holds=not holds)
        case Condition():
            return _leaf(tree, holds=holds)
        case All(parts):
            unfolded = [_unfold(part, holds=holds) for part in parts]
            return _every(unfolded) if holds else _either(unfolded)
        case AnyOf(parts):
            unfolded = [_unfold(part, holds=holds) for part in parts]
            return _either(unfolded) if holds else _every(unfolded)


def _every(parts: Sequence[list[Clause]]) -> list[Clause]:
    if prod(len(part) for part in parts) > CLAUSE_LIMIT:
        raise TooManyClauses
    return [tuple(dict.fromkeys(chain.from_iterable(chosen))) for chosen in product(*parts)]


def _either(parts: Sequence[list[Clause]]) -> list[Clause]:
    alternatives = list(dict.fromkeys(chain.from_iterable(parts)))
    if len(alternatives) > CLAUSE_LIMIT:
        raise TooManyClauses
    return alternatives


def _leaf(leaf: Condition, *, holds: bool) -> list[Clause]:
    if leaf.operator in {"exists", "missing"}:
        present = (leaf.operator == "exists") is holds
        return [(Literal(leaf.field, "$ex" if present else "$nex"),)]
    if _is_computed(leaf):
        return [(Feature(leaf, holds),)]
    if holds:
        return _held(leaf)
    return [*_turned(leaf), (Literal(leaf.field, "$nex"),)]


def _held(leaf: Condition) -> list[Clause]:
    if isinstance(leaf.wanted, tuple):
        if leaf.operator == "in":
            return [(Literal(leaf.field, "=", value),) for value in leaf.wanted]
        low, high = leaf.wanted
        return [(Literal(leaf.field, "$gte", low), Literal(leaf.field, "$lte", high))]
    return [(Literal(leaf.field, _DIRECT[leaf.operator], _scalar(leaf)),)]


def _turned(leaf: Condition) -> list[Clause]:
    """Turn a comparison round for a field that is there; that it may be missing comes beside."""
    if isinstance(leaf.wanted, tuple):
        if leaf.operator == "in":
            return [tuple(Literal(leaf.field, "$neq", value) for value in leaf.wanted)]
        low, high = leaf.wanted
        return [(Literal(leaf.field, "$lt", low),), (Literal(leaf.field, "$gt", high),)]
    return [(Literal(leaf.field, _TURNED[_DIRECT[leaf.operator]], _scalar(leaf)),)]


def _scalar(leaf: Condition) -> FactValue:
    if not isinstance(leaf.wanted, str | int | float):
        raise TypeError(f"{leaf.operator} is computed, never handed to durable-rules")
    return leaf.wanted


def _is_computed(leaf: Condition) -> bool:
    long_list = isinstance(leaf.wanted, tuple) and len(leaf.wanted) > _SPLIT_LIMIT
    return leaf.other is not None or leaf.operator in _IN_PYTHON or long_list
