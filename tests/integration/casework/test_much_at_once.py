"""Much that is due at once: few statements for many rows, nobody held up by somebody else's case."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import cast
import pytest
import sqlalchemy as sa

from casework.domain.messages import MessageState
from casework.domain.people import Role
from casework.services import guarding, relaying, sweeping

MANY = 60


@pytest.fixture
def postgresql_town(postgresql_database_url):
    with cast.open_town(postgresql_database_url) as town:
        yield town


def open_many(town, count):
    """Open cases a kilometre apart that only a person may dispatch."""
    lat, lon = cast.SQUARE
    return [town.report("other", by=None, at=(lat + number * 0.01, lon)) for number in range(count)]


@contextmanager
def _statements(town):
    """Count the statements that the town's own connections run."""
    engine = town.runtime.reading.__self__.engine
    seen = []

    def note(_connection, _cursor, statement, *_):
        seen.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(engine, "before_cursor_execute", note)


def _waiting_texts(town, count):
    """Let a warning wait for so many dispatchers: to one person texts go one after the other."""
    with town.uows() as uow:
        (one,) = uow.people.with_role(Role.DISPATCHER)
        for number in range(1, count):
            name = f"wang-{number}"
            phone = f"+8626000004{number:02d}"
            uow.people.add(replace(one, id=f"user-{name}", name=name, phone=phone))
        uow.commit()
    open_many(town, 1)
    town.sweep(seconds=48)


def test_sixty_deadlines_cost_a_dozen_statements(town):
    open_many(town, MANY)

    with _statements(town) as seen:
        settled = town.sweep(seconds=48)

    assert settled == MANY
    assert len(seen) <= 14


def test_the_outcomes_of_twenty_texts_cost_a_dozen_statements(town):
    _waiting_texts(town, 20)

    with _statements(town) as seen:
        claimed = relaying.claim(town.uows, town.house, town.clock, limit=20)
        attempts = [relaying.attempt(town.house, town.clock, message) for message in claimed]
        relaying.settle(town.uows, town.house, attempts)

    assert len(claimed) == 20
    assert {row.state for row in town.rows("messages") if row.id in {m.id for m in claimed}} == {"sent"}
    assert len(seen) <= 14


def test_outcomes_that_cannot_be_kept_together_are_kept_one_by_one(town, monkeypatch):
    _waiting_texts(town, 5)
    claimed = relaying.claim(town.uows, town.house, town.clock, limit=5)
    attempts = [relaying.attempt(town.house, town.clock, message) for message in claimed]
    keep = relaying.mark_sent

    def fail_for_one(uow, house, message, accepted, now):
        if message.id == claimed[2].id:
            raise ValueError("a fault in one text")
        keep(uow, house, message, accepted, now)

    monkeypatch.setattr(relaying, "mark_sent", fail_for_one)
    relaying.settle(town.uows, town.house, attempts)

    states = {row.id: row.state for row in town.rows("messages")}
    assert [states[message.id] for message in claimed] == ["sent", "sent", "sending", "sent", "sent"]


def test_a_case_in_somebodys_hands_holds_up_no_other_text_and_no_other_deadline(postgresql_town):
    town = postgresql_town
    cases = open_many(town, 3)
    with town.uows() as busy:
        busy.cases.lock(cases[1].id)
        settled = town.sweep(seconds=48)

    assert settled == 2
    assert town.sweep() == 1


def test_a_case_that_waits_for_a_person_is_not_looked_at_by_the_solver(town):
    by_hand = town.report("other", by=None)
    suggested = town.report("lamp", by=None)

    with town.uows(reading=True) as uow:
        waiting = [case.id for case in uow.cases.waiting(10)]

    assert by_hand.id not in waiting
    assert waiting == [suggested.id]


def test_answers_to_old_requests_are_forgotten_some_at_a_time(town):
    with town.uows() as uow:
        for number in range(5):
            uow.replays.add(f"key-{number}", "source", "print", 200, "{}", town.clock())
        uow.replays.add("fresh", "source", "print", 200, "{}", town.clock() + timedelta(hours=1))
        uow.commit()
    later = town.clock() + guarding.KEPT_FOR + timedelta(seconds=1)

    counted = []
    for _ in range(3):
        with town.uows() as uow:
            counted.append(uow.replays.purge(later - guarding.KEPT_FOR, 3))
            uow.commit()

    assert counted == [3, 2, 0]
    assert [row.key for row in town.rows("idempotency")] == ["fresh"]


def test_a_batch_in_which_one_case_fails_still_settles_the_others(town, monkeypatch):
    cases = open_many(town, 5)
    fire = sweeping.escalating.fire

    def fail_for_one(uow, house, case, *rest):
        if case.id == cases[2].id:
            raise ValueError("a fault in one case")
        fire(uow, house, case, *rest)

    monkeypatch.setattr(sweeping.escalating, "fire", fail_for_one)
    settled = town.sweep(seconds=48)

    assert settled == 4
    assert ("sweep_failed", cases[2].id) in town.open_alarms()
    assert {row.state for row in town.rows("messages")} == {MessageState.NEW}
