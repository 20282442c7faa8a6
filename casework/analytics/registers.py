"""The registers as pages show them: a stretch at a time, narrowed by words, kind and state."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa

from casework.analytics.views import Page, Text
from casework.domain.cap import Standing
from casework.domain.mappings import Mapping as PayloadMapping
from casework.domain.mappings import Topic
from casework.domain.people import Source
from casework.store import register_tables, tables
from casework.store.mappings import Mappings
from casework.store.rows import Rows

PAGE = 100
LOW_BATTERY = 20.0
RECENT = timedelta(days=30)
Row = TypeVar("Row")
_A, _D, _P = tables.assets.c, register_tables.devices.c, register_tables.parties.c
_ST, _W, _S = register_tables.storms.c, register_tables.warnings.c, tables.sources.c
_SPECIAL = re.compile(r"([\\%_])")


@dataclass(frozen=True, slots=True)
class Sought:
    """What a page is narrowed to; empty words narrow nothing."""

    text: str = ""
    kind: str = ""
    state: str = ""
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRow:
    """A device with what is declared and heard of it; `state` is online, offline, storm, quiet or unheard."""

    id: str
    kind: str
    name: Text
    senses: str | None
    source: str | None
    owner: str
    interval_s: float | None
    rate_per_s: float | None
    last_seen_at: datetime | None
    offline_since: datetime | None
    battery: float | None
    held: int
    state: str

    @property
    def low(self) -> bool:
        """Whether its battery wants to be changed."""
        return self.battery is not None and self.battery < LOW_BATTERY


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedRow:
    """An asset or a party."""

    id: str
    kind: str
    name: Text
    area: str | None
    belongs_to: str | None
    attributes: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningRow:
    """An official warning and how it stands now."""

    identifier: str
    sender: str
    status: str
    kind: str
    event: str
    severity: str
    headline: str
    areas: Sequence[str]
    standing: str
    sent: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How many devices are in each state that wants somebody's eye."""

    devices: int
    offline: int
    unheard: int
    storms: int
    low: int


def summary(connection: sa.Connection) -> Summary:
    """Count devices by what is the matter with them."""
    devices = register_tables.devices

    def count(*where: sa.ColumnElement[bool]) -> int:
        query = sa.select(sa.func.count()).select_from(devices).where(*where)
        return int(connection.execute(query).scalar_one())

    storms = sa.select(sa.func.count()).select_from(register_tables.storms).where(_ST.ended_at.is_(None))
    return Summary(
        devices=count(),
        offline=count(_D.offline_since.is_not(None)),
        unheard=count(_D.last_seen_at.is_(None)),
        storms=int(connection.execute(storms).scalar_one()),
        low=count(_D.battery < LOW_BATTERY),
    )


def devices(connection: sa.Connection, sought: Sought) -> Page[DeviceRow]:
    """Give devices by id; of those that storm also the ones that nobody registered."""
    own, assets, storms = register_tables.devices, tables.assets, register_tables.storms
    storm = sa.and_(_ST.device == _D.id, sa.or_(_D.source.is_(None), _ST.source == _D.source))
    if sought.state == "storm":
        return _storming(connection, storm)
    query = (
        sa.select(
            *own.c,
            _A.kind,
            _A.name_zh,
            _A.name_en,
            _A.senses,
            _ST.held,
            _ST.ended_at,
            _ST.source.label("loud"),
        )
        .outerjoin(assets, _A.id == _D.id)
        .outerjoin(storms, storm)
        .where(*_narrowed(sought, _D.id, _A.name_zh, _A.name_en, _A.kind))
    )
    states: Mapping[str, sa.ColumnElement[bool]] = {
        "offline": _D.offline_since.is_not(None),
        "unheard": _D.last_seen_at.is_(None),
        "low": _D.battery < LOW_BATTERY,
    }
    if sought.state in states:
        query = query.where(states[sought.state])
    return _page(connection, query.order_by(_D.id), _device, lambda row: row.id)


def _storming(connection: sa.Connection, same: sa.ColumnElement[bool]) -> Page[DeviceRow]:
    """Give those that storm now, the loudest first."""
    own = register_tables.devices.c
    working = [column for column in own if column.name not in {"id", "source"}]
    query = (
        sa.select(
            *(_ST.device.label("id"), _ST.source.label("source"), *working),
            *(_A.kind, _A.name_zh, _A.name_en, _A.senses),
            *(_ST.held, _ST.ended_at, _ST.source.label("loud")),
        )
        .select_from(register_tables.storms)
        .outerjoin(register_tables.devices, same)
        .outerjoin(tables.assets, _A.id == _ST.device)
        .where(_ST.ended_at.is_(None))
        .order_by(_ST.held.desc(), _ST.source, _ST.device)
    )
    return Page([_device(row) for row in connection.execute(query.limit(PAGE))])


def _device(row: Any) -> DeviceRow:  # noqa: ANN401  (a row of SQLAlchemy)
    loud = row.loud is not None and row.ended_at is None
    state = "storm" if loud else "offline" if row.offline_since else "unheard"
    if row.last_seen_at is not None and not loud and row.offline_since is None:
        state = "online" if row.interval_s is not None else "quiet"
    return DeviceRow(
        id=row.id,
        kind=row.kind or "",
        name={"zh": row.name_zh or row.id, "en": row.name_en or row.id},
        senses=row.senses,
        source=row.source or row.loud,
        owner=row.owner or "",
        interval_s=row.interval_s,
        rate_per_s=row.rate_per_s,
        last_seen_at=row.last_seen_at,
        offline_since=row.offline_since,
        battery=row.battery,
        held=row.held or 0,
        state=state,
    )


def assets(connection: sa.Connection, sought: Sought) -> Page[PlacedRow]:
    """Give assets by id."""
    narrowed = _narrowed(sought, _A.id, _A.name_zh, _A.name_en, _A.kind)
    query = sa.select(tables.assets, _A.senses.label("belongs_to")).where(*narrowed).order_by(_A.id)
    return _page(connection, query, _placed, lambda row: row.id)


def parties(connection: sa.Connection, sought: Sought) -> Page[PlacedRow]:
    """Give companies, vehicles and sites by id."""
    narrowed = _narrowed(sought, _P.id, _P.name_zh, _P.name_en, sa.type_coerce(_P.kind, sa.String))
    query = sa.select(register_tables.parties).where(*narrowed).order_by(_P.id)
    return _page(connection, query, _placed, lambda row: row.id)


def _placed(row: Any) -> PlacedRow:  # noqa: ANN401  (a row of SQLAlchemy)
    return PlacedRow(
        id=row.id,
        kind=str(row.kind),
        name={"zh": row.name_zh, "en": row.name_en},
        area=row.area_id,
        belongs_to=row.belongs_to,
        attributes=row.attributes,
    )


def kinds(connection: sa.Connection, register: str) -> Mapping[str, int]:
    """Count assets, devices or parties by kind."""
    if register == "parties":
        column: sa.ColumnElement[Any] = sa.type_coerce(_P.kind, sa.String)
        query = sa.select(column, sa.func.count()).select_from(register_tables.parties)
    elif register == "devices":
        column = _A.kind
        query = sa.select(column, sa.func.count()).join(register_tables.devices, _D.id == _A.id)
    else:
        column = _A.kind
        query = sa.select(column, sa.func.count())
    rows = connection.execute(query.group_by(column).order_by(column).limit(PAGE))
    return {str(row[0]): row[1] for row in rows}


def sources(connection: sa.Connection, sought: Sought) -> Page[Source]:
    """Give the systems that may send, by name."""
    rows = Rows(connection, tables.sources, Source)
    query = rows.select().where(*_narrowed(sought, _S.name, _S.title, _S.owner)).order_by(_S.name)
    return _page(connection, query, lambda row: Source(**row._mapping), lambda row: row.name)  # noqa: SLF001  (SQLAlchemy's public name)


def mappings(connection: sa.Connection) -> tuple[Sequence[PayloadMapping], Sequence[Topic]]:
    """Give the mappings and the topics; there are as many as somebody has written by hand."""
    rows = Rows(connection, register_tables.mappings, PayloadMapping)
    own = register_tables.mappings.c
    found = rows.many(rows.select().order_by(own.source, own.name).limit(PAGE * 5))
    return found, Mappings(connection).topics()


def warnings(connection: sa.Connection, sought: Sought, now: datetime) -> Page[WarningRow]:
    """Give the official warnings of the last month, the newest first."""
    query = sa.select(register_tables.warnings).where(_W.received_at >= now - RECENT)
    if sought.cursor:
        last = sa.select(_W.received_at).where(_W.key == sought.cursor[:64]).scalar_subquery()
        earlier = sa.or_(_W.received_at < last, sa.and_(_W.received_at == last, _W.key < sought.cursor[:64]))
        query = query.where(earlier)
    query = query.order_by(_W.received_at.desc(), _W.key.desc())
    return _page(connection, query, lambda row: _warning(row, now), lambda row: row.key)


def _warning(row: Any, now: datetime) -> WarningRow:  # noqa: ANN401  (a row of SQLAlchemy)
    over = row.standing is Standing.IN_FORCE and row.expires_at is not None and row.expires_at <= now
    return WarningRow(
        identifier=row.identifier,
        sender=row.sender,
        status=row.status,
        kind=row.kind,
        event=row.event,
        severity=row.severity,
        headline=row.headline,
        areas=row.areas,
        standing=(Standing.EXPIRED if over else row.standing).value,
        sent=row.sent,
        expires_at=row.expires_at,
    )


Column = sa.ColumnElement[str]


def _narrowed(
    sought: Sought, key: Column, first: Column, second: Column, kind: Column | None = None
) -> list[sa.ColumnElement[bool]]:
    """Narrow by words (the beginning of the key, or any part of a name) and kind, after the cursor."""
    where: list[sa.ColumnElement[bool]] = []
    if sought.text:
        safe = _SPECIAL.sub(r"\\\1", sought.text)
        where.append(
            sa.or_(
                key.like(f"{safe}%", escape="\\"),
                first.like(f"%{safe}%", escape="\\"),
                second.like(f"%{safe}%", escape="\\"),
            )
        )
    if sought.kind and kind is not None:
        where.append(kind == sought.kind)
    if sought.cursor:
        where.append(key > sought.cursor[:200])
    return where


def _page(
    connection: sa.Connection, query: sa.Select[Any], make: Callable[[Any], Row], key: Callable[[Any], str]
) -> Page[Row]:
    found = connection.execute(query.limit(PAGE + 1)).all()
    kept = found[:PAGE]
    return Page([make(row) for row in kept], key(kept[-1]) if len(found) > PAGE else None)
