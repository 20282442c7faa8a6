from dataclasses import replace
from datetime import UTC, datetime, timedelta

from casework.analytics import attainment
from casework.domain.clocks import Clock, ClockKind, Outcome, Pause
from casework.ids import CaseId, ClockId, EntryId

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
START = NOW - timedelta(hours=1)


def clock(seconds=None, *, target_s=60.0, outcome=Outcome.REACHED):
    made = Clock(
        id=ClockId("c"),
        case_id=CaseId("k"),
        kind=ClockKind.DISPATCH,
        target_s=target_s,
        started_at=START,
        started_by=EntryId("e"),
    )
    if seconds is None:
        return made
    return replace(
        made, stopped_at=START + timedelta(seconds=seconds), stopped_by=EntryId("f"), outcome=outcome
    )


def figure(*clocks):
    return attainment.figure(ClockKind.DISPATCH, clocks, NOW)


def test_nothing_timed_gives_no_share_and_no_percentiles():
    told = figure()

    assert (told.n, told.open, told.on_time, told.p50, told.target) == (0, 0, None, None, None)


def test_exactly_the_target_is_on_time():
    assert figure(clock(60.0)).on_time == 1.0
    assert figure(clock(60.000001)).on_time == 0.0


def test_an_open_clock_over_its_target_counts_against_and_one_under_it_does_not():
    told = figure(clock(30), clock(90), clock(), clock(target_s=7200.0))

    assert (told.n, told.late, told.open, told.overdue) == (2, 1, 2, 1)
    assert told.on_time == 1 / 3


def test_a_dropped_clock_has_no_verdict():
    told = figure(clock(30), clock(500, outcome=Outcome.DROPPED))

    assert (told.n, told.dropped, told.on_time) == (1, 1, 1.0)


def test_pauses_are_taken_out():
    paused = replace(
        clock(100),
        pauses=(Pause(START, EntryId("p"), START + timedelta(seconds=70), EntryId("r")),),
    )

    assert figure(paused).p50 == 30.0


def test_percentiles_are_values_that_occurred():
    told = figure(*(clock(seconds) for seconds in range(1, 11)))

    assert (told.p50, told.p80, told.p90, told.p95) == (5.0, 8.0, 9.0, 10.0)


def test_different_targets_are_all_named():
    told = figure(clock(1), clock(1, target_s=300.0))

    assert told.target is None
    assert told.targets == [60.0, 300.0]
