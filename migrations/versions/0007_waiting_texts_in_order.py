"""Let the relay read waiting texts in their order from the index, without sorting the whole backlog."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _make(*columns: str) -> None:
    condition = sa.text("state = 'new' or state = 'sending'")
    op.drop_index("ix_messages_waiting", table_name="messages")
    op.create_index(
        "ix_messages_waiting",
        "messages",
        list(columns),
        sqlite_where=condition,
        postgresql_where=condition,
    )


def upgrade() -> None:
    """Put the id behind the time."""
    _make("state", "next_attempt_at", "id")


def downgrade() -> None:
    """Take it back."""
    _make("state", "next_attempt_at")
