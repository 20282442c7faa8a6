"""The clocks: which entry starts, stops, pauses them, and to the microsecond when they break their target."""

from datetime import timedelta

import pytest
from cases import make_case

from casework.clock import FakeClock
from casework.domain import clocks, escalation
from casework.domain.clocks import RULES, ClockKind, Light, Outcome, Scope
from casework.domain.escalation import EscalationStep, Trigger
from casework.domain.timeline import EntryKind, Scribe

NOW = FakeClock()()
TARGETS = {"response": 30.0, "dispatch": 60.0, "arrival": 300.0, "resolution": 1200.0, "callback": 120.0}
CASE = make_case(targets=TARGETS)
MICROSECOND = timedelta(microseconds=1)


def entry(kind, after_s=0.0, **about):
    return Scribe("case", NOW + timedelta(seconds=after_s), "system").entry(kind, **about)


def started(kind):
    """A clock of a kind, started by the first entry that its rule names."""
    about = {
        Scope.CASE: {},
        Scope.ASSIGNMENT: {"assignment_id": "offer"},
        Scope.REPORT: {"report_id": "report"},
    }
    rule = RULES[kind]
    turn = clocks.turn(CASE, [], entry(min(rule.starts), **about[rule.scope]), [])
    return next(clock for clock in turn.clocks if clock.kind is kind)


def turned(clock, *entries):
    for one in entries:
        changed = clocks.turn(CASE, [clock], one, []).clocks
        clock = next((after for after in changed if after.id == clock.id), clock)
    return clock


@pytest.mark.parametrize(
    ("kind", "how", "what"),
    [
        (kind, how, what)
        for kind, rule in RULES.items()
        for how, kinds in (("reached", rule.reaches), ("dropped", rule.drops))
        for what in sorted(kinds)
    ],
)
def test_a_clock_ends_as_its_rule_says(kind, how, what):
    ended = turned(started(kind), entry(what, 7))

    assert (ended.outcome, ended.elapsed(NOW + timedelta(hours=1))) == (Outcome(how), timedelta(seconds=7))


@pytest.mark.parametrize("kind", ClockKind)
def test_no_other_entry_touches_a_clock(kind):
    rule = RULES[kind]
    ends = rule.reaches | rule.drops | (rule.starts if rule.scope is Scope.CASE else frozenset())
    others = set(EntryKind) - ends - {EntryKind.CASE_PAUSED, EntryKind.CASE_RESUMED}
    clock = started(kind)

    assert [what for what in others if turned(clock, entry(what)) is not clock] == []


def test_no_rule_lets_an_entry_both_reach_and_drop():
    assert [kind for kind, rule in RULES.items() if rule.reaches & rule.drops] == []


def test_another_assignment_does_not_stop_an_arrival():
    clock = started(ClockKind.ARRIVAL)

    assert turned(clock, entry(EntryKind.CREW_ON_SCENE, assignment_id="another")) is clock


def test_another_reporter_does_not_stop_a_callback():
    clock = started(ClockKind.CALLBACK)

    assert turned(clock, entry(EntryKind.REPORTER_REACHED, report_id="another")) is clock


def test_every_awaiting_report_gets_a_callback_of_its_own():
    turn = clocks.turn(CASE, [], entry(EntryKind.CREW_DONE), ["a", "b"])

    assert [clock.report_id for clock in turn.clocks] == ["a", "b"]


@pytest.mark.parametrize("kind", ClockKind)
def test_the_whole_target_is_on_time_and_one_microsecond_more_is_a_breach(kind):
    clock = started(kind)
    last = NOW + timedelta(seconds=TARGETS[kind])

    assert not clock.breached(last)
    assert clock.breached(last + MICROSECOND)


@pytest.mark.parametrize("kind", ClockKind)
def test_the_deadline_of_a_breach_is_its_first_instant(kind):
    step = EscalationStep(kind, Trigger.OVER, 0.0, "dispatcher")
    due = NOW + escalation.due_after(step, TARGETS[kind], 0.8)

    assert started(kind).breached(due)
    assert not started(kind).breached(due - MICROSECOND)


def test_a_pause_does_not_count_and_is_listed_with_its_entries():
    pause, resume = entry(EntryKind.CASE_PAUSED, 60), entry(EntryKind.CASE_RESUMED, 660)

    clock = turned(started(ClockKind.RESOLUTION), pause, resume)

    assert clock.elapsed(NOW + timedelta(seconds=1_800)) == timedelta(seconds=1_200)
    assert [(one.paused_by, one.resumed_by) for one in clock.pauses] == [(pause.id, resume.id)]


def test_a_clock_that_stands_still_does_not_grow():
    clock = turned(started(ClockKind.RESOLUTION), entry(EntryKind.CASE_PAUSED, 60))

    assert clock.elapsed(NOW + timedelta(days=1)) == timedelta(seconds=60)


def test_stopping_in_a_pause_ends_the_pause_too():
    clock = turned(
        started(ClockKind.RESOLUTION), entry(EntryKind.CASE_PAUSED, 60), entry(EntryKind.CREW_DONE, 100)
    )

    assert (clock.paused, clock.elapsed(NOW + timedelta(days=1))) == (False, timedelta(seconds=60))


def test_deadlines_after_two_pauses_are_later_by_both():
    case = make_case(
        targets=TARGETS, escalation=(EscalationStep("resolution", Trigger.OVER, 30.0, "shift_lead"),)
    )
    clock = turned(
        started(ClockKind.RESOLUTION),
        entry(EntryKind.CASE_PAUSED, 60),
        entry(EntryKind.CASE_RESUMED, 160),
        entry(EntryKind.CASE_PAUSED, 200),
    )

    turn = clocks.turn(case, [clock], entry(EntryKind.CASE_RESUMED, 250), [])

    assert [deadline.due_at for deadline in turn.new_deadlines] == [
        NOW + timedelta(seconds=1_200 + 30 + 100 + 50) + MICROSECOND
    ]


def test_taking_a_case_up_again_drops_the_old_clocks_and_starts_new_ones():
    old = started(ClockKind.RESOLUTION)

    turn = clocks.turn(CASE, [old], entry(EntryKind.CASE_REOPENED, 10), [])

    dropped = next(clock for clock in turn.clocks if clock.id == old.id)
    fresh = [clock.kind for clock in turn.clocks if clock.id != old.id]
    assert (dropped.outcome, turn.silenced) == (Outcome.DROPPED, (old.id,))
    assert fresh == [ClockKind.DISPATCH, ClockKind.RESOLUTION]


@pytest.mark.parametrize(
    ("seconds", "light"),
    [(47.9, Light.GREEN), (48, Light.AMBER), (60, Light.AMBER), (60.1, Light.RED)],
)
def test_the_lights(seconds, light):
    assert clocks.light(started(ClockKind.DISPATCH), NOW + timedelta(seconds=seconds)) is light


def test_a_chain_that_says_nothing_of_a_breach_still_tells_the_dispatcher():
    chain = [EscalationStep("dispatch", Trigger.NEAR, 0.0, "shift_lead")]

    steps = escalation.steps_for(chain, "dispatch", 60.0, 0.8)
    assert [step.notify for step in steps] == ["shift_lead", "dispatcher"]


def test_a_warning_that_waits_long_comes_after_the_breach():
    chain = [
        EscalationStep("dispatch", Trigger.NEAR, 30.0, "duty_officer"),
        EscalationStep("dispatch", Trigger.OVER, 0.0, "shift_lead"),
        EscalationStep("dispatch", Trigger.NEAR, 0.0, "dispatcher"),
    ]

    steps = escalation.steps_for(chain, "dispatch", 60.0, 0.8)

    assert [step.notify for step in steps] == ["dispatcher", "shift_lead", "duty_officer"]
    assert escalation.firsts(steps) == {0: Trigger.NEAR, 1: Trigger.OVER}
