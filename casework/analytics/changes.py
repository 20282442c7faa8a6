"""What changed, for pages that show it: cases by their timeline, crews and alarms by comparison."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from casework.analytics.views import Changes
from casework.clock import Clock
from casework.store import tables

Reading = Callable[[], AbstractContextManager[Any]]

OVERLAP = timedelta(seconds=20)
"""How far a look back reaches behind the asked instant: an entry bears the time its use case began."""
LOOK_BACK = 2_000
HOLES = 500
HOLE_LIFE = timedelta(seconds=60)
POSITIONS_EVERY = timedelta(seconds=5)
_T, _C, _R, _A = tables.timeline.c, tables.crews.c, tables.recommendations.c, tables.alarms.c


def number(instant: datetime) -> int:
    """Number a state of the data by the time at which it was read, in milliseconds since 1970.

    Every process numbers by the same clock, so that a browser may ask another process what came after.
    """
    return int(instant.timestamp() * 1000)


def since(connection: sa.Connection, n: int, now: datetime) -> Changes:
    """Tell what changed after number `n`, and a little more: a repeated id costs one look at a row."""
    cutoff = datetime.fromtimestamp(max(n, 0) / 1000, now.tzinfo) - OVERLAP
    entries = connection.execute(sa.select(_T.case_id, _T.at).order_by(_T.seq.desc()).limit(LOOK_BACK)).all()
    complete = len(entries) < LOOK_BACK or entries[-1].at < cutoff
    cases = [entry.case_id for entry in entries if entry.at >= cutoff]
    advised = connection.execute(sa.select(_R.case_id).where(_R.at >= cutoff)).scalars()
    moved = sa.or_(_C.status_since >= cutoff, _C.position_at >= cutoff)
    crews = connection.execute(sa.select(_C.code).where(moved)).scalars()
    return Changes(number(now), list(dict.fromkeys([*cases, *advised])), list(crews), complete, alarms=True)


class Watcher:
    """Looks for changes again and again on behalf of one process; not for use by several threads.

    PostgreSQL gives out `seq` before a transaction commits, so that a lower one may appear after a higher
    one. Numbers that were skipped are asked for again until they appear or a minute has passed.
    """

    def __init__(self, reading: Reading, clock: Clock) -> None:
        self._reading = reading
        self._clock = clock
        self._seq = -1
        self._holes: dict[int, datetime] = {}
        self._statuses: Mapping[str, datetime] = {}
        self._positions: Mapping[str, datetime | None] = {}
        self._positions_at: datetime | None = None
        self._advised_at: datetime | None = None
        self._advised: frozenset[tuple[str, datetime]] = frozenset()
        self._alarms: frozenset[str] = frozenset()

    def __call__(self, n: int) -> Changes:
        """Tell what changed since the last call; `n` comes back unchanged where that is nothing."""
        now = self._clock()
        with self._reading() as connection:
            first = self._seq < 0
            cases = [*self._entries(connection, now), *self._recommendations(connection)]
            crews = self._crews(connection, now)
            alarms = self._alarmed(connection)
        if first or not (cases or crews or alarms):
            return Changes(number(now) if first else n)
        return Changes(max(number(now), n + 1), list(dict.fromkeys(cases)), crews, alarms=alarms)

    def _entries(self, connection: sa.Connection, now: datetime) -> list[str]:
        if self._seq < 0:
            self._seq = connection.execute(sa.select(sa.func.max(_T.seq))).scalar() or 0
            return []
        self._holes = {seq: seen for seq, seen in self._holes.items() if now - seen < HOLE_LIFE}
        fresh = sa.or_(_T.seq > self._seq, _T.seq.in_(list(self._holes)))
        found = connection.execute(sa.select(_T.seq, _T.case_id).where(fresh).order_by(_T.seq)).all()
        seen = {row.seq for row in found}
        newest = max(seen, default=self._seq)
        skipped = [seq for seq in range(max(self._seq + 1, newest - HOLES), newest) if seq not in seen]
        self._holes = {seq: at for seq, at in self._holes.items() if seq not in seen} | dict.fromkeys(
            skipped, now
        )
        self._seq = max(self._seq, newest)
        return [row.case_id for row in found]

    def _recommendations(self, connection: sa.Connection) -> list[str]:
        query = sa.select(_R.case_id, _R.at)
        if self._advised_at is not None:
            query = query.where(_R.at >= self._advised_at - OVERLAP)
        found = frozenset((row.case_id, row.at) for row in connection.execute(query))
        fresh = [] if self._advised_at is None else [case_id for case_id, _at in found - self._advised]
        self._advised = found
        self._advised_at = max((at for _id, at in found), default=self._advised_at or self._clock())
        return fresh

    def _crews(self, connection: sa.Connection, now: datetime) -> list[str]:
        """Find the crews with a new status at once, those with a new position every few seconds."""
        rows = connection.execute(sa.select(_C.code, _C.status_since, _C.position_at)).all()
        statuses = {row.code: row.status_since for row in rows}
        changed = [code for code, at in statuses.items() if self._statuses and self._statuses.get(code) != at]
        self._statuses = statuses
        if self._positions_at is None or now - self._positions_at >= POSITIONS_EVERY:
            positions = {row.code: row.position_at for row in rows}
            known = self._positions_at is not None
            changed += [code for code, at in positions.items() if known and self._positions.get(code) != at]
            self._positions, self._positions_at = positions, now
        return list(dict.fromkeys(changed))

    def _alarmed(self, connection: sa.Connection) -> bool:
        found = frozenset(connection.execute(sa.select(_A.id).where(_A.ended_at.is_(None))).scalars())
        changed, self._alarms = found != self._alarms, found
        return changed
