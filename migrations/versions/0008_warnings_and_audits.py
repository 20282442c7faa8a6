"""Texts know the clock that they warn of, so that they are called off when it stops.

Revision ID: 0008
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0001"
branch_labels = None
depends_on = None

_KNOWN = "clock_id is not null"


def upgrade() -> None:
    """Add the column; texts written before have none and go out as before."""
    op.add_column("messages", sa.Column("clock_id", sa.String(36)))
    op.create_index(
        "ix_messages_clock_id",
        "messages",
        ["clock_id"],
        sqlite_where=sa.text(_KNOWN),
        postgresql_where=sa.text(_KNOWN),
    )


def downgrade() -> None:
    """Take the column away again."""
    op.drop_index("ix_messages_clock_id", table_name="messages")
    op.drop_column("messages", "clock_id")
