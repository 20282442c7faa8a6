"""Several workers at one database: every deadline fires once, and none is lost with a worker that dies."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from casework import ids
from casework.domain.deadlines import Deadline
from casework.services import sweeping

CASES, EACH = 200, 10


class Killed(BaseException):
    """The process is gone: nothing catches this."""


@pytest.fixture
def late_town(town):
    """Two hundred cases with ten offers each whose time is over."""
    case = town.report("other", by=None)
    due = town.clock()
    with town.uows() as uow:
        for number in range(CASES):
            one = replace(
                case, id=ids.new(), number=5_000 + number, public_code=f"C{number}", version=1, paused=True
            )
            uow.cases.add(one)
            uow.deadlines.arm(
                Deadline.of_callback(ids.new(), one.id, attempt=step, due_at=due) for step in range(EACH)
            )
        uow.commit()
    return town


def _counting(fired):
    """What only counts the deadlines that fire."""

    def count(_uow, _house, _case, report_id, _scribe):
        fired.append(report_id)

    return count


def test_every_deadline_fires_exactly_once_for_three_sweepers(late_town, monkeypatch):
    town, fired = late_town, []
    monkeypatch.setattr(sweeping.calling_back, "again", _counting(fired))

    def work(_):
        total = 0
        for _round in range(40):
            total += sweeping.sweep(town.uows, town.house, town.clock)
        return total

    with ThreadPoolExecutor(3) as workers:
        settled = sum(workers.map(work, range(3)))

    assert settled == len(fired) == len(set(fired)) == CASES * EACH
    assert town.rows("deadlines", kind="callback", state="pending") == []


def test_a_sweeper_that_dies_before_its_commit_loses_nothing(late_town, monkeypatch):
    town, fired = late_town, []

    def die(*_):
        raise Killed

    monkeypatch.setattr(sweeping.calling_back, "again", die)
    with pytest.raises(Killed):
        sweeping.sweep(town.uows, town.house, town.clock)
    assert len(town.rows("deadlines", kind="callback", state="pending")) == CASES * EACH

    monkeypatch.setattr(sweeping.calling_back, "again", _counting(fired))
    while sweeping.sweep(town.uows, town.house, town.clock):
        pass

    assert len(fired) == len(set(fired)) == CASES * EACH


def test_a_case_that_fails_is_set_back_and_does_not_hold_up_the_others(town):
    good = town.report("other", by=None)
    bad = town.report("leak", by=None)
    with town.uows() as uow:
        uow.deadlines.arm([Deadline.of_offer(ids.new(), bad.id, due_at=town.clock())])
        uow.commit()

    town.sweep(seconds=48)

    assert ("sweep_failed", bad.id) in town.open_alarms()
    assert town.told(good.id) == [("dispatch", "near", "dispatcher")]
    assert town.told(bad.id) == []
