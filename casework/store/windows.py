"""What rules remember, hold back and record, written in the transaction that judges the event."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from casework.domain.windows import Pause, PlanStart, PointsAdded, Restraint, RestraintKind, WindowRow
from casework.store import rule_tables, tables
from casework.store.casefile import upsert
from casework.store.rows import Rows
from routing import geo

_LANE = 0x67_6F_6E_68
_CHUNK = 500
_W = rule_tables.windows.c
_C = tables.cases.c


class Windows:
    """The states of windows, one row a key."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._rows = Rows(connection, rule_tables.windows, WindowRow)

    def hold_lane(self, *, wait: bool = False) -> bool:
        """Let one worker at a time judge events that windows hear of; answer whether this is the one.

        Their order matters, and no lock on rows would keep it (docs/decisions/0008). SQLite has one writer
        anyway; on PostgreSQL an advisory lock is held to the end of the transaction.
        """
        if self._connection.dialect.name != "postgresql":
            return True
        if wait:
            self._connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LANE)))
            return True
        return bool(self._connection.execute(sa.select(sa.func.pg_try_advisory_xact_lock(_LANE))).scalar())

    def states(self, names: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Read what is remembered under some names."""
        wanted = sorted(set(names))
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(wanted), _CHUNK):
            query = sa.select(_W.name, _W.state).where(_W.name.in_(wanted[start : start + _CHUNK]))
            found.update({row.name: row.state for row in self._connection.execute(query)})
        return found

    def put(self, rows: Sequence[WindowRow]) -> None:
        """Write rows over those of the same names."""
        if not rows:
            return
        statement = upsert(self._connection, rule_tables.windows)
        again = statement.on_conflict_do_update(
            index_elements=["name"],
            set_={name: statement.excluded[name] for name in ("state", "due_at", "keep_until", "changed_at")},
        )
        self._connection.execute(again, [self._rows.values(row) for row in rows])

    def any_due(self, now: datetime) -> bool:
        query = sa.select(_W.name).where(_W.due_at.is_not(None), _W.due_at <= now).limit(1)
        return self._connection.execute(query).first() is not None

    def due(self, now: datetime, limit: int) -> list[WindowRow]:
        """List what time alone decides by now, the longest due first."""
        query = self._rows.select().where(_W.due_at.is_not(None), _W.due_at <= now)
        return self._rows.many(query.order_by(_W.due_at, _W.name).limit(limit))

    def postpone(self, name: str, until: datetime) -> None:
        own = rule_tables.windows
        self._connection.execute(sa.update(own).where(own.c.name == name).values(due_at=until))

    def drop(self, names: Iterable[str]) -> None:
        self._connection.execute(sa.delete(rule_tables.windows).where(_W.name.in_(list(names))))

    def drop_old(self, now: datetime, limit: int) -> int:
        """Forget what no longer matters, some rows at a time."""
        old = sa.select(_W.name).where(_W.keep_until < now, _W.due_at.is_(None)).limit(limit)
        return self._connection.execute(sa.delete(rule_tables.windows).where(_W.name.in_(old))).rowcount

    def crowded(self, most: int) -> Mapping[str, int]:
        """Count the keys of memories that have more than so many."""
        count = sa.func.count()
        query = sa.select(_W.memory, count).group_by(_W.memory).having(count > most)
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def evict(self, memory: str, number: int) -> int:
        """Forget the keys of a memory that have been quiet longest."""
        oldest = sa.select(_W.name).where(_W.memory == memory).order_by(_W.changed_at, _W.name).limit(number)
        return self._connection.execute(sa.delete(rule_tables.windows).where(_W.name.in_(oldest))).rowcount


class Conduct:
    """How rules behave: cool-downs, warnings, pauses, points, plans; and how many cases there were."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._restraints = Rows(connection, rule_tables.restraints, Restraint)
        self._pauses = Rows(connection, rule_tables.rule_pauses, Pause)
        self._points = Rows(connection, rule_tables.points, PointsAdded)
        self._plans = Rows(connection, rule_tables.plan_starts, PlanStart)

    def find(self, kind: RestraintKind, name: str) -> Restraint | None:
        own = rule_tables.restraints.c
        return self._restraints.first(self._restraints.select().where(own.kind == kind, own.name == name))

    def put(self, restraint: Restraint) -> None:
        statement = upsert(self._connection, rule_tables.restraints).values(
            self._restraints.values(restraint)
        )
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["kind", "name"],
                set_={name: statement.excluded[name] for name in ("since_at", "due_at", "until_at")},
            )
        )

    def end(self, kind: RestraintKind, name: str) -> bool:
        own = rule_tables.restraints
        return (
            self._connection.execute(sa.delete(own).where(own.c.kind == kind, own.c.name == name)).rowcount
            > 0
        )

    def drop_old(self, now: datetime) -> int:
        own = rule_tables.restraints
        return self._connection.execute(sa.delete(own).where(own.c.until_at < now)).rowcount

    def paused(self) -> Mapping[str, Pause]:
        return {pause.rule: pause for pause in self._pauses.many(self._pauses.select())}

    def pause(self, pause: Pause) -> None:
        statement = upsert(self._connection, rule_tables.rule_pauses).values(self._pauses.values(pause))
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["rule"],
                set_={name: statement.excluded[name] for name in ("version", "paused_at", "reason")},
            )
        )

    def resume(self, rule: str) -> bool:
        own = rule_tables.rule_pauses
        return self._connection.execute(sa.delete(own).where(own.c.rule == rule)).rowcount > 0

    def add_points(self, added: PointsAdded) -> None:
        self._points.insert([added])

    def add_plan(self, start: PlanStart) -> None:
        self._plans.insert([start])

    def points_of(self, party: str, since: datetime) -> int:
        own = rule_tables.points.c
        query = sa.select(sa.func.coalesce(sa.func.sum(own.points), 0)).where(
            own.party == party, own.at >= since
        )
        return int(self._connection.execute(query).scalar_one())

    def cases_opened(self, rule_id: str, version: str, since: datetime, most: int) -> int:
        """Count the cases that a version of a rule has opened, up to a number."""
        query = sa.select(_C.id).where(
            _C.rule_id == rule_id, _C.rule_version == version, _C.opened_at >= since
        )
        return int(
            self._connection.execute(
                sa.select(sa.func.count()).select_from(query.limit(most).subquery())
            ).scalar_one()
        )

    def cases_about(self, category: str, since: datetime, subject: str) -> int:
        query = sa.select(sa.func.count()).where(
            _C.category == category, _C.opened_at >= since, _C.subject == subject
        )
        return int(self._connection.execute(query).scalar_one())

    def cases_near(self, category: str, since: datetime, place: tuple[float, float], radius_m: float) -> int:
        """Count the cases of a category that were opened within a radius."""
        reach = radius_m / 111_000.0
        query = sa.select(_C.lat, _C.lon).where(
            _C.category == category,
            _C.opened_at >= since,
            _C.lat.between(place[0] - reach, place[0] + reach),
            _C.lon.is_not(None),
        )
        rows = self._connection.execute(query)
        return sum(geo.distance_m(place[0], place[1], row.lat, row.lon) <= radius_m for row in rows)
