"""The tables of what rules remember, hold back and record."""

import sqlalchemy as sa

from casework.domain.windows import RestraintKind
from casework.store import tables
from casework.store.columns import Instant, Json, Word
from casework.store.tables import Id, metadata

_DUE = "due_at is not null"

windows = sa.Table(
    "windows",
    metadata,
    sa.Column("name", sa.String(256), primary_key=True),
    sa.Column("memory", sa.String(16), nullable=False),
    sa.Column("state", Json, nullable=False),
    sa.Column("due_at", Instant),
    sa.Column("keep_until", Instant, nullable=False, index=True),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Index("ix_windows_due", "due_at", sqlite_where=sa.text(_DUE), postgresql_where=sa.text(_DUE)),
    sa.Index("ix_windows_memory_changed_at", "memory", "changed_at"),
)

restraints = sa.Table(
    "restraints",
    metadata,
    sa.Column("kind", Word(RestraintKind), primary_key=True),
    sa.Column("name", sa.String(256), primary_key=True),
    sa.Column("since_at", Instant, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("until_at", Instant, nullable=False, index=True),
)

rule_pauses = sa.Table(
    "rule_pauses",
    metadata,
    sa.Column("rule", sa.String(256), primary_key=True),
    sa.Column("version", sa.String(64), nullable=False),
    sa.Column("paused_at", Instant, nullable=False),
    sa.Column("reason", Json, nullable=False),
)

points = sa.Table(
    "points",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("party", sa.String(256), nullable=False),
    sa.Column("points", sa.Integer, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("rule", sa.String(256), nullable=False),
    sa.Column("version", sa.String(64), nullable=False),
    sa.Column("event_seq", sa.BigInteger, nullable=False),
    sa.Column("case_id", Id),
    sa.Index("ix_points_party_at", "party", "at"),
)

plan_starts = sa.Table(
    "plan_starts",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("plan", sa.String(128), nullable=False),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("rule", sa.String(256), nullable=False),
    sa.Column("version", sa.String(64), nullable=False),
    sa.Column("event_seq", sa.BigInteger, nullable=False),
    sa.Column("case_id", Id),
)

cases_by_rule = sa.Index("ix_cases_rule_id_opened_at", tables.cases.c.rule_id, tables.cases.c.opened_at)
cases_by_category = sa.Index("ix_cases_category_opened_at", tables.cases.c.category, tables.cases.c.opened_at)
