"""Devices and storms: what is declared, who has fallen silent, who has calmed down."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from casework.domain.devices import Device, Storm
from casework.domain.events import EventState
from casework.domain.people import Source
from casework.store import register_tables, tables
from casework.store.rows import Rows

_D, _S, _ST, _EV = (
    register_tables.devices.c,
    tables.sources.c,
    register_tables.storms.c,
    tables.events.c,
)


def _silent(
    own: sa.ColumnCollection[str, sa.Column[Any]], now: datetime, longest_s: float
) -> tuple[sa.ColumnElement[bool], ...]:
    """Say who should have been heard by now, of those whose interval is no longer than was listened."""
    return own.silent_at <= now, own.offline_since.is_(None), own.interval_s <= longest_s


class Devices:
    """The working side of devices, and their storms."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._rows = Rows(connection, register_tables.devices, Device)
        self._storms = Rows(connection, register_tables.storms, Storm)

    def named(self, ids: Iterable[str]) -> Mapping[str, Device]:
        query = self._rows.select().where(_D.id.in_(list(ids)))
        return {device.id: device for device in self._rows.many(query)}

    def put(self, new: Iterable[Device], changed: Iterable[Device]) -> None:
        self._rows.insert(new)
        self._rows.update_all(changed)

    def any_due(self, now: datetime, calm_since: datetime, longest_s: float) -> bool:
        """Tell whether a device or source has fallen silent, or a storm calmed down; locks nothing."""
        for query in (
            sa.select(_D.id).where(*_silent(_D, now, longest_s)),
            sa.select(_S.name).where(*_silent(_S, now, longest_s)),
            sa.select(_ST.device).where(_ST.ended_at.is_(None), _ST.last_at < calm_since),
        ):
            if self._connection.execute(query.limit(1)).first() is not None:
                return True
        return False

    def silence_sources(self, now: datetime, longest_s: float) -> list[Source]:
        """Mark the sources that should have been heard by now; each is answered once."""
        due = _silent(_S, now, longest_s)
        statement = sa.update(tables.sources).where(*due).values(offline_since=now)
        names = list(self._connection.execute(statement.returning(_S.name)).scalars())
        rows = Rows(self._connection, tables.sources, Source)
        return rows.many(rows.select().where(_S.name.in_(names)).order_by(_S.name)) if names else []

    def silence_devices(self, now: datetime, longest_s: float, limit: int) -> list[Device]:
        """Mark devices that should have been heard by now; each is answered once, in one worker."""
        due = _silent(_D, now, longest_s)
        chosen = sa.select(_D.id).where(*due).order_by(_D.silent_at, _D.id).limit(limit)
        ids = list(self._connection.execute(chosen.with_for_update(skip_locked=True)).scalars())
        if not ids:
            return []
        mark = sa.update(register_tables.devices).where(_D.id.in_(ids), *due).values(offline_since=now)
        marked = list(self._connection.execute(mark.returning(_D.id)).scalars())
        return self._rows.many(self._rows.select().where(_D.id.in_(marked)).order_by(_D.id))

    def silent_sources(self) -> frozenset[str]:
        """Name the sources that are silent now."""
        query = sa.select(_S.name).where(_S.offline_since.is_not(None))
        return frozenset(self._connection.execute(query).scalars())

    def calm_storms(self, since: datetime, now: datetime) -> list[Storm]:
        """End the storms that have held nothing back since an instant; each is answered once."""
        due = (_ST.ended_at.is_(None), _ST.last_at < since)
        statement = sa.update(register_tables.storms).where(*due).values(ended_at=now)
        returned = statement.returning(*(register_tables.storms.c[name] for name in self._storms.names))
        return [Storm(**row._mapping) for row in self._connection.execute(returned)]  # noqa: SLF001  (SQLAlchemy's public name)

    def judge_last_held(self, source: str, device: str) -> None:
        """Let the last event that a storm held back be judged: it says how things stand now."""
        held = (_EV.state == EventState.HELD, _EV.source == source, _EV.subject == device)
        last = sa.select(sa.func.max(_EV.seq)).where(*held).scalar_subquery()
        self._connection.execute(sa.update(tables.events).where(_EV.seq == last).values(state=EventState.NEW))

    def judge_all_held(self, source: str, device: str) -> int:
        """Let everything that was held back of a device be judged; answer how much it is."""
        held = (_EV.state == EventState.HELD, _EV.source == source, _EV.subject == device)
        statement = sa.update(tables.events).where(*held).values(state=EventState.NEW)
        return self._connection.execute(statement).rowcount

    def storms(self, keys: Sequence[tuple[str, str]]) -> list[Storm]:
        """Read the storms of some devices."""
        pairs = sa.tuple_(_ST.source, _ST.device)
        return self._storms.many(self._storms.select().where(pairs.in_(list(keys)))) if keys else []
