"""Finished trips beside their estimates: what travel times learn from. Read only."""

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

import sqlalchemy as sa

from casework.ids import AreaId
from casework.store import tables
from routing.learning import Trip

SPAN = timedelta(days=60)
MOST = 20_000
"""Trips looked at, the latest first."""


def listed(
    connection: sa.Connection,
    now: datetime,
    zone: tzinfo,
    jurisdiction: Callable[[AreaId | None], AreaId | None],
) -> list[Trip]:
    """List the trips of the last two months that ended on scene, from the order to the arrival."""
    own, case = tables.assignments.c, tables.cases.c
    query = (
        sa.select(own.offered_at, own.on_scene_at, own.eta_s, own.eta_source, case.area_id)
        .join_from(tables.assignments, tables.cases, own.case_id == case.id)
        .where(own.on_scene_at > now - SPAN, own.eta_s.is_not(None), own.eta_source.is_not(None))
        .order_by(own.on_scene_at.desc())
        .limit(MOST)
    )
    return [
        Trip(
            hour=offered.astimezone(zone).hour,
            area=jurisdiction(area),
            estimated_s=eta_s,
            source=source,
            took_s=(arrived - offered).total_seconds(),
        )
        for offered, arrived, eta_s, source, area in connection.execute(query)
    ]
