"""Whether a dear fact matters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import undecided
from rules.catalogue import Question
from rules.conditions import All, AnyOf, Condition, Not, Tree

FLOODED_OFTEN = Condition("history.floodings", "at_least", 3)
TWICE_FINED = Condition("history.points", "at_least", 2)
DEEP = Condition("value", "at_least", 30)
UNKNOWN = frozenset({"history.floodings", "history.points"})


class Asked:
    """A question as far as it is looked at."""

    def __init__(self, when: Tree) -> None:
        self.when = when


def needed(when: Tree, **facts: float) -> set[str]:
    question: Question = Asked(when)  # type: ignore[assignment]  # only its condition is looked at
    return set(undecided.needed([question], UNKNOWN, facts))


@pytest.mark.parametrize(
    ("when", "value", "expected"),
    [
        (All((DEEP, FLOODED_OFTEN)), 40, True),
        (All((DEEP, FLOODED_OFTEN)), 10, False),
        (AnyOf((DEEP, FLOODED_OFTEN)), 40, False),
        (AnyOf((DEEP, FLOODED_OFTEN)), 10, True),
        (All((FLOODED_OFTEN, Not(DEEP))), 40, False),
        (DEEP, 40, False),
        (Not(FLOODED_OFTEN), 40, True),
    ],
)
def test_a_fact_matters_where_the_other_facts_leave_the_question_open(
    when: Tree, value: float, *, expected: bool
) -> None:
    assert bool(needed(when, value=value)) is expected


def test_two_unknown_facts_do_not_hide_each_other() -> None:
    assert needed(All((FLOODED_OFTEN, TWICE_FINED)), value=40) == UNKNOWN


trees: st.SearchStrategy[Tree] = st.recursive(
    st.sampled_from([FLOODED_OFTEN, TWICE_FINED, DEEP, Condition("history.floodings", "missing")]),
    lambda parts: st.one_of(
        st.lists(parts, min_size=1, max_size=3).map(lambda found: All(tuple(found))),
        st.lists(parts, min_size=1, max_size=3).map(lambda found: AnyOf(tuple(found))),
        parts.map(Not),
    ),
    max_leaves=8,
)


@given(when=trees, value=st.sampled_from([10, 40]))
def test_a_fact_that_does_not_matter_changes_no_answer(when: Tree, value: float) -> None:
    answers = {
        when.holds({"value": value} | floodings | points)
        for floodings in ({}, {"history.floodings": 0}, {"history.floodings": 5})
        for points in ({}, {"history.points": 0}, {"history.points": 5})
    }

    assert len(answers) == 1 or needed(when, value=value)
