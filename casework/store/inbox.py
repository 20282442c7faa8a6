"""The inbox: one thread writes what all callers bring, many of them in one commit.

Who is heard is noticed in the same commit; what a device sends beyond its rate is kept and not judged.

A commit costs a flush of the disk, 0.1 to 4 ms; shared by all that came meanwhile, thousands of single
events a second are durable on any disk (measured by benchmarks/intake.py).
"""

import queue
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

import sqlalchemy as sa
import structlog

from casework.domain import errors
from casework.domain.events import EventState, NewEvent, Quarantined, Receipt
from casework.store import columns, tables
from casework.store.database import Database
from casework.store.listening import Listener
from casework.store.rows import Rows

log = structlog.get_logger(__name__)

ROWS_A_COMMIT = 5_000
PARCELS = 1_024
PATIENCE_S = 20.0
_NEW, _HELD = EventState.NEW.value, EventState.HELD.value
Device = tuple[str, str]
LINGER_S = 0.002

_FAILURES = (sa.exc.SQLAlchemyError, errors.CaseworkError, TypeError, ValueError)
"""All that a parcel can do to the writing thread, which must outlive every one of them."""

_COLUMNS = "source, event_id, type, subject, time, received_at, body, state"
_CONFLICT = "on conflict (source, event_id) do nothing"
_SQLITE = f"insert into events ({_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?) {_CONFLICT}"  # noqa: S608  (constants only)
_POSTGRESQL = (
    f"insert into events ({_COLUMNS}) select * from unnest(%s::text[], %s::text[], %s::text[], %s::text[], "  # noqa: S608  (as above)
    f"%s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[]) {_CONFLICT} returning source, event_id"
)


@dataclass(slots=True)
class _Parcel:
    """What one caller brought, and where it waits for the answer."""

    events: Sequence[NewEvent]
    quarantined: Sequence[Quarantined]
    live: bool
    answer: Future[Receipt] = field(default_factory=Future)


class GroupCommitInbox:
    """Writes events of many callers in few commits; `written` is called after each commit."""

    def __init__(self, database: Database, written: Callable[[], None] = lambda: None) -> None:
        self._database = database
        self._written = written
        self._listener = Listener()
        self._parcels: queue.Queue[_Parcel | None] = queue.Queue(PARCELS)
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)
        self._thread.start()

    def put(
        self, events: Sequence[NewEvent], quarantined: Sequence[Quarantined], *, live: bool = False
    ) -> Receipt:
        """Write both and answer after the commit; only live events are signs of life and may be too many."""
        parcel = _Parcel(events, quarantined, live)
        try:
            self._parcels.put(parcel, timeout=PATIENCE_S)
            return parcel.answer.result(timeout=PATIENCE_S)
        except (queue.Full, TimeoutError) as error:
            raise errors.Unavailable(
                2.0, "the inbox cannot write just now; send the same events again"
            ) from error

    def close(self) -> None:
        """Write what has come and stop."""
        self._parcels.put(None)
        self._thread.join(timeout=PATIENCE_S)

    def _run(self) -> None:
        expected = 1
        stopping = False
        while not stopping:
            group, stopping = self._gather(expected)
            expected = len(group)
            if group:
                self._write(group)

    def _gather(self, expected: int) -> tuple[list[_Parcel], bool]:
        """Take what has come, and wait a moment for as many callers as shared the last commit.

        They were answered together and come back together; without the wait the first of them would have a
        commit of its own, which costs as much as the one of all.
        """
        group: list[_Parcel] = []
        rows = 0
        parcel = self._parcels.get()
        give_up_at = monotonic() + LINGER_S
        while parcel is not None:
            group.append(parcel)
            rows += len(parcel.events)
            if rows >= ROWS_A_COMMIT:
                return group, False
            wait_s = give_up_at - monotonic() if len(group) < expected else 0.0
            try:
                parcel = self._parcels.get(timeout=wait_s) if wait_s > 0 else self._parcels.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _write(self, group: list[_Parcel]) -> None:
        try:
            receipts = self._commit(group)
        except _FAILURES as error:
            self._write_apart(group, error)
            return
        for parcel, receipt in zip(group, receipts, strict=True):
            parcel.answer.set_result(receipt)
        self._written()

    def _write_apart(self, group: list[_Parcel], error: Exception) -> None:
        """Let no caller pay for another's parcel: after a failure each is written by itself."""
        log.warning("inbox_group_failed", parcels=len(group), error=str(error)[:300])
        for parcel in group:
            try:
                parcel.answer.set_result(self._commit([parcel])[0])
            except errors.NotStorable as refusal:
                parcel.answer.set_exception(refusal)
            except _FAILURES:
                log.exception("inbox_parcel_failed", events=len(parcel.events))
                parcel.answer.set_exception(
                    errors.Unavailable(2.0, "the inbox cannot write just now; send the same events again")
                )
        self._written()

    def _commit(self, group: Sequence[_Parcel]) -> list[Receipt]:
        insert = _insert_sqlite if self._database.is_sqlite else _insert_postgresql
        live = [event for parcel in group if parcel.live for event in parcel.events]
        with self._database.writing() as connection:
            heard = self._listener.hear(connection, live)
            new = insert(connection, [parcel.events for parcel in group], heard.held)
            quarantined = [item for parcel in group for item in parcel.quarantined]
            if quarantined:
                Rows(connection, tables.quarantine, Quarantined).insert(quarantined)
            self._listener.write(connection, heard, new.held)
            connection.commit()
        self._listener.remember(heard)
        return [
            Receipt(accepted=added, duplicates=len(parcel.events) - added)
            for parcel, added in zip(group, new.added, strict=True)
        ]


@dataclass(slots=True)
class _New:
    """How many events of each parcel were new, and how many of each device were held back."""

    added: list[int] = field(default_factory=list)
    held: Counter[Device] = field(default_factory=Counter)


def _insert_sqlite(
    connection: sa.Connection, parcels: Sequence[Sequence[NewEvent]], held: Collection[int]
) -> _New:
    """Insert each parcel's events.

    On the driver's own cursor: an execution through SQLAlchemy costs ten times the insert of one row.
    """
    cursor = connection.connection.cursor()
    new = _New()
    try:
        for events in parcels:
            admitted = [event for event in events if id(event) not in held] if held else events
            cursor.executemany(_SQLITE, [_row(event, columns.to_micros, _NEW) for event in admitted])
            added = cursor.rowcount if admitted else 0
            if len(admitted) < len(events):
                for event in events:
                    if id(event) in held:
                        cursor.execute(_SQLITE, _row(event, columns.to_micros, _HELD))
                        added += cursor.rowcount
                        new.held[event.source, event.subject or ""] += cursor.rowcount
            new.added.append(added)
    except (sqlite3.InterfaceError, sqlite3.ProgrammingError) as error:
        raise errors.NotStorable from error  # a value of a kind that SQLite does not know
    except sqlite3.Error as error:
        raise errors.Unavailable(detail="the database cannot do this just now") from error
    finally:
        cursor.close()
    return new


def _insert_postgresql(
    connection: sa.Connection, parcels: Sequence[Sequence[NewEvent]], held: Collection[int]
) -> _New:
    """Insert all parcels in one statement, one way to the server."""
    rows = [
        _row(event, _unchanged, _HELD if id(event) in held else _NEW)
        for events in parcels
        for event in events
    ]
    if not rows:
        return _New([0] * len(parcels))
    arrays = tuple(list(column) for column in zip(*rows, strict=True))
    names = {(row[0], row[1]) for row in connection.exec_driver_sql(_POSTGRESQL, arrays)}
    new = _New()
    for events in parcels:
        added = 0
        for event in events:
            if (event.source, event.event_id) in names:
                names.remove((event.source, event.event_id))  # of equal events the first is the new one
                added += 1
                if id(event) in held:
                    new.held[event.source, event.subject or ""] += 1
        new.added.append(added)
    return new


def _row(event: NewEvent, instant: Callable[[datetime], Any], state: str) -> tuple[Any, ...]:
    return (
        event.source,
        event.event_id,
        event.type,
        event.subject,
        None if event.time is None else instant(event.time),
        instant(event.received_at),
        event.body,
        state,
    )


def _unchanged(instant: datetime) -> datetime:
    return instant
