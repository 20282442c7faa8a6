"""Registers and cases as lists, a page at a time by the key of the last row, newest cases first."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from casework.domain import errors
from casework.domain.assignments import Assignment
from casework.domain.cases import Case
from casework.domain.clocks import Clock
from casework.domain.crews import Crew
from casework.domain.devices import Device
from casework.domain.events import Event, Judgement
from casework.domain.messages import Message, MessageState
from casework.domain.people import Source
from casework.domain.places import Area, Asset, Party
from casework.domain.timeline import Entry
from casework.store import register_tables, tables
from casework.store.intake import Events
from casework.store.rows import Rows

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list; `next` is the cursor of the following one, None at the end."""

    items: Sequence[T]
    next: str | None


@dataclass(frozen=True, slots=True)
class Window:
    """Which page: at most so many rows, after the row that a cursor names."""

    limit: int
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """Which cases; None means any. An area holds those below it."""

    status: str | None = None
    category: str | None = None
    area: str | None = None
    priority: int | None = None


def _page(
    rows: Rows[T], query: sa.Select[Any], key: sa.Column[Any], window: Window, *, newest_first: bool = False
) -> Page[T]:
    if window.after is not None:
        query = query.where(key < window.after if newest_first else key > window.after)
    found = rows.many(query.order_by(key.desc() if newest_first else key).limit(window.limit + 1))
    kept = found[: window.limit]
    return Page(kept, str(getattr(kept[-1], key.name)) if len(found) > window.limit else None)


def areas_within(connection: sa.Connection, area_id: str) -> list[str]:
    """List an area and every one below it."""
    areas = tables.areas.c
    tree = sa.select(areas.id).where(areas.id == area_id).cte("tree", recursive=True)
    below = sa.select(areas.id).join(tree, areas.parent_id == tree.c.id)
    return list(connection.execute(sa.select(tree.union(below).c.id)).scalars())


def cases(connection: sa.Connection, which: CaseFilter, window: Window) -> Page[Case]:
    """List cases, the newest first."""
    rows, own = Rows(connection, tables.cases, Case), tables.cases.c
    query = rows.select()
    if which.status is not None:
        query = query.where(own.status == which.status)
    if which.category is not None:
        query = query.where(own.category == which.category)
    if which.priority is not None:
        query = query.where(own.priority == which.priority)
    if which.area is not None:
        query = query.where(own.area_id.in_(areas_within(connection, which.area)))
    return _page(rows, query, own.id, window, newest_first=True)


def case(connection: sa.Connection, case_id: str) -> Case:
    """Read one case."""
    rows = Rows(connection, tables.cases, Case)
    found = rows.first(rows.select().where(tables.cases.c.id == case_id))
    if found is None:
        raise errors.CaseNotFound
    return found


@dataclass(frozen=True, slots=True)
class Numbered:
    """A timeline entry with its place in the order of writing."""

    seq: int
    entry: Entry


def timeline(connection: sa.Connection, case_id: str, window: Window) -> Page[Numbered]:
    """List what happened to a case, in the order of writing."""
    rows, own = Rows(connection, tables.timeline, Entry), tables.timeline.c
    after = int(window.after) if window.after and window.after.isdecimal() and len(window.after) < 19 else 0  # noqa: PLR2004  (a bigint)
    query = sa.select(own.seq, *rows.select().selected_columns).where(own.case_id == case_id, own.seq > after)
    found = [
        Numbered(values.pop("seq"), Entry(**values))
        for row in connection.execute(query.order_by(own.seq).limit(window.limit + 1))
        for values in [dict(row._mapping)]  # noqa: SLF001  (SQLAlchemy's public name)
    ]
    kept = found[: window.limit]
    return Page(kept, str(kept[-1].seq) if len(found) > window.limit else None)


def clocks(connection: sa.Connection, case_id: str) -> list[Clock]:
    """List the clocks of a case, in the order of their start."""
    rows, own = Rows(connection, tables.clocks, Clock), tables.clocks.c
    return rows.many(rows.select().where(own.case_id == case_id).order_by(own.started_at, own.id))


def assignments(connection: sa.Connection, case_id: str) -> list[Assignment]:
    """List the crews that were sent to a case, with the reasons."""
    rows, own = Rows(connection, tables.assignments, Assignment), tables.assignments.c
    return rows.many(rows.select().where(own.case_id == case_id).order_by(own.id))


def crews(connection: sa.Connection, window: Window) -> Page[Crew]:
    """List crews by code."""
    rows = Rows(connection, tables.crews, Crew)
    return _page(rows, rows.select(), tables.crews.c.code, window)


def crew(connection: sa.Connection, crew_id: str) -> Crew:
    """Read one crew."""
    rows = Rows(connection, tables.crews, Crew)
    found = rows.first(rows.select().where(tables.crews.c.id == crew_id))
    if found is None:
        raise errors.CrewNotFound
    return found


def areas(connection: sa.Connection, window: Window) -> Page[Area]:
    """List areas by identifier."""
    rows = Rows(connection, tables.areas, Area)
    return _page(rows, rows.select(), tables.areas.c.id, window)


def assets(connection: sa.Connection, window: Window, kind: str | None = None) -> Page[Asset]:
    """List assets and devices by identifier."""
    rows, own = Rows(connection, tables.assets, Asset), tables.assets.c
    query = rows.select() if kind is None else rows.select().where(own.kind == kind)
    return _page(rows, query, own.id, window)


def devices(
    connection: sa.Connection, window: Window, *, source: str | None = None, offline: bool | None = None
) -> Page[Device]:
    """List devices by identifier; None means any."""
    rows, own = Rows(connection, register_tables.devices, Device), register_tables.devices.c
    query = rows.select()
    if source is not None:
        query = query.where(own.source == source)
    if offline is not None:
        query = query.where(own.offline_since.is_not(None) if offline else own.offline_since.is_(None))
    return _page(rows, query, own.id, window)


def parties(connection: sa.Connection, window: Window, kind: str | None = None) -> Page[Party]:
    """List companies, vehicles and sites by identifier."""
    rows, own = Rows(connection, register_tables.parties, Party), register_tables.parties.c
    query = (
        rows.select() if kind is None else rows.select().where(sa.type_coerce(own.kind, sa.String) == kind)
    )
    return _page(rows, query, own.id, window)


def sources(connection: sa.Connection, window: Window) -> Page[Source]:
    """List sources by name."""
    rows = Rows(connection, tables.sources, Source)
    return _page(rows, rows.select(), tables.sources.c.name, window)


def messages(connection: sa.Connection, states: Iterable[str], window: Window) -> Page[Message]:
    """List texts of the outbox, the newest first."""
    rows, own = Rows(connection, tables.messages, Message), tables.messages.c
    wanted = list(states)
    query = rows.select().where(own.state.in_(wanted)) if wanted else rows.select()
    return _page(rows, query, own.id, window, newest_first=True)


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of an event; no judgement yet while it waits."""

    event: Event
    judgement: Judgement | None


def fate(connection: sa.Connection, source: str, event_id: str) -> Fate:
    """Say what became of an event."""
    event = Events(connection).find(source, event_id)
    if event is None:
        raise errors.NotFound("there is no such event; one that failed its schema is in quarantine")
    rows = Rows(connection, tables.judgements, Judgement)
    return Fate(event, rows.first(rows.select().where(tables.judgements.c.event_seq == event.seq)))


def failed_messages(connection: sa.Connection) -> list[str]:
    """List the ids of failed texts, oldest first."""
    own = tables.messages.c
    query = sa.select(own.id).where(own.state == MessageState.FAILED).order_by(own.id)
    return [str(found) for found in connection.execute(query).scalars()]


def quarantined_bodies(connection: sa.Connection, source: str) -> Iterator[str]:
    """Read what was ever set aside of a source, as it came."""
    own = tables.quarantine.c
    return (
        str(body) for body in connection.execute(sa.select(own.body).where(own.source == source)).scalars()
    )
