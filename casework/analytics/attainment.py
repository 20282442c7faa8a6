"""How well the clocks' targets are kept: counts, the share on time, percentiles. See docs/figures.md."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from casework.analytics import listings
from casework.domain.clocks import Clock, ClockKind, Outcome
from casework.store import tables
from casework.store.rows import Rows

DEFINITION = "on-time-1"
"""Names the definitions of docs/figures.md; it changes when one of them does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which clocks: started from (including) to (excluding); an area holds those below it."""

    start: datetime
    end: datetime
    area: str | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attainment:
    """The figures of one kind of clock; durations in seconds, pauses taken out.

    `n` clocks reached their goal; `open` still run, `overdue` of these are over their target; `late` reached
    it too late; `dropped` ended without a verdict. `on_time` is the share (n - late) / (n + overdue),
    None where there is nothing to divide.
    """

    clock: str
    n: int
    open: int
    overdue: int
    late: int
    dropped: int
    on_time: float | None
    p50: float | None
    p80: float | None
    p90: float | None
    p95: float | None
    target: float | None
    targets: Sequence[float]
    definition: str = DEFINITION


def attain(connection: sa.Connection, span: Span, now: datetime) -> list[Attainment]:
    """Work out the figures of every kind of clock."""
    clocks: dict[ClockKind, list[Clock]] = {kind: [] for kind in ClockKind}
    for clock in _clocks(connection, span):
        clocks[clock.kind].append(clock)
    return [figure(kind, own, now) for kind, own in clocks.items()]


def figure(kind: ClockKind, clocks: Iterable[Clock], now: datetime) -> Attainment:
    """Work out the figures of one kind of clock at an instant."""
    seconds: list[float] = []
    late = running = overdue = dropped = 0
    targets: set[float] = set()
    for clock in clocks:
        targets.add(clock.target_s)
        if clock.outcome is Outcome.DROPPED:
            dropped += 1
        elif clock.outcome is Outcome.REACHED:
            seconds.append(clock.elapsed(now).total_seconds())
            late += clock.breached(now)
        else:
            running += 1
            overdue += clock.breached(now)
    seconds.sort()
    judged = len(seconds) + overdue
    p50, p80, p90, p95 = (percentile(seconds, share) for share in (50, 80, 90, 95))
    return Attainment(
        clock=kind.value,
        n=len(seconds),
        open=running,
        overdue=overdue,
        late=late,
        dropped=dropped,
        on_time=(len(seconds) - late) / judged if judged else None,
        p50=p50,
        p80=p80,
        p90=p90,
        p95=p95,
        target=next(iter(targets)) if len(targets) == 1 else None,
        targets=sorted(targets),
    )


def percentile(ordered: Sequence[float], percent: int) -> float | None:
    """Answer the nearest-rank percentile: the smallest value that so many percent do not exceed."""
    if not ordered:
        return None
    return ordered[max(1, math.ceil(len(ordered) * percent / 100)) - 1]


def _clocks(connection: sa.Connection, span: Span) -> list[Clock]:
    rows, own = Rows(connection, tables.clocks, Clock), tables.clocks.c
    query = rows.select().where(own.started_at >= span.start, own.started_at < span.end)
    if span.area is not None or span.category is not None:
        query = query.join(tables.cases, tables.cases.c.id == own.case_id)
    if span.area is not None:
        query = query.where(tables.cases.c.area_id.in_(listings.areas_within(connection, span.area)))
    if span.category is not None:
        query = query.where(tables.cases.c.category == span.category)
    return rows.many(query)
