"""What rules remember of several events, hold back and record."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def instant() -> sa.types.TypeEngine[Any]:
    return sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def document() -> sa.types.TypeEngine[Any]:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "windows",
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("memory", sa.String(length=16), nullable=False),
        sa.Column("state", document(), nullable=False),
        sa.Column("due_at", instant(), nullable=True),
        sa.Column("keep_until", instant(), nullable=False),
        sa.Column("changed_at", instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_windows")),
    )
    op.create_index(
        "ix_windows_due",
        "windows",
        ["due_at"],
        sqlite_where=sa.text("due_at is not null"),
        postgresql_where=sa.text("due_at is not null"),
    )
    op.create_index(op.f("ix_windows_keep_until"), "windows", ["keep_until"])
    op.create_index("ix_windows_memory_changed_at", "windows", ["memory", "changed_at"])

    op.create_table(
        "restraints",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("since_at", instant(), nullable=False),
        sa.Column("due_at", instant(), nullable=False),
        sa.Column("until_at", instant(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name=op.f("pk_restraints")),
    )
    op.create_index(op.f("ix_restraints_until_at"), "restraints", ["until_at"])

    op.create_table(
        "rule_pauses",
        sa.Column("rule", sa.String(length=256), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("paused_at", instant(), nullable=False),
        sa.Column("reason", document(), nullable=False),
        sa.PrimaryKeyConstraint("rule", name=op.f("pk_rule_pauses")),
    )

    op.create_table(
        "points",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("party", sa.String(length=256), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("at", instant(), nullable=False),
        sa.Column("rule", sa.String(length=256), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("event_seq", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points")),
    )
    op.create_index("ix_points_party_at", "points", ["party", "at"])

    op.create_table(
        "plan_starts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("plan", sa.String(length=128), nullable=False),
        sa.Column("at", instant(), nullable=False),
        sa.Column("rule", sa.String(length=256), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("event_seq", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_starts")),
    )
    op.create_index(op.f("ix_plan_starts_at"), "plan_starts", ["at"])

    op.create_index("ix_cases_rule_id_opened_at", "cases", ["rule_id", "opened_at"])
    op.create_index("ix_cases_category_opened_at", "cases", ["category", "opened_at"])


def downgrade() -> None:
    op.drop_index("ix_cases_category_opened_at", "cases")
    op.drop_index("ix_cases_rule_id_opened_at", "cases")
    for table in ("plan_starts", "points", "rule_pauses", "restraints", "windows"):
        op.drop_table(table)
