"""What each operator means, a missing field included."""

import pytest

from rules import places
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


@pytest.mark.parametrize("place", [(1e15, 0.0), (95.0, 10.0), (0.0, 1e15)])
def test_a_place_off_the_globe_is_no_place(place):
    facts = {"lat": place[0], "lon": place[1]}

    assert places.place_of(facts) is None
    assert not Condition("lat", "near", places.Spot(30.0, 0.0, 5e6)).holds(facts)
    assert places.place_of({**facts, "asset.lat": 31.3, "asset.lon": 120.6}) == (31.3, 120.6)
