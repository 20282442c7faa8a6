"""The tables of what people want of our messages, what messages cost, and how providers stand."""

import sqlalchemy as sa

from casework.domain.addressees import How, Will
from casework.store.columns import Instant, Word
from casework.store.tables import Id, metadata

consents = sa.Table(
    "consents",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("address", sa.String(200), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("will", Word(Will), nullable=False),
    sa.Column("how", Word(How), nullable=False),
    sa.Column("words", sa.String(200), nullable=False),
    sa.Index("ix_consents_channel_address", "channel", "address", "id"),
)

preferences = sa.Table(
    "preferences",
    metadata,
    sa.Column("channel", sa.String(32), primary_key=True),
    sa.Column("address", sa.String(200), primary_key=True),
    sa.Column("quiet", sa.String(11), nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
)

charges = sa.Table(
    "charges",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("message_id", Id, nullable=False, index=True),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("provider", sa.String(32), nullable=False),
    sa.Column("segments", sa.Integer, nullable=False),
    sa.Column("micros", sa.BigInteger),
    sa.Column("currency", sa.String(3)),
)

provider_standings = sa.Table(
    "provider_standings",
    metadata,
    sa.Column("process", sa.String(100), primary_key=True),
    sa.Column("channel", sa.String(32), primary_key=True),
    sa.Column("provider", sa.String(32), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("calls", sa.Integer, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("at", Instant, nullable=False),
)
