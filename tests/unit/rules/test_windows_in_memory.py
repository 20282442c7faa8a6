"""Windows in memory remember what may still matter, and no more."""

from types import MappingProxyType

import pytest

from rules import watching
from rules.catalogue import Catalogue, Rule, make_catalogue
from rules.conditions import All, Condition
from rules.fields import EVERY_EVENT, FieldType, Kind
from rules.plain import PlainMatcher
from rules.watching import Stamp, Windows
from rules.windows import LATE, MICRO, Absence, Count, Lasting, Part, Window

MINUTE = 60 * MICRO
DAY = 1_440 * MINUTE
HIGH = All((Condition("value", "at_least", 30),))
LOW = All((Condition("value", "less_than", 10),))
SOME = All((Condition("value", "at_least", 0),))


def house(window: Window, *parts: Part) -> Catalogue:
    nothing = MappingProxyType({"zh": "", "en": ""})
    when = SOME if isinstance(window.pattern, Lasting) else HIGH
    rule = Rule(
        "r", "1", nothing, "", "p", "reading", when, (), (), "f", 1, window=window, memory="m", others=parts
    )
    fields = {**EVERY_EVENT, "value": FieldType(Kind.NUMBER)}
    return make_catalogue(rules=[rule], fields={"reading": fields})


class Playing:
    """Readings of subjects, told to the windows one by one."""

    def __init__(self, window: Window, *parts: Part) -> None:
        self.catalogue = house(window, *parts)
        self.windows = Windows(self.catalogue)
        self._matcher = PlainMatcher(self.catalogue)
        self._number = 0

    def reading(self, subject: str, value: float, at: int, arrived: int | None = None) -> bool:
        """Answer whether the rule held for something by then."""
        self._number += 1
        facts = {"subject": subject, "value": value}
        stamp = Stamp(at, at if arrived is None else arrived, f"e{self._number:06}", self._number)
        told = self.windows.pass_time(stamp.arrived)
        told += self.windows.hear(self._matcher.answers("reading", facts), facts, stamp)
        return any(one.outcome.held for one in told)


def lasting(**more: int) -> Playing:
    return Playing(Window(("subject",), Lasting(5 * MINUTE, **more)), Part("while", "reading", HIGH))


def test_a_condition_that_failed_is_remembered_for_late_events_only():
    playing = lasting()
    playing.reading("a", 20, 0)

    playing.reading("b", 40, LATE)
    assert [name[-1] for name in playing.windows.states] == ["a", "b"]

    playing.reading("b", 40, LATE + MICRO)
    assert [name[-1] for name in playing.windows.states] == ["b"]


def test_a_condition_that_holds_is_remembered_as_long_as_nothing_says_otherwise():
    playing = lasting()
    playing.reading("a", 40, 0)
    for day in range(1, 20):
        playing.reading("b", 20, day * DAY)

    assert playing.reading("a", 40, 20 * DAY)


def test_a_late_event_finds_that_the_condition_failed_after_it():
    playing = lasting()
    playing.reading("a", 20, 10 * MINUTE)

    playing.reading("a", 40, 6 * MINUTE, arrived=11 * MINUTE)

    assert not playing.reading("a", 40, 12 * MINUTE)


def test_a_threshold_that_was_cleared_matters_no_more_and_one_that_was_not_does():
    playing = Playing(Window(("subject",), None, clears=True), Part("clears", "reading", LOW))
    for subject in ("cleared", "open"):
        assert playing.reading(subject, 40, 0)
    playing.reading("cleared", 5, MINUTE)

    playing.reading("other", 40, DAY)

    assert sorted(playing.windows.states) == ["m:open", "m:other"]
    assert not playing.reading("open", 40, 2 * DAY)
    assert playing.reading("cleared", 40, 2 * DAY)


def test_what_clears_a_rule_that_warns_is_heard_however_late():
    playing = Playing(Window(("subject",), None, clears=True, latches=False), Part("clears", "reading", LOW))
    playing.reading("a", 40, 0)
    playing.reading("b", 40, DAY)

    told = playing.windows.hear(
        PlainMatcher(playing.catalogue).answers("reading", {"subject": "a", "value": 5}),
        {"subject": "a", "value": 5},
        Stamp(2 * DAY, 2 * DAY, "c", 9),
    )

    assert told[0].outcome.told["cleared"]


def test_memory_levels_off_while_new_subjects_keep_coming():
    playing = Playing(Window(("subject",), Count(3, 10 * MINUTE)))
    held = []
    for number in range(3_000):
        playing.reading(f"s{number}", 40, number * MINUTE)
        held.append(len(playing.windows.states))

    assert max(held[100:]) == held[100] == 11


def test_an_absence_that_is_due_is_not_forgotten_and_decided_once():
    playing = Playing(Window(("subject",), Absence(10 * MINUTE)), Part("absent", "reading", LOW))
    for second in range(100):
        playing.reading("a", 40, second * MICRO)
    playing.windows.hear((), {}, Stamp(DAY, DAY, "other", 1_000))

    assert [one.outcome.held for one in playing.windows.pass_time(DAY)] == [True]


def test_a_rule_with_too_many_keys_forgets_the_quietest_and_counts_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(watching, "KEYS", 2)
    playing = lasting()
    for subject, at in (("a", 0), ("b", 1), ("a", 2), ("c", 3)):
        playing.reading(subject, 40, at)

    assert sorted(playing.windows.states) == ["m:a", "m:c"]
    assert playing.windows.evicted == {"m": 1}


def test_a_rule_that_is_asked_no_more_is_forgotten_with_the_change():
    playing = lasting()
    playing.reading("a", 40, 0)

    playing.windows.reload(make_catalogue(rules=[], fields={}))

    assert not playing.windows.states
    assert playing.windows.pass_time(DAY) == []
