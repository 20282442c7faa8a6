"""The crews: who is on duty, what each does, and how old our knowledge of it is."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from casework.analytics.names import Names
from casework.analytics.views import CrewRow
from casework.domain.assignments import ACTIVE
from casework.store import tables

_CREW, _SHIFT, _SENT, _CASE = tables.crews.c, tables.shifts.c, tables.assignments.c, tables.cases.c


def read(
    connection: sa.Connection, names: Names, now: datetime, codes: Collection[str] | None = None
) -> list[CrewRow]:
    """List the crews on duty and those that still hold an assignment, by code; `codes` narrows to some."""
    held = _held(connection)
    shift_ends = (
        sa.select(_SHIFT.crew_id, sa.func.max(_SHIFT.ends_at).label("ends_at"))
        .where(_SHIFT.starts_at <= now, _SHIFT.ends_at > now)
        .group_by(_SHIFT.crew_id)
        .subquery()
    )
    ends_at = sa.type_coerce(shift_ends.c.ends_at, tables.shifts.c.ends_at.type)
    query = sa.select(tables.crews, ends_at.label("ends_at")).outerjoin(
        shift_ends, shift_ends.c.crew_id == _CREW.id
    )
    if codes is not None:
        query = query.where(_CREW.code.in_(list(codes)))
    return [
        _row(names, row, held.get(row.id, []))
        for row in connection.execute(query.order_by(_CREW.code))
        if row.ends_at is not None or row.id in held
    ]


def _held(connection: sa.Connection) -> dict[str, list[tuple[str, int]]]:
    query = (
        sa.select(_SENT.crew_id, _CASE.id, _CASE.number)
        .join(tables.cases, _CASE.id == _SENT.case_id)
        .where(_SENT.state.in_(sorted(ACTIVE)))
        .order_by(_SENT.offered_at)
    )
    held: dict[str, list[tuple[str, int]]] = {}
    for crew_id, case_id, number in connection.execute(query):
        held.setdefault(crew_id, []).append((case_id, number))
    return held


def _row(names: Names, row: Any, held: list[tuple[str, int]]) -> CrewRow:  # noqa: ANN401  (a row of SQLAlchemy)
    case_id, number = held[0] if held else (None, None)
    return CrewRow(
        id=row.id,
        code=row.code,
        name={"zh": row.name_zh, "en": row.name_en},
        capabilities=_ordered(row.capabilities),
        status=row.status.value,
        status_since=row.status_since,
        position_at=row.position_at,
        lat=row.lat,
        lon=row.lon,
        load=len(held),
        capacity=row.capacity,
        shift_ends_at=row.ends_at,
        home_area=names.area(row.home_area),
        case_id=case_id,
        case_number=number,
    )


def _ordered(capabilities: Iterable[str]) -> list[str]:
    return sorted(capabilities)
