"""The inbox after acceptance, and the quarantine."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from casework.domain import errors
from casework.domain.events import Event, EventState, Judgement, Quarantined
from casework.store import tables
from casework.store.rows import Rows

MAX_ATTEMPTS = 5
_OPENINGS = 0x67_6F_6E_67
_EV = tables.events.c


def _event(row: sa.Row[Any]) -> Event:
    values = dict(row._mapping)  # noqa: SLF001  (SQLAlchemy's public name)
    values["data"] = json.loads(values.pop("body"))
    return Event(**values)


class Events:
    """Events that were accepted, until they are judged."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def find(self, source: str, event_id: str) -> Event | None:
        row = self._connection.execute(
            sa.select(tables.events).where(_EV.source == source, _EV.event_id == event_id)
        ).first()
        return None if row is None else _event(row)

    def any_waiting(self) -> bool:
        """Tell whether an event waits to be judged, without locking anything."""
        query = sa.select(_EV.seq).where(_EV.state == EventState.NEW).limit(1)
        return self._connection.execute(query).first() is not None

    def take(self, limit: int, *, without: Iterable[str] = (), until: int | None = None) -> list[Event]:
        """Lock the next events to judge, in the order of acceptance, that no other worker holds.

        Those of some types are left out, and those after `until` where it is given.
        """
        query = sa.select(tables.events).where(_EV.state == EventState.NEW)
        left_out = sorted(without)
        if left_out:
            query = query.where(_EV.type.not_in(left_out))
        if until is not None:
            query = query.where(_EV.seq <= until)
        query = query.order_by(_EV.seq).limit(limit)
        return [_event(row) for row in self._connection.execute(query.with_for_update(skip_locked=True))]

    def named(self, seqs: Iterable[int]) -> Mapping[int, Event]:
        """Read events, judged or not."""
        query = sa.select(tables.events).where(_EV.seq.in_(list(seqs)))
        return {row.seq: _event(row) for row in self._connection.execute(query)}

    def oldest_waiting(self, types: Iterable[str]) -> datetime | None:
        """Answer when the first event of some types came that nobody has judged yet."""
        query = (
            sa.select(_EV.received_at)
            .where(_EV.state == EventState.NEW, _EV.type.in_(list(types)))
            .order_by(_EV.seq)
            .limit(1)
        )
        return self._connection.execute(query).scalar()

    def judgements(self, seqs: Iterable[int]) -> Mapping[int, Judgement]:
        """Read what became of events."""
        rows = Rows(self._connection, tables.judgements, Judgement)
        query = rows.select().where(tables.judgements.c.event_seq.in_(list(seqs)))
        return {judgement.event_seq: judgement for judgement in rows.many(query)}

    def amend(self, judgement: Judgement) -> None:
        """Write what became of an event in the end, where time or later events decided."""
        Rows(self._connection, tables.judgements, Judgement).update(judgement)

    def still_new(self, seqs: Sequence[int]) -> frozenset[int]:
        """Answer which of some events nobody has judged yet."""
        query = sa.select(_EV.seq).where(_EV.seq.in_(seqs), _EV.state == EventState.NEW)
        return frozenset(self._connection.execute(query).scalars())

    def take_one(self, source: str, event_id: str) -> Event | None:
        """Lock one event, or answer None where a worker holds it."""
        query = sa.select(tables.events).where(_EV.source == source, _EV.event_id == event_id)
        row = self._connection.execute(query.with_for_update(skip_locked=True)).first()
        return None if row is None else _event(row)

    def judge(self, judgements: Sequence[Judgement]) -> None:
        """Write what became of events."""
        if not judgements:
            return
        rows = Rows(self._connection, tables.judgements, Judgement)
        rows.insert(judgements)
        seqs = [judgement.event_seq for judgement in judgements]
        self._connection.execute(
            sa.update(tables.events).where(_EV.seq.in_(seqs)).values(state=EventState.JUDGED)
        )

    def fail(self, event: Event, reason: str, now: datetime) -> None:
        """Count a failed try; after the last one the event is set aside, visibly."""
        attempts = event.attempts + 1
        state = EventState.FAILED if attempts >= MAX_ATTEMPTS else EventState.NEW
        self._connection.execute(
            sa.update(tables.events).where(_EV.seq == event.seq).values(attempts=attempts, state=state)
        )
        if state is EventState.FAILED:
            judgement = Judgement(
                event_seq=event.seq, at=now, outcome="failed", case_id=None, trace={"error": reason}
            )
            Rows(self._connection, tables.judgements, Judgement).insert([judgement])

    def hold_openings(self) -> None:
        """Let one worker at a time open and join cases, so that two never open the same one.

        SQLite has one writer anyway; on PostgreSQL an advisory lock is held to the end of the transaction.
        """
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_OPENINGS)))


class Quarantine:
    """Events that failed their schema."""

    def __init__(self, connection: sa.Connection) -> None:
        self._rows = Rows(connection, tables.quarantine, Quarantined)

    def get(self, item_id: str) -> Quarantined:
        item = self._rows.first(
            self._rows.select().where(tables.quarantine.c.id == item_id).with_for_update()
        )
        if item is None:
            raise errors.NotFound
        return item

    def add(self, item: Quarantined) -> None:
        self._rows.insert([item])

    def save(self, item: Quarantined) -> None:
        self._rows.update(item)
