"""What the pages about rules show: rules in force, fields with the values seen last, real events."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from casework.domain.events import EventState
from casework.domain.rulebook import Publication, RuleKey, RuleVersion
from casework.store import rulebook_tables, tables
from casework.store.rows import Rows
from rules import facts
from rules.errors import FactRefused
from rules.fields import FactValue, FieldType

LOOKED_AT = 300
"""Latest events of a type in which values of its fields are looked for."""
SHOWN_VALUES = 4
EVENTS = 25
_EV = tables.events.c
_P, _V = rulebook_tables.publications.c, rulebook_tables.versions.c


@dataclass(frozen=True, slots=True)
class InForce:
    """A rule in force: its version, and since when and by whom."""

    version: RuleVersion
    since: datetime
    by: str
    approved_by: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A stored event as an author sees it: what it said, as facts that rules may ask for."""

    seq: int
    source: str
    subject: str | None
    at: datetime
    facts: Mapping[str, FactValue]


def in_force(connection: sa.Connection) -> list[InForce]:
    """Answer every rule in force, by pack and id."""
    newest = sa.select(sa.func.max(_P.generation)).group_by(_P.pack, _P.rule_id)
    publications = Rows(connection, rulebook_tables.publications, Publication)
    standing = {
        one.version_id: one
        for one in publications.many(publications.select().where(_P.generation.in_(newest)))
        if one.version_id is not None
    }
    rows = Rows(connection, rulebook_tables.versions, RuleVersion)
    kept = rows.many(rows.select().where(_V.id.in_(list(standing))).order_by(_V.pack, _V.rule_id))
    return [
        InForce(version, one.at, one.by, one.approved_by)
        for version in kept
        for one in (standing[version.id],)
    ]


def last_opened(
    connection: sa.Connection, key: RuleKey, versions: Sequence[str]
) -> tuple[int, datetime | None]:
    """Count the cases that versions of a rule opened, and say when the last one was."""
    case = tables.cases.c
    query = sa.select(sa.func.count(), sa.func.max(case.opened_at, type_=case.opened_at.type)).where(
        case.rule_id == key[1], case.rule_version.in_(list(versions))
    )
    row = connection.execute(query).one()
    return int(row[0]), row[1]


def events(
    connection: sa.Connection, event_type: str, fields: Mapping[str, FieldType], limit: int = EVENTS
) -> list[Seen]:
    """Answer the latest events of a type with their facts, looked-up assets included."""
    query = (
        sa.select(_EV.seq, _EV.source, _EV.type, _EV.subject, _EV.received_at, _EV.body)
        .where(_EV.type == event_type, _EV.state != EventState.FAILED)
        .order_by(_EV.seq.desc())
        .limit(limit)
    )
    rows = connection.execute(query).all()
    assets = _assets(connection, [row.subject for row in rows if row.subject])
    seen = []
    for row in rows:
        event = {"type": row.type, "source": row.source, "subject": row.subject, "data": json.loads(row.body)}
        try:
            told = facts.project(event, {"asset": assets.get(row.subject or "", {})}, fields)
        except FactRefused:
            continue
        seen.append(Seen(row.seq, row.source, row.subject, row.received_at, told))
    return seen


def values_seen(latest: Sequence[Seen]) -> dict[str, list[str]]:
    """Answer, by field, the last different values that were seen."""
    found: dict[str, list[str]] = {}
    for one in latest:
        for name, value in one.facts.items():
            known = found.setdefault(name, [])
            text = ", ".join(value) if isinstance(value, tuple) else str(value)
            if text not in known and len(known) < SHOWN_VALUES:
                known.append(text[:40])
    return found


def _assets(connection: sa.Connection, subjects: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Look up what events are about as triage does: the asset, or the one that a device senses."""
    column = tables.assets.c
    columns = (column.id, column.kind, column.name_zh, column.area_id, column.attributes, column.senses)
    named = connection.execute(sa.select(*columns).where(column.id.in_(set(subjects)))).all()
    behind = {row.senses for row in named if row.senses}
    sensed = {row.id: row for row in connection.execute(sa.select(*columns).where(column.id.in_(behind)))}
    told = {}
    for row in named:
        asset = sensed.get(row.senses, row)
        told[row.id] = {
            **asset.attributes,
            "id": asset.id,
            "kind": asset.kind,
            "name": asset.name_zh,
            "area": asset.area_id,
        }
    return told
