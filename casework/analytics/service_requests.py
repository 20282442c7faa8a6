"""Cases as Open311 clients see them: by number, kind, time and whether they are open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from casework.domain.cases import ENDED, Case
from casework.store import tables
from casework.store.rows import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which cases: those with these numbers, or else those opened in a span; an empty set means any."""

    numbers: frozenset[int] = frozenset()
    categories: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    open: bool | None = None
    limit: int = 1_000
    offset: int = 0


def find(connection: sa.Connection, wanted: Wanted) -> list[Case]:
    """List cases, the latest opened first."""
    rows, cases = Rows(connection, tables.cases, Case), tables.cases.c
    query = rows.select().order_by(cases.opened_at.desc(), cases.id.desc())
    if wanted.numbers:
        query = query.where(cases.number.in_(sorted(wanted.numbers)))
    if wanted.categories:
        query = query.where(cases.category.in_(sorted(wanted.categories)))
    if wanted.since is not None:
        query = query.where(cases.opened_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(cases.opened_at <= wanted.until)
    if wanted.open is not None:
        ended = cases.status.in_(sorted(ENDED))
        query = query.where(~ended if wanted.open else ended)
    return rows.many(query.limit(wanted.limit).offset(wanted.offset))


def texts_of(connection: sa.Connection, cases: Sequence[Case], source: str) -> dict[str, str]:
    """Answer what a source itself first reported of each of some cases, by case id."""
    reports, events = tables.reports.c, tables.events.c
    query = (
        sa.select(reports.case_id, reports.text)
        .join(tables.events, events.seq == reports.event_seq)
        .where(reports.case_id.in_([case.id for case in cases]), events.source == source)
        .order_by(reports.received_at.desc())
    )
    return {row.case_id: row.text for row in connection.execute(query)}
