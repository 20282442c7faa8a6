"""What messages cost and how their providers stand: for the console and for /metrics."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from casework.store import channel_tables as tables
from notifications.prices import MICROS

FRESH = timedelta(minutes=1)
"""A standing older than this is that of a process which is gone."""
_WORST = ("open", "half_open", "closed")
C, S = tables.charges.c, tables.provider_standings.c


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """What one provider was paid through one channel; `unpriced` sendings have no known price."""

    channel: str
    provider: str
    currency: str | None
    messages: int
    segments: int
    amount: float
    unpriced: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingRow:
    """How a provider stands: the worst word of any process; calls and failures of the last minute, added."""

    channel: str
    provider: str
    state: str
    calls: int
    failures: int
    seen_at: datetime


def costs(connection: sa.Connection, since: datetime) -> Sequence[CostRow]:
    """Add up what was sent since an instant, by channel, provider and currency."""
    unpriced = sa.func.sum(sa.case((C.micros.is_(None), 1), else_=0))
    query = (
        sa.select(
            C.channel,
            C.provider,
            C.currency,
            sa.func.count(),
            sa.func.sum(C.segments),
            sa.func.coalesce(sa.func.sum(C.micros), 0),
            unpriced,
        )
        .where(C.at >= since)
        .group_by(C.channel, C.provider, C.currency)
        .order_by(C.channel, C.provider, C.currency)
    )
    return [
        CostRow(
            channel=row[0],
            provider=row[1],
            currency=row[2],
            messages=row[3],
            segments=row[4],
            amount=int(row[5]) / MICROS,
            unpriced=row[6],
        )
        for row in connection.execute(query)
    ]


def standings(connection: sa.Connection, now: datetime) -> Sequence[StandingRow]:
    """Put together what every living process knows of each provider."""
    query = sa.select(S.channel, S.provider, S.state, S.calls, S.failures, S.at).where(S.at >= now - FRESH)
    found: dict[tuple[str, str], StandingRow] = {}
    for channel, provider, state, calls, failures, at in connection.execute(
        query.order_by(S.channel, S.provider)
    ):
        before = found.get((channel, provider))
        found[channel, provider] = StandingRow(
            channel=channel,
            provider=provider,
            state=min((state, before.state) if before else (state,), key=_WORST.index),
            calls=calls + (before.calls if before else 0),
            failures=failures + (before.failures if before else 0),
            seen_at=max(at, before.seen_at) if before else at,
        )
    return list(found.values())
