"""Texts know the clock that they warn of, and the auditor keeps when it last looked.

Revision ID: 0008
Revises: 0007
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_KNOWN = "clock_id is not null"
_RUNNING = "stopped_at is null"


def instant() -> sa.types.TypeEngine[Any]:
    return sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def document() -> sa.types.TypeEngine[Any]:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Add both; texts written before warn of no clock and go out as before."""
    op.add_column("messages", sa.Column("clock_id", sa.String(36)))
    op.create_index(
        "ix_messages_clock_id",
        "messages",
        ["clock_id"],
        sqlite_where=sa.text(_KNOWN),
        postgresql_where=sa.text(_KNOWN),
    )
    op.create_index(
        "ix_clocks_running",
        "clocks",
        ["case_id"],
        sqlite_where=sa.text(_RUNNING),
        postgresql_where=sa.text(_RUNNING),
    )
    op.create_table(
        "audits",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("claimed_at", instant(), nullable=False),
        sa.Column("finished_at", instant()),
        sa.Column("found", document(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_audits")),
    )


def downgrade() -> None:
    """Take both away again."""
    op.drop_table("audits")
    op.drop_index("ix_clocks_running", table_name="clocks")
    op.drop_index("ix_messages_clock_id", table_name="messages")
    op.drop_column("messages", "clock_id")
