"""Who is heard: noticed in the inbox's own transactions, written seldom, and held back when too loud."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from casework.domain import devices
from casework.domain.devices import Meter
from casework.domain.events import NewEvent
from casework.store import register_tables, tables
from casework.store.casefile import upsert
from casework.store.registers import Alarms

MOST_KNOWN = 200_000
_AT_ONCE = 500
_METERED = frozenset({"reading", "detection", "sighting"})
"""What machines send by themselves; a person's report, a warning and a ticket are never held back."""
_D, _S, _AL = register_tables.devices, tables.sources, tables.alarms
_TOUCH = (
    sa.update(_D)
    .where(_D.c.id == sa.bindparam("of"))
    .values(
        last_seen_at=sa.bindparam("seen_at"),
        silent_at=sa.bindparam("next_at"),
        offline_since=None,
        battery=sa.func.coalesce(sa.bindparam("charge", type_=sa.Float), _D.c.battery),
    )
)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is remembered of a device between its signs of life, so that most events cost one look-up."""

    registered: bool
    rate_per_s: float
    again_at: datetime


@dataclass(slots=True)
class Heard:
    """What one group of events tells, before it is written."""

    held: set[int] = field(default_factory=set)
    """The identities (`id`) of the events that are kept and not judged."""
    touches: list[Mapping[str, object]] = field(default_factory=list)
    sources: dict[str, datetime] = field(default_factory=dict)
    learned: dict[str, _Known] = field(default_factory=dict)
    at: datetime | None = None
    """When the last of them came."""


class Listener:
    """Remembers who was heard; used by the inbox's one thread alone."""

    def __init__(self) -> None:
        self._meter = Meter()
        self._known: dict[str, _Known] = {}
        self._sources_again: dict[str, datetime] = {}

    def hear(self, connection: sa.Connection, events: Sequence[NewEvent]) -> Heard:
        """Look at a group of live events; what is found is kept by `write` and remembered by `remember`."""
        heard = Heard()
        if not events:
            return heard
        heard.at = max(event.received_at for event in events)
        named = [event for event in events if event.subject]
        self._look_up(connection, named, heard)
        for event in events:
            at = event.received_at
            if at >= self._sources_again.get(event.source, at) and event.source not in heard.sources:
                heard.sources[event.source] = at
        for event in named:
            if event.type in _METERED and not self._admits(event, heard):
                heard.held.add(id(event))
        return heard

    def write(self, connection: sa.Connection, heard: Heard, held: Mapping[tuple[str, str], int]) -> None:
        """Keep what was heard: signs of life, and how many events of whom were held back."""
        at = heard.at
        if at is None:
            return
        for name in sorted(heard.sources):
            self._touch_source(connection, name, heard)
        if heard.touches:
            connection.execute(_TOUCH, sorted(heard.touches, key=lambda touch: str(touch["of"])))
            _end_alarms(connection, "device_silent", [str(touch["of"]) for touch in heard.touches], at)
        alarms = Alarms(connection)
        for (source, device), count in sorted((key, count) for key, count in held.items() if count):
            _add_to_storm(connection, source, device, count, at)
            key = devices.storm_key(source, device)
            alarms.raise_("device_storm", key, at, {"source": source, "device": device})

    def remember(self, heard: Heard) -> None:
        """Take over what was learned, once it is durable."""
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        self._known |= heard.learned
        for name, at in heard.sources.items():
            self._sources_again[name] = at + timedelta(seconds=devices.TOUCH_S)

    def _look_up(self, connection: sa.Connection, named: Sequence[NewEvent], heard: Heard) -> None:
        latest: dict[str, NewEvent] = {}
        for event in named:
            known = self._known.get(event.subject or "")
            if known is None or event.received_at >= known.again_at:
                latest[event.subject or ""] = event
        for event in latest.values():
            again_at = event.received_at + timedelta(seconds=devices.TOUCH_S)
            heard.learned[event.subject or ""] = _Known(False, devices.RATE_PER_S, again_at)
        wanted = sorted(latest)
        columns = (_D.c.id, _D.c.source, _D.c.interval_s, _D.c.rate_per_s)
        for start in range(0, len(wanted), _AT_ONCE):
            query = sa.select(*columns).where(_D.c.id.in_(wanted[start : start + _AT_ONCE]))
            for row in connection.execute(query):
                event = latest[row.id]
                if row.source is None or row.source == event.source:
                    heard.touches.append(_touch(event, row.interval_s))
                    again_at = event.received_at + timedelta(seconds=devices.touch_every_s(row.interval_s))
                    rate = row.rate_per_s or devices.RATE_PER_S
                    heard.learned[row.id] = _Known(True, rate, again_at)

    def _admits(self, event: NewEvent, heard: Heard) -> bool:
        subject = event.subject or ""
        known = heard.learned.get(subject) or self._known.get(subject)
        rate = known.rate_per_s if known else devices.RATE_PER_S
        return self._meter.admits((event.source, subject), rate, event.received_at.timestamp())

    def _touch_source(self, connection: sa.Connection, name: str, heard: Heard) -> None:
        seen_at = heard.sources[name]
        interval_s = connection.execute(sa.select(_S.c.interval_s).where(_S.c.name == name)).scalar()
        statement = sa.update(_S).where(_S.c.name == name)
        connection.execute(
            statement.values(
                last_seen_at=seen_at,
                silent_at=devices.silent_at(seen_at, interval_s),
                offline_since=None,
            )
        )
        _end_alarms(connection, "source_silent", [name], seen_at)


def _touch(event: NewEvent, interval_s: float | None) -> Mapping[str, object]:
    charge = devices.battery_of(json.loads(event.body)) if '"battery"' in event.body else None
    return {
        "of": event.subject,
        "seen_at": event.received_at,
        "next_at": devices.silent_at(event.received_at, interval_s),
        "charge": charge,
    }


def _end_alarms(connection: sa.Connection, kind: str, keys: Sequence[str], at: datetime) -> None:
    open_ones = sa.update(_AL).where(_AL.c.kind == kind, _AL.c.ended_at.is_(None))
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        connection.execute(open_ones.where(_AL.c.key.in_(some)).values(ended_at=at))


def _add_to_storm(connection: sa.Connection, source: str, device: str, count: int, at: datetime) -> None:
    """Count into the storm that goes on, or begin another over one that has ended."""
    own = register_tables.storms
    statement = upsert(connection, own).values(
        source=source, device=device, began_at=at, last_at=at, held=count, ended_at=None
    )
    new, over = statement.excluded, own.c.ended_at.is_not(None)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["source", "device"],
            set_={
                "began_at": sa.case((over, new.began_at), else_=own.c.began_at),
                "held": sa.case((over, new.held), else_=own.c.held + new.held),
                "last_at": new.last_at,
                "ended_at": None,
            },
        )
    )
