"""What each operator means, a missing field included."""

import pytest

from rules.conditions import All, AnyOf, Condition, Not, Tree

FACTS = {
    "value": 30,
    "limit": 25.5,
    "kind": "underpass",
    "text": "路口积水 30 厘米",
    "media": ("a.jpg", "b.jpg"),
    "raining": True,
}


@pytest.mark.parametrize(
    ("condition", "held"),
    [
        (Condition("value", "equals", 30.0), True),
        (Condition("value", "not_equals", 30), False),
        (Condition("absent", "not_equals", 30), False),
        (Condition("value", "at_least", 30), True),
        (Condition("value", "more_than", 30), False),
        (Condition("value", "at_most", 30), True),
        (Condition("value", "less_than", 30), False),
        (Condition("value", "between", (30, 40)), True),
        (Condition("value", "between", (30.1, 40)), False),
        (Condition("kind", "in", ("tunnel", "underpass")), True),
        (Condition("kind", "contains", "pass"), True),
        (Condition("text", "contains", ("井盖", "积水")), True),
        (Condition("media", "contains", "a.jpg"), True),
        (Condition("media", "contains", "a"), False),
        (Condition("text", "matches", "积水 [0-9]+"), True),
        (Condition("text", "matches", "^积水"), False),
        (Condition("absent", "matches", ".*"), False),
        (Condition("raining", "equals", True), True),
        (Condition("value", "exists"), True),
        (Condition("absent", "exists"), False),
        (Condition("absent", "missing"), True),
        (Condition("value", "more_than", other="limit"), True),
        (Condition("value", "more_than", other="absent"), False),
        (Not(Condition("absent", "equals", 1)), True),
        (Not(Condition("value", "equals", 30)), False),
        (All(()), True),
        (All((Condition("value", "exists"), Condition("absent", "exists"))), False),
        (AnyOf((Condition("absent", "exists"), Condition("value", "exists"))), True),
    ],
)
def test_a_condition_holds_or_not(condition: Tree, held: bool) -> None:  # noqa: FBT001  (pytest hands it in by name)
    assert condition.holds(FACTS) is held


def test_a_pattern_that_would_take_for_ever_elsewhere_takes_no_time() -> None:
    catastrophic = Condition("text", "matches", "^(a+)+$")

    assert not catastrophic.holds({"text": "a" * 9_000 + "!"})
