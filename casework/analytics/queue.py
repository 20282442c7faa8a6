"""The order of the queue: of every open case the clock that runs out first, the first of all on top."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import sqlalchemy as sa

from casework.analytics.views import RunningClock
from casework.domain.cases import ENDED, CaseStatus
from casework.domain.clocks import ClockKind, Pause
from casework.store import tables
from casework.store.columns import to_micros

_CASE, _CLOCK = tables.cases.c, tables.clocks.c
_LAST = 1 << 62


@dataclass(frozen=True, slots=True)
class Standing:
    """An open case as the queue sees it."""

    id: str
    number: int
    priority: int
    category: str
    status: CaseStatus
    area_id: str | None
    title: str
    address: str | None
    lat: float | None
    lon: float | None
    clock: RunningClock | None

    @property
    def place_in_queue(self) -> tuple[int, int]:
        """What will be late first comes first; what stands still or waits for nobody comes last."""
        if self.clock is None or self.clock.paused:
            return _LAST, -self.number
        return to_micros(self.clock.due_at), -self.number


def first_out(
    clocks: Iterable[tuple[ClockKind, float, datetime, tuple[Pause, ...]]], now: datetime
) -> RunningClock | None:
    """Pick the clock that runs out first among those that run; a paused one only where no other runs."""
    found = [running(*clock, now) for clock in clocks]
    return min(found, key=lambda clock: (clock.paused, clock.due_at), default=None)


def running(
    kind: ClockKind, target_s: float, started_at: datetime, pauses: tuple[Pause, ...], now: datetime
) -> RunningClock:
    """Work out when a clock runs out, pauses added; one that stands still moves its end with the time."""
    stood = sum(((pause.resumed_at or now) - pause.paused_at for pause in pauses), start=timedelta())
    paused = bool(pauses) and pauses[-1].resumed_at is None
    return RunningClock(kind.value, started_at + timedelta(seconds=target_s) + stood, target_s, paused)


def standing(connection: sa.Connection, now: datetime, *where: sa.ColumnElement[bool]) -> list[Standing]:
    """List the open cases in the order of the queue.

    A verified case whose reporters have been told waits for nobody here and is left out: it closes by
    itself. The order is made in Python, because a pause is part of it.
    """
    query = (
        sa.select(
            _CASE.id, _CASE.number, _CASE.priority, _CASE.category, _CASE.status, _CASE.area_id, _CASE.title,
            _CASE.address, _CASE.lat, _CASE.lon,
            _CLOCK.kind, _CLOCK.target_s, _CLOCK.started_at, _CLOCK.pauses,
        )
        .outerjoin(tables.clocks, sa.and_(_CLOCK.case_id == _CASE.id, _CLOCK.stopped_at.is_(None)))
        .where(_CASE.status.not_in(sorted(ENDED)), *where)
        .order_by(_CASE.id)
    )  # fmt: skip
    found = [
        Standing(*rows[0][:10], first_out((row[10:] for row in rows if row[10] is not None), now))
        for rows in (list(group) for _id, group in groupby(connection.execute(query), key=lambda row: row[0]))
    ]
    kept = [case for case in found if case.status is not CaseStatus.VERIFIED or case.clock is not None]
    return sorted(kept, key=lambda case: case.place_in_queue)
