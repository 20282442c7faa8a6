"""What the auditor keeps of itself: one row for the whole house, whichever worker looked last."""

import sqlalchemy as sa

from casework.store.columns import Instant, Json
from casework.store.tables import metadata

audits = sa.Table(
    "audits",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("claimed_at", Instant, nullable=False),
    sa.Column("finished_at", Instant),
    sa.Column("found", Json, nullable=False),
)
