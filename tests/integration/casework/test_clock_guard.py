"""A wall clock that steps: nothing goes out too early, somebody is told, and work goes on afterwards."""

import pytest

import app


class Elapsed:
    def __init__(self):
        self.seconds = 1_000.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def guarded(town):
    """A worker whose wall clock and monotonic clock are moved apart by hand."""
    elapsed = Elapsed()
    worker = app.create_worker(town.runtime, elapsed=elapsed)
    worker.sweep()
    return town, worker, elapsed


def test_a_step_of_two_hours_fires_nothing_and_raises_the_alarm_at_once(guarded):
    town, worker, _ = guarded
    case = town.report("other", by=None)

    town.clock.advance(hours=2)
    worker.sweep()

    assert town.told(case.id) == []
    assert [kind for kind, _ in town.open_alarms()] == ["clock_stepped"]


def test_a_clock_that_is_set_right_again_lets_the_work_go_on(guarded):
    town, worker, elapsed = guarded
    case = town.report("other", by=None)
    town.clock.advance(hours=2)
    worker.sweep()

    town.clock.advance(hours=-2, seconds=48)
    elapsed.seconds += 48
    worker.sweep()

    assert town.told(case.id) == [("dispatch", "near", "dispatcher")]
    assert town.open_alarms() == set()


def test_a_clock_that_runs_evenly_for_five_minutes_after_a_step_is_believed(guarded):
    town, worker, elapsed = guarded
    case = town.report("other", by=None)
    town.clock.advance(hours=2)
    worker.sweep()

    elapsed.seconds += 299
    town.clock.advance(seconds=299)
    worker.sweep()
    assert town.told(case.id) == []

    elapsed.seconds += 1
    town.clock.advance(seconds=1)
    worker.sweep()
    assert town.told(case.id) != []


def test_a_machine_that_slept_has_not_stepped(guarded):
    town, worker, elapsed = guarded
    case = town.report("other", by=None)

    town.clock.advance(hours=2)
    elapsed.seconds += 7_200
    worker.sweep()

    assert town.told(case.id) != []
    assert town.open_alarms() == set()


def test_a_step_back_holds_too(guarded):
    town, worker, _ = guarded

    town.clock.advance(hours=-1)
    worker.sweep()

    assert [kind for kind, _ in town.open_alarms()] == ["clock_stepped"]
