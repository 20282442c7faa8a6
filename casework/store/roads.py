"""Streets that are closed for a time."""

from datetime import datetime

import sqlalchemy as sa

from casework.domain.roads import RoadClosure
from casework.store.road_tables import road_closures
from casework.store.rows import Rows

MOST = 500
"""Closures heeded at once; a district has a handful."""


class RoadClosures:
    """The closures that are in force or to come."""

    def __init__(self, connection: sa.Connection) -> None:
        self._rows = Rows(connection, road_closures, RoadClosure)
        self._connection = connection

    def add(self, closure: RoadClosure) -> None:
        self._rows.insert([closure])

    def not_over(self, now: datetime) -> list[RoadClosure]:
        """List what is closed now or later, first that which ends first."""
        own = road_closures.c
        query = self._rows.select().where(own.ends_at > now).order_by(own.ends_at, own.id)
        return self._rows.many(query.limit(MOST))

    def end(self, closure_id: str, now: datetime) -> bool:
        """Open a street before its time; answer whether it was closed."""
        own = road_closures.c
        statement = sa.update(road_closures).where(own.id == closure_id, own.ends_at > now)
        return self._connection.execute(statement.values(ends_at=now)).rowcount > 0
