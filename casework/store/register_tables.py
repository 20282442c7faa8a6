"""The tables of the registers: devices, parties, mappings, topics and official warnings."""

import sqlalchemy as sa

from casework.domain.cap import Standing
from casework.domain.places import PartyKind
from casework.store.columns import Instant, Json, Word
from casework.store.tables import metadata

_OPEN = {name: sa.text("offline_since is null") for name in ("sqlite_where", "postgresql_where")}

devices = sa.Table(
    "devices",
    metadata,
    sa.Column("id", sa.String(128), primary_key=True),
    sa.Column("source", sa.String(200), index=True),
    sa.Column("owner", sa.String(200), nullable=False),
    sa.Column("interval_s", sa.Float),
    sa.Column("rate_per_s", sa.Float),
    sa.Column("registered_at", Instant, nullable=False),
    sa.Column("last_seen_at", Instant),
    sa.Column("silent_at", Instant),
    sa.Column("offline_since", Instant, index=True),
    sa.Column("battery", sa.Float),
    sa.Index("ix_devices_silent", "silent_at", **_OPEN),  # type: ignore[arg-type]  # dialect options
)

storms = sa.Table(
    "storms",
    metadata,
    sa.Column("source", sa.String(200), primary_key=True),
    sa.Column("device", sa.String(256), primary_key=True),
    sa.Column("began_at", Instant, nullable=False),
    sa.Column("last_at", Instant, nullable=False),
    sa.Column("held", sa.Integer, nullable=False),
    sa.Column("ended_at", Instant),
)

parties = sa.Table(
    "parties",
    metadata,
    sa.Column("id", sa.String(128), primary_key=True),
    sa.Column("kind", Word(PartyKind), nullable=False),
    sa.Column("name_zh", sa.String(200), nullable=False),
    sa.Column("name_en", sa.String(200), nullable=False),
    sa.Column("belongs_to", sa.String(128), index=True),
    sa.Column("lat", sa.Float),
    sa.Column("lon", sa.Float),
    sa.Column("area_id", sa.String(64), index=True),
    sa.Column("attributes", Json, nullable=False),
    sa.Index("ix_parties_kind_id", "kind", "id"),
)

mappings = sa.Table(
    "mappings",
    metadata,
    sa.Column("source", sa.String(200), primary_key=True),
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("sample", sa.Text, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("changed_by", sa.String(200), nullable=False),
)

topics = sa.Table(
    "topics",
    metadata,
    sa.Column("filter", sa.String(500), primary_key=True),
    sa.Column("source", sa.String(200), nullable=False),
    sa.Column("mapping", sa.String(64)),
)

warnings = sa.Table(
    "warnings",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("source", sa.String(200), nullable=False),
    sa.Column("sender", sa.String(200), nullable=False),
    sa.Column("identifier", sa.String(200), nullable=False),
    sa.Column("sent", Instant, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("refs", Json(load=tuple, dump=list), nullable=False),
    sa.Column("chain", sa.String(64), nullable=False),
    sa.Column("standing", Word(Standing), nullable=False),
    sa.Column("event", sa.String(200), nullable=False),
    sa.Column("severity", sa.String(32), nullable=False),
    sa.Column("headline", sa.String(500), nullable=False),
    sa.Column("areas", Json(load=tuple, dump=list), nullable=False),
    sa.Column("expires_at", Instant),
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("event_ids", Json(load=tuple, dump=list), nullable=False),
    sa.Column("settled_by", sa.String(64)),
    sa.Index("ix_warnings_standing_expires_at", "standing", "expires_at"),
    sa.Index("ix_warnings_received_at", "received_at"),
)

warning_refs = sa.Table(
    "warning_refs",
    metadata,
    sa.Column("named", sa.String(64), primary_key=True),
    sa.Column("key", sa.String(64), sa.ForeignKey("warnings.key"), primary_key=True),
)
