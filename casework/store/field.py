"""Crews with their shifts, assignments, recommendations and links."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from casework.domain import errors
from casework.domain.assignments import ACTIVE, Assignment, AssignmentState, Link, Recommendation
from casework.domain.crews import Crew, Shift
from casework.ids import AssignmentId, CaseId, CrewId
from casework.store import tables
from casework.store.casefile import upsert
from casework.store.rows import Rows

LONGEST_SHIFT = timedelta(days=60)
"""Keeps the look-up of who is on duty within a range of its index."""


class Crews:
    """The crews and their shifts."""

    def __init__(self, connection: sa.Connection) -> None:
        self._rows = Rows(connection, tables.crews, Crew)
        self._shifts = Rows(connection, tables.shifts, Shift)
        self._connection = connection

    def add(self, crew: Crew) -> None:
        self._rows.insert([crew])

    def add_shifts(self, shifts: Iterable[Shift]) -> None:
        self._shifts.insert(shifts)

    def get(self, crew_id: CrewId) -> Crew:
        return self._required(self._rows.select().where(tables.crews.c.id == crew_id))

    def lock(self, crew_id: CrewId) -> Crew:
        return self._required(self._rows.select().where(tables.crews.c.id == crew_id).with_for_update())

    def find_by_code(self, code: str) -> Crew | None:
        return self._rows.first(self._rows.select().where(sa.func.lower(tables.crews.c.code) == code.lower()))

    def find_by_phone(self, phone: str) -> Crew | None:
        return self._rows.first(self._rows.select().where(tables.crews.c.phone == phone))

    def all(self) -> list[Crew]:
        return self._rows.many(self._rows.select().order_by(tables.crews.c.code))

    def shifts_at(self, now: datetime) -> list[Shift]:
        """List the shifts that cover an instant."""
        shifts = tables.shifts.c
        return self._shifts.many(
            self._shifts.select().where(
                shifts.starts_at <= now, shifts.ends_at > now, shifts.ends_at < now + LONGEST_SHIFT
            )
        )

    def shifts_from(self, since: datetime) -> list[Shift]:
        """List the shifts that end after an instant."""
        return self._shifts.many(self._shifts.select().where(tables.shifts.c.ends_at > since))

    def save(self, crew: Crew) -> None:
        self._rows.update(crew)

    def place(self, crew_id: CrewId, lat: float, lon: float, at: datetime) -> bool:
        """Write a crew's position unless a later one is known; answer whether it was taken."""
        crews = tables.crews
        newer = sa.or_(crews.c.position_at.is_(None), crews.c.position_at <= at)
        statement = sa.update(crews).where(crews.c.id == crew_id, newer)
        return self._connection.execute(statement.values(lat=lat, lon=lon, position_at=at)).rowcount > 0

    def _required(self, query: sa.Select[tuple[object, ...]]) -> Crew:
        crew = self._rows.first(query)
        if crew is None:
            raise errors.CrewNotFound
        return crew


class Assignments:
    """Crews sent to cases."""

    def __init__(self, connection: sa.Connection) -> None:
        self._rows = Rows(connection, tables.assignments, Assignment)
        self._connection = connection

    def add(self, assignment: Assignment) -> None:
        self._rows.insert([assignment])

    def get(self, assignment_id: AssignmentId) -> Assignment:
        found = self._rows.first(self._rows.select().where(tables.assignments.c.id == assignment_id))
        if found is None:
            raise errors.AssignmentNotFound
        return found

    def save(self, assignment: Assignment) -> None:
        self._rows.update(assignment)

    def active_of_crew(self, crew_id: CrewId) -> list[Assignment]:
        own = tables.assignments.c
        query = self._rows.select().where(own.crew_id == crew_id, own.state.in_(sorted(ACTIVE)))
        return self._rows.many(query.order_by(own.id))

    def loads(self) -> Mapping[str, int]:
        """Count the active assignments of each crew that has any."""
        return self._counted(tables.assignments.c.state.in_(sorted(ACTIVE)))

    def done_since(self, since: datetime) -> Mapping[str, int]:
        """Count the assignments that each crew finished since an instant."""
        own = tables.assignments.c
        return self._counted(sa.and_(own.state == AssignmentState.DONE, own.ended_at >= since))

    def _counted(self, which: sa.ColumnElement[bool]) -> Mapping[str, int]:
        own = tables.assignments.c
        query = sa.select(own.crew_id, sa.func.count()).where(which).group_by(own.crew_id)
        return {row[0]: row[1] for row in self._connection.execute(query)}


class Recommendations:
    """What the last decision says of waiting cases."""

    def __init__(self, connection: sa.Connection) -> None:
        self._rows = Rows(connection, tables.recommendations, Recommendation)
        self._connection = connection

    def find(self, case_id: CaseId) -> Recommendation | None:
        return self._rows.first(self._rows.select().where(tables.recommendations.c.case_id == case_id))

    def all(self) -> Mapping[str, Recommendation]:
        return {row.case_id: row for row in self._rows.many(self._rows.select())}

    def put(self, recommendation: Recommendation) -> None:
        values = self._rows.values(recommendation)
        statement = upsert(self._connection, tables.recommendations).values(values)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["case_id"], set_={key: statement.excluded[key] for key in values}
            )
        )

    def drop(self, case_id: CaseId) -> None:
        own = tables.recommendations
        self._connection.execute(sa.delete(own).where(own.c.case_id == case_id))


class Links:
    """Action links; only the hash of a token is kept."""

    def __init__(self, connection: sa.Connection) -> None:
        self._rows = Rows(connection, tables.links, Link)
        self._connection = connection

    def add(self, link: Link) -> None:
        self._rows.insert([link])

    def find(self, token_hash: str) -> Link | None:
        return self._rows.first(self._rows.select().where(tables.links.c.token_hash == token_hash))

    def revoke_of(self, assignment_id: AssignmentId, now: datetime) -> None:
        """Make every link of an assignment void."""
        own = tables.links
        statement = sa.update(own).where(own.c.assignment_id == assignment_id, own.c.revoked_at.is_(None))
        self._connection.execute(statement.values(revoked_at=now))
