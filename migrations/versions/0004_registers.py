"""Registers: devices, parties, mappings, topics, official warnings; signs of life and held events."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def instant() -> sa.types.TypeEngine[Any]:
    return sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def document() -> sa.types.TypeEngine[Any]:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    for name, kind in (("interval_s", sa.Float()), ("silent_at", instant()), ("offline_since", instant())):
        op.add_column("sources", sa.Column(name, kind))
    op.create_index("ix_events_held", "events", ["source", "subject"], **where("state = 'held'"))
    op.create_index("ix_assets_kind_id", "assets", ["kind", "id"])
    op.create_table(
        "devices",
        sa.Column("id", sa.String(128), nullable=False),
        sa.Column("source", sa.String(200)),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("interval_s", sa.Float()),
        sa.Column("rate_per_s", sa.Float()),
        sa.Column("registered_at", instant(), nullable=False),
        sa.Column("last_seen_at", instant()),
        sa.Column("silent_at", instant()),
        sa.Column("offline_since", instant()),
        sa.Column("battery", sa.Float()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
    )
    op.create_index("ix_devices_source", "devices", ["source"])
    op.create_index("ix_devices_offline_since", "devices", ["offline_since"])
    op.create_index("ix_devices_silent", "devices", ["silent_at"], **where("offline_since is null"))
    op.create_table(
        "storms",
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("device", sa.String(256), nullable=False),
        sa.Column("began_at", instant(), nullable=False),
        sa.Column("last_at", instant(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("ended_at", instant()),
        sa.PrimaryKeyConstraint("source", "device", name=op.f("pk_storms")),
    )
    op.create_table(
        "parties",
        sa.Column("id", sa.String(128), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=False),
        sa.Column("name_en", sa.String(200), nullable=False),
        sa.Column("belongs_to", sa.String(128)),
        sa.Column("lat", sa.Float()),
        sa.Column("lon", sa.Float()),
        sa.Column("area_id", sa.String(64)),
        sa.Column("attributes", document(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parties")),
    )
    op.create_index("ix_parties_belongs_to", "parties", ["belongs_to"])
    op.create_index("ix_parties_area_id", "parties", ["area_id"])
    op.create_index("ix_parties_kind_id", "parties", ["kind", "id"])
    op.create_table(
        "mappings",
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sample", sa.Text(), nullable=False),
        sa.Column("changed_at", instant(), nullable=False),
        sa.Column("changed_by", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("source", "name", name=op.f("pk_mappings")),
    )
    op.create_table(
        "topics",
        sa.Column("filter", sa.String(500), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("mapping", sa.String(64)),
        sa.PrimaryKeyConstraint("filter", name=op.f("pk_topics")),
    )
    op.create_table(
        "warnings",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("sender", sa.String(200), nullable=False),
        sa.Column("identifier", sa.String(200), nullable=False),
        sa.Column("sent", instant(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("refs", document(), nullable=False),
        sa.Column("chain", sa.String(64), nullable=False),
        sa.Column("standing", sa.String(32), nullable=False),
        sa.Column("event", sa.String(200), nullable=False),
        sa.Column("severity", sa.String(32), nullable=False),
        sa.Column("headline", sa.String(500), nullable=False),
        sa.Column("areas", document(), nullable=False),
        sa.Column("expires_at", instant()),
        sa.Column("received_at", instant(), nullable=False),
        sa.Column("event_ids", document(), nullable=False),
        sa.Column("settled_by", sa.String(64)),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_warnings")),
    )
    op.create_index("ix_warnings_standing_expires_at", "warnings", ["standing", "expires_at"])
    op.create_index("ix_warnings_received_at", "warnings", ["received_at"])
    op.create_table(
        "warning_refs",
        sa.Column("named", sa.String(64), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["warnings.key"], name=op.f("fk_warning_refs_key")),
        sa.PrimaryKeyConstraint("named", "key", name=op.f("pk_warning_refs")),
    )


def downgrade() -> None:
    for name in ("warning_refs", "warnings", "topics", "mappings", "parties", "storms", "devices"):
        op.drop_table(name)
    op.drop_index("ix_assets_kind_id", "assets")
    op.drop_index("ix_events_held", "events", **where("state = 'held'"))
    with op.batch_alter_table("sources", schema=None) as batch_op:
        for name in ("offline_since", "silent_at", "interval_s"):
            batch_op.drop_column(name)
