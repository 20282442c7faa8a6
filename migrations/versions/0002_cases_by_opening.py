"""Let cases be listed by the time of their opening."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_cases_opened_at", "cases", ["opened_at"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_cases_opened_at", table_name="cases")
