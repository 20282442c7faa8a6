"""The auditor: whatever was due and did not happen is found, and an auditor that is silent is found too."""

import cast
import pytest
import sqlalchemy as sa

from casework.domain.audits import Lapse
from casework.services import auditing, dispatching, handling
from casework.store import tables


@pytest.fixture
def spoiled(town, database_url):
    """Answers what changes rows past the product, as a fault of it would."""
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)

    def spoil(table, where, **values):
        own = tables.metadata.tables[table]
        matching = [own.c[name] == value for name, value in where.items()]
        with engine.begin() as connection:
            return connection.execute(sa.update(own).where(*matching).values(**values)).rowcount

    return spoil


def _lapses(town):
    """Look a minute later, and answer the kinds of lapse that an alarm stands for."""
    town.clock.advance(seconds=61)
    auditing.audit(town.uows, town.clock)
    return {kind for kind, _ in town.open_alarms() if kind in set(Lapse)}


def _dispatched(town):
    case = town.report("lamp", by=None)
    town.turn()
    dispatching.dispatch_recommended(case.id, actor="user:wang", **town.tools)
    town.turn()
    return town.case(case.id)


def test_a_house_in_order_has_no_lapse(town):
    _dispatched(town)
    town.turn(seconds=1)

    town.clock.advance(seconds=30)
    auditing.audit(town.uows, town.clock)

    assert town.open_alarms() == set()
    (kept,) = town.rows("audits")
    assert kept.finished_at == town.clock()
    assert kept.found == dict.fromkeys(Lapse, 0)


def test_deadlines_that_nobody_swept_are_found_and_the_alarm_ends_when_they_are(town):
    town.report("other", by=None)
    town.clock.advance(seconds=60)

    assert _lapses(town) == {Lapse.DEADLINE_OVERDUE}

    town.turn()
    assert _lapses(town) == set()


def test_a_clock_that_runs_without_a_deadline_is_found(town, spoiled):
    case = town.report("other", by=None)
    assert spoiled("deadlines", {"case_id": case.id, "state": "pending"}, state="cancelled")

    assert _lapses(town) == {Lapse.CLOCK_WITHOUT_DEADLINE}


def test_a_clock_that_stands_still_with_its_case_is_no_lapse(town):
    case = town.report("other", by=None)
    handling.pause(case.id, actor="user:wang", reason="frost", uows=town.uows, clock=town.clock)

    assert _lapses(town) == set()


def test_a_clock_whose_steps_have_all_been_taken_is_no_lapse(town):
    town.report("other", by=None)
    for _ in range(8):
        town.turn(minutes=10)

    assert _lapses(town) == set()


def test_an_offer_that_nothing_will_take_back_is_found_before_its_time_is_over(town, spoiled):
    case = _dispatched(town)
    assert spoiled("deadlines", {"ref": case.assignment_id}, state="cancelled") == 1

    auditing.audit(town.uows, town.clock)

    assert (Lapse.OFFER_WITHOUT_EXPIRY, "house") in town.open_alarms()


@pytest.mark.parametrize(
    "stuck",
    [{"channel": "pigeon", "state": "new"}, {"state": "sending"}, {"state": "new", "next_attempt_at": None}],
)
def test_a_text_that_nobody_sends_or_asks_after_is_found(town, spoiled, stuck):
    case = _dispatched(town)
    town.turn()
    town.clock.advance(seconds=1)
    assert spoiled("messages", {"case_id": case.id}, **{"next_attempt_at": town.clock(), **stuck})
    town.tap(cast.NEAR_CREW, "accept")

    assert Lapse.TEXT_STUCK in _lapses(town)


def test_an_event_that_nobody_judges_is_found(town):
    town.put("lost", {"text": "water", "category": "leak"})

    assert _lapses(town) == {Lapse.EVENT_UNJUDGED}


def test_of_several_workers_one_looks_once_a_minute(town):
    auditing.audit(town.uows, town.clock)
    first = town.rows("audits")[0].finished_at

    town.clock.advance(seconds=59)
    auditing.audit(town.uows, town.clock)
    assert town.rows("audits")[0].finished_at == first

    town.clock.advance(seconds=1)
    auditing.audit(town.uows, town.clock)
    assert town.rows("audits")[0].finished_at == town.clock()


def test_an_auditor_that_falls_silent_is_an_alarm_until_it_is_heard_of_again(town):
    begun = town.clock()
    auditing.audit(town.uows, town.clock)

    assert _silent_after(town, begun, minutes=5) is False
    assert _silent_after(town, begun, microseconds=1) is True

    auditing.audit(town.uows, town.clock)
    assert _silent_after(town, begun, seconds=1) is False


def test_an_auditor_that_dies_in_every_look_is_silent(town):
    begun = town.clock()
    for _ in range(6):
        with town.uows() as uow:
            uow.audits.claim(town.clock())
            uow.commit()
        town.clock.advance(minutes=1)

    assert _silent_after(town, begun) is True


def test_a_worker_that_has_just_begun_does_not_hold_the_night_against_the_auditor(town):
    auditing.audit(town.uows, town.clock)
    begun = town.clock.advance(hours=8)

    assert _silent_after(town, begun, minutes=1) is False


def test_a_worker_whose_clock_has_stepped_calls_nothing_overdue(town):
    town.report("other", by=None)
    worker = town.new_worker()
    worker.sweep()
    stuck = town.clock()
    worker._guard.elapsed = stuck.timestamp  # noqa: SLF001  (the clock beside the wall clock)
    town.clock.advance(hours=2)
    worker.sweep()

    worker.audit()

    assert town.rows("audits") == []


def _silent_after(town, begun, **later):
    now = town.clock.advance(**later)
    with town.uows() as uow:
        auditing.watch(uow, now, since=begun)
        uow.commit()
    return (auditing.SILENCE, "house") in town.open_alarms()
