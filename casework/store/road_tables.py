"""The table of streets that are closed for a time."""

import sqlalchemy as sa

from casework.store.columns import Instant
from casework.store.tables import Id, metadata

road_closures = sa.Table(
    "road_closures",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("lat", sa.Float, nullable=False),
    sa.Column("lon", sa.Float, nullable=False),
    sa.Column("radius_m", sa.Float, nullable=False),
    sa.Column("begins_at", Instant, nullable=False),
    sa.Column("ends_at", Instant, nullable=False, index=True),
    sa.Column("reason", sa.String(200), nullable=False),
    sa.Column("closed_by", sa.String(100), nullable=False),
)
