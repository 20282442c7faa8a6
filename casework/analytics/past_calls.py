"""What came in during a time and how long it kept its crew: the raw material of a simulation. Read only."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from casework.domain.assignments import AssignmentState
from casework.domain.cases import Case
from casework.store import tables
from casework.store.rows import Rows

MOST = 50_000
"""Cases looked at in one simulation, the earliest first."""


def placed_cases(connection: sa.Connection, since: datetime, until: datetime) -> list[Case]:
    """List the cases filed in a time whose place is known, in the order of filing."""
    own = tables.cases.c
    rows = Rows(connection, tables.cases, Case)
    query = rows.select().where(own.filed_at >= since, own.filed_at < until, own.lat.is_not(None))
    return rows.many(query.order_by(own.filed_at, own.id).limit(MOST))


def work_seconds(connection: sa.Connection, since: datetime, until: datetime) -> Mapping[str, float]:
    """Give the seconds that the last crew worked on scene, of each case that was done in a time."""
    own = tables.assignments.c
    query = sa.select(own.case_id, own.on_scene_at, own.ended_at).where(
        own.state == AssignmentState.DONE,
        own.on_scene_at.is_not(None),
        own.ended_at >= since,
        own.ended_at < until,
    )
    return {
        case_id: (ended - begun).total_seconds()
        for case_id, begun, ended in connection.execute(query.order_by(own.ended_at).limit(MOST))
    }
