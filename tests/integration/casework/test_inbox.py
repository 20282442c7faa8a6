"""The inbox: many callers in one commit, each with an answer of its own."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext

import cast
import pytest
import sqlalchemy as sa

from casework.domain import errors
from casework.domain.events import NewEvent
from casework.store import inbox as inboxes
from casework.store.database import Database
from casework.store.inbox import GroupCommitInbox


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def inbox(database):
    inbox = GroupCommitInbox(database)
    yield inbox
    inbox.close()


def _event(number, **changes):
    values = {
        "source": "gauges",
        "event_id": str(number),
        "type": "reading",
        "subject": None,
        "time": None,
        "received_at": cast.MORNING,
        "body": "{}",
    }
    return NewEvent(**(values | changes))


def test_each_of_many_callers_hears_of_its_own_duplicates(inbox):
    def put(first):
        return inbox.put([_event(number) for number in range(first, first + 10)], [])

    with ThreadPoolExecutor(8) as callers:
        receipts = list(callers.map(put, range(0, 400, 5)))

    assert sum(receipt.accepted for receipt in receipts) == 405
    assert all(receipt.accepted + receipt.duplicates == 10 for receipt in receipts)


def test_the_same_event_twice_in_one_parcel_is_one_event(inbox):
    receipt = inbox.put([_event(1), _event(1)], [])

    assert (receipt.accepted, receipt.duplicates) == (1, 1)


@pytest.mark.parametrize("poison", ["half a character \ud800", {"no": "text"}])
def test_a_parcel_that_no_database_keeps_fails_alone(database, inbox, poison):
    held = threading.Event()
    with ThreadPoolExecutor(3) as callers:
        with database.writing() if database.is_sqlite else nullcontext():
            bad = callers.submit(inbox.put, [_event("bad", event_id=poison)], [])
            good = callers.submit(inbox.put, [_event("good")], [])
            held.wait(0.2)

        assert good.result(timeout=15).accepted == 1
        with pytest.raises(errors.CaseworkError):
            bad.result(timeout=15)
    assert inbox.put([_event("after")], []).accepted == 1


def test_a_full_queue_pushes_back(database, monkeypatch):
    monkeypatch.setattr(inboxes, "PARCELS", 1)
    monkeypatch.setattr(inboxes, "PATIENCE_S", 0.3)
    inbox = GroupCommitInbox(database)
    pile = threading.Event()
    with ThreadPoolExecutor(4) as callers:
        with _jammed(database):
            waiting = [callers.submit(inbox.put, [_event(number)], []) for number in range(4)]
            pile.wait(1.0)
        for one in waiting:
            with pytest.raises(errors.Unavailable):
                one.result(timeout=5)
    inbox.close()


def test_what_has_come_is_written_before_the_inbox_closes(database):
    inbox = GroupCommitInbox(database)
    with ThreadPoolExecutor(4) as callers:
        receipts = list(callers.map(lambda number: inbox.put([_event(number)], []), range(50)))
    inbox.close()

    assert sum(receipt.accepted for receipt in receipts) == 50


def _jammed(database):
    """Keep the inbox from writing for the length of a block."""
    return database.writing() if database.is_sqlite else _locked(database)


@contextmanager
def _locked(database):
    with database.writing() as connection:
        connection.execute(sa.text("lock table events in access exclusive mode"))
        yield
