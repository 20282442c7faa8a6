"""Streets that are closed for a time, so that nobody is sent through them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def instant() -> sa.types.TypeEngine[Any]:
    return sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "road_closures",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("radius_m", sa.Float(), nullable=False),
        sa.Column("begins_at", instant(), nullable=False),
        sa.Column("ends_at", instant(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("closed_by", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_road_closures"),
    )
    op.create_index("ix_road_closures_ends_at", "road_closures", ["ends_at"])


def downgrade() -> None:
    op.drop_table("road_closures")
