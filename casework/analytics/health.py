"""How the house itself is: its schema, its workers, its outbox and its sweep."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from casework.analytics import rule_counts
from casework.domain import errors
from casework.domain.deadlines import DeadlineState
from casework.domain.messages import WAITING
from casework.store import register_tables, tables

_offline = register_tables.devices.c.offline_since
_storm_ended = register_tables.storms.c.ended_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What `/readyz` judges; None where there is nothing of the kind."""

    revision: str | None
    beat_at: datetime | None
    oldest_due_message: datetime | None
    oldest_due_deadline: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What `/metrics` shows of the whole house."""

    events: Mapping[str, int]
    messages: Mapping[str, int]
    cases: Mapping[str, int]
    waiting_events: int
    held_events: int
    quarantined: int
    rules: Mapping[str, int]
    offline_devices: int
    storms: int


def look(connection: sa.Connection, now: datetime) -> Health:
    """Ask the database how the house is; raises `Unavailable` where it does not answer."""
    try:
        return _look(connection, now)
    except sa.exc.SQLAlchemyError as error:
        raise errors.Unavailable(detail=f"the database does not answer: {type(error).__name__}") from error


def _look(connection: sa.Connection, now: datetime) -> Health:
    messages, deadlines = tables.messages.c, tables.deadlines.c
    oldest_message = sa.select(sa.func.min(messages.next_attempt_at)).where(
        messages.state.in_(sorted(WAITING)), messages.next_attempt_at <= now
    )
    oldest_deadline = sa.select(sa.func.min(deadlines.due_at)).where(
        deadlines.state == DeadlineState.PENDING, deadlines.due_at <= now
    )
    return Health(
        revision=connection.execute(sa.text("select version_num from alembic_version")).scalar(),
        beat_at=connection.execute(sa.select(sa.func.max(tables.heartbeats.c.beat_at))).scalar(),
        oldest_due_message=connection.execute(oldest_message).scalar(),
        oldest_due_deadline=connection.execute(oldest_deadline).scalar(),
    )


def count(connection: sa.Connection) -> Counts:
    """Count events by outcome, texts and cases by state."""
    events, quarantine = tables.events.c, tables.quarantine.c
    waiting = sa.select(sa.func.count()).select_from(tables.events).where(events.state == "new")
    held = sa.select(sa.func.count()).select_from(tables.events).where(events.state == "held")
    silent = sa.select(sa.func.count()).select_from(register_tables.devices).where(_offline.is_not(None))
    loud = sa.select(sa.func.count()).select_from(register_tables.storms).where(_storm_ended.is_(None))
    kept = sa.select(sa.func.count()).select_from(tables.quarantine).where(quarantine.state == "waiting")
    return Counts(
        events=_by(connection, tables.judgements.c.outcome),
        messages=_by(connection, tables.messages.c.state),
        cases=_by(connection, tables.cases.c.status),
        waiting_events=connection.execute(waiting).scalar_one(),
        held_events=connection.execute(held).scalar_one(),
        quarantined=connection.execute(kept).scalar_one(),
        rules=rule_counts.cases_by_rule(connection),
        offline_devices=connection.execute(silent).scalar_one(),
        storms=connection.execute(loud).scalar_one(),
    )


def _by(connection: sa.Connection, column: sa.Column[str]) -> Mapping[str, int]:
    rows = connection.execute(sa.select(column, sa.func.count()).group_by(column))
    return {str(row[0]): row[1] for row in rows}
