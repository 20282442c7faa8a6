"""Which facts that are dear to look up matter at all, told from the facts that are known already."""

from collections.abc import Iterable, Mapping

from rules.catalogue import Question
from rules.conditions import All, AnyOf, Condition, Not, Tree, leaves
from rules.fields import FactValue


def needed(
    questions: Iterable[Question], unknown: frozenset[str], facts: Mapping[str, FactValue]
) -> frozenset[str]:
    """Answer which unknown fields matter: those of questions that could come out either way.

    `facts` are all that is known. Every other question comes out the same whatever the unknown fields hold.
    """
    found: set[str] = set()
    for question in questions:
        named = (name for leaf in leaves(question.when) for name in (leaf.field, leaf.other) if name)
        asked = unknown.intersection(named)
        if asked and _verdict(question.when, facts, unknown) is None:
            found |= asked
    return frozenset(found)


def _verdict(tree: Tree, facts: Mapping[str, FactValue], unknown: frozenset[str]) -> bool | None:
    """Judge by Kleene's logic of three values: None where it depends on unknown fields."""
    match tree:
        case Condition():
            return None if tree.field in unknown or tree.other in unknown else tree.holds(facts)
        case Not(part):
            inner = _verdict(part, facts, unknown)
            return None if inner is None else not inner
        case All(parts):
            return _joined((_verdict(part, facts, unknown) for part in parts), decisive=False)
        case AnyOf(parts):
            return _joined((_verdict(part, facts, unknown) for part in parts), decisive=True)


def _joined(verdicts: Iterable[bool | None], *, decisive: bool) -> bool | None:
    open_ = False
    for verdict in verdicts:
        if verdict is decisive:
            return decisive
        open_ = open_ or verdict is None
    return None if open_ else not decisive
