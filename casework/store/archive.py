"""Stored events for rehearsals, read in short pages on connections that the database keeps read-only."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from casework.domain.assignments import AssignmentState
from casework.domain.events import EventState
from casework.domain.people import Role
from casework.domain.places import Area, Asset
from casework.domain.rehearsals import Handling, Stored
from casework.store import tables
from casework.store.database import Database
from casework.store.rows import Rows

PAGE = 5_000
HANDLED = 2_000
"""Latest assignments of a category from which its crew minutes are taken."""
_MICROS = 1e-6
_EV, _AS, _CA, _ME = tables.events.c, tables.assignments.c, tables.cases.c, tables.messages.c


class Archive:
    """What a rehearsal reads. It has no way to write: no commit, and a database that refuses."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def bounds(self, start: datetime) -> tuple[int, int]:
        """Answer the first and the last number that events since an instant may have.

        Numbers are given in the order of acceptance, so the first is found by halving; nothing is received
        before it happened, but anything may be received long after it.
        """
        with self._looking() as connection:
            low, high = connection.execute(sa.select(sa.func.min(_EV.seq), sa.func.max(_EV.seq))).one()
            if low is None:
                return 0, -1
            first, last = int(low), int(high)
            while first < last:
                middle = (first + last) // 2
                query = sa.select(_EV.received_at).where(_EV.seq >= middle).order_by(_EV.seq).limit(1)
                received = connection.execute(query).scalar()
                if received is None or received >= start:
                    last = middle
                else:
                    first = middle + 1
        return first, int(high)

    def pages(
        self, types: Sequence[str], start: datetime, end: datetime, bounds: tuple[int, int]
    ) -> Iterator[list[Stored]]:
        """Give the judged events of some types and a span, in order of acceptance, page by page.

        Each page is a transaction of its own, so that neither the log of SQLite nor the dead rows of
        PostgreSQL pile up meanwhile. A page may be short where few events are of these types.
        """
        happened = sa.func.coalesce(_EV.time, _EV.received_at, type_=_EV.time.type)
        query = (
            sa.select(_EV.seq, _EV.source, _EV.type, _EV.subject, self._seconds(happened), _EV.body)
            .where(
                _EV.seq > sa.bindparam("after"),
                _EV.seq <= bounds[1],
                _EV.type.in_(types),
                _EV.state != EventState.FAILED,
                happened >= start,
                happened < end,
            )
            .order_by(_EV.seq)
            .limit(PAGE)
        )
        after = bounds[0] - 1
        while True:
            with self._looking() as connection:
                rows = connection.execute(query, {"after": after}).all()
            if not rows:
                return
            scale = _MICROS if self._database.is_sqlite else 1.0
            yield [
                Stored(seq, source, kind, subject, at * scale, json.loads(body))
                for seq, source, kind, subject, at, body in rows
            ]
            after = rows[-1][0]

    def assets(self, ids: Sequence[str]) -> Mapping[str, Asset]:
        """Look assets up by id."""
        with self._looking() as connection:
            rows = Rows(connection, tables.assets, Asset)
            found = rows.many(rows.select().where(tables.assets.c.id.in_(ids)))
        return {asset.id: asset for asset in found}

    def areas(self) -> list[Area]:
        """Answer every area, for locating events."""
        with self._looking() as connection:
            rows = Rows(connection, tables.areas, Area)
            return rows.many(rows.select())

    def handling(self, category: str, since: datetime) -> Handling:
        """Answer what cases of a category took of crews and texts since a day."""
        took = self._took(category, since)
        texts = (
            sa.select(sa.func.count(sa.distinct(_ME.case_id)), sa.func.count(), sa.func.sum(_ME.segments))
            .join(tables.cases, _CA.id == _ME.case_id)
            .where(_CA.category == category, _CA.opened_at >= since)
        )
        opened = sa.select(sa.func.count()).where(_CA.category == category, _CA.opened_at >= since)
        with self._looking() as connection:
            _told, messages, segments = connection.execute(texts).one()
            cases = connection.execute(opened).scalar_one()
        return Handling(cases=cases, took_s=took, texts=messages, segments=int(segments or 0))

    def people(self, role: str) -> int:
        """Count who is told by text when a role is told."""
        if role not in {known.value for known in Role}:
            return 0  # a captain is told with the crew's own text
        people = tables.users.c
        query = sa.select(sa.func.count()).where(
            people.role == Role(role), people.active.is_(True), people.phone.is_not(None)
        )
        with self._looking() as connection:
            return int(connection.execute(query).scalar_one())

    def _took(self, category: str, since: datetime) -> tuple[float, ...]:
        query = (
            sa.select(_AS.sent_at, _AS.ended_at)
            .join(tables.cases, _CA.id == _AS.case_id)
            .where(
                _CA.category == category,
                _CA.opened_at >= since,
                _AS.state == AssignmentState.DONE,
                _AS.sent_at.is_not(None),
            )
            .order_by(_AS.id.desc())
            .limit(HANDLED)
        )
        with self._looking() as connection:
            rows = connection.execute(query).all()
        return tuple((row.ended_at - row.sent_at).total_seconds() for row in rows if row.ended_at)

    @contextmanager
    def _looking(self) -> Iterator[sa.Connection]:
        """Open a connection on which the database refuses to write."""
        with self._database.reading() as connection:
            if self._database.is_sqlite:
                connection.exec_driver_sql("PRAGMA query_only=ON")
            else:
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            try:
                yield connection
            finally:
                if self._database.is_sqlite:
                    connection.exec_driver_sql("PRAGMA query_only=OFF")

    def _seconds(self, instant: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """Read an instant as a number: a datetime a row would cost more than the row."""
        if self._database.is_sqlite:
            return sa.type_coerce(instant, sa.BigInteger)
        return sa.cast(sa.extract("epoch", instant), sa.Float(53))
