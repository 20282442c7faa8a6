"""The tables of rules: versions, what is in force, drafts, trials, rehearsals and findings."""

import sqlalchemy as sa

from casework.domain.rulebook import DraftState, RehearsalState, TrialKind, Why
from casework.store.columns import Instant, Json, Word
from casework.store.tables import Id, metadata

Name = sa.String(128)
Who = sa.String(200)

versions = sa.Table(
    "rule_versions",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("pack", Name, nullable=False),
    sa.Column("rule_id", Name, nullable=False),
    sa.Column("version", sa.String(64), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("title", Json, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("by", Who, nullable=False),
    sa.UniqueConstraint("pack", "rule_id", "version", "digest"),
)

publications = sa.Table(
    "rule_publications",
    metadata,
    sa.Column("generation", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("pack", Name, nullable=False),
    sa.Column("rule_id", Name, nullable=False),
    sa.Column("version_id", Id, sa.ForeignKey("rule_versions.id")),
    sa.Column("at", Instant, nullable=False),
    sa.Column("by", Who, nullable=False),
    sa.Column("approved_by", Who),
    sa.Column("why", Word(Why), nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Index("ix_rule_publications_pack_rule_id", "pack", "rule_id", "generation"),
)

disk = sa.Table(
    "rule_disk",
    metadata,
    sa.Column("pack", Name, primary_key=True),
    sa.Column("rule_id", Name, primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
)

drafts = sa.Table(
    "rule_drafts",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("pack", Name, nullable=False),
    sa.Column("rule_id", Name, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("based_on", Id),
    sa.Column("state", Word(DraftState), nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("made_by", Who, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("changed_by", Who, nullable=False),
    sa.Column("proposed_by", Who),
    sa.Column("changes", sa.Integer, nullable=False),
    sa.Index("ix_rule_drafts_state_id", "state", "id"),
)

trials = sa.Table(
    "rule_trials",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("pack", Name, nullable=False),
    sa.Column("rule_id", Name, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("version", sa.String(64), nullable=False),
    sa.Column("kind", Word(TrialKind), nullable=False),
    sa.Column("area_id", sa.String(64)),
    sa.Column("starts_at", Instant, nullable=False),
    sa.Column("ends_at", Instant, nullable=False, index=True),
    sa.Column("by", Who, nullable=False),
    sa.Column("stopped_at", Instant),
    sa.Column("stopped_by", Who),
)

trial_counts = sa.Table(
    "rule_trial_counts",
    metadata,
    sa.Column("trial_id", Id, sa.ForeignKey("rule_trials.id"), primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("judged", sa.BigInteger, nullable=False),
    sa.Column("live", sa.BigInteger, nullable=False),
    sa.Column("draft", sa.BigInteger, nullable=False),
    sa.Column("only_live", sa.BigInteger, nullable=False),
    sa.Column("only_draft", sa.BigInteger, nullable=False),
    sa.Column("failed", sa.BigInteger, nullable=False),
)

trial_samples = sa.Table(
    "rule_trial_samples",
    metadata,
    sa.Column("trial_id", Id, sa.ForeignKey("rule_trials.id"), primary_key=True),
    sa.Column("event_seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("live", sa.Boolean, nullable=False),
    sa.Column("draft", sa.Boolean, nullable=False),
)

rehearsals = sa.Table(
    "rehearsals",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("pack", Name, nullable=False),
    sa.Column("rule_id", Name, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("starts_at", Instant, nullable=False),
    sa.Column("ends_at", Instant, nullable=False),
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("asked_by", Who, nullable=False),
    sa.Column("state", Word(RehearsalState), nullable=False),
    sa.Column("part", sa.Float, nullable=False),
    sa.Column("events", sa.BigInteger, nullable=False),
    sa.Column("beat_at", Instant),
    sa.Column("ended_at", Instant),
    sa.Column("report", Json, nullable=False),
    sa.Column("error", sa.Text),
    sa.Index("ix_rehearsals_state_id", "state", "id"),
    sa.Index("ix_rehearsals_pack_rule_id", "pack", "rule_id", "id"),
)

findings = sa.Table(
    "findings",
    metadata,
    sa.Column("case_id", Id, sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("pack", Name),
    sa.Column("rule_id", Name, nullable=False),
    sa.Column("rule_version", sa.String(64)),
    sa.Column("source", sa.String(200)),
    sa.Column("device", sa.String(256)),
    sa.Column("category", sa.String(64), nullable=False),
    sa.Column("found", sa.Boolean, nullable=False),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("by", Who, nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Index("ix_findings_rule_id", "rule_id", "at"),
    sa.Index("ix_findings_source_device", "source", "device", "at"),
)

device_weights = sa.Table(
    "device_weights",
    metadata,
    sa.Column("source", sa.String(200), primary_key=True),
    sa.Column("device", sa.String(256), primary_key=True),
    sa.Column("weak", sa.Boolean, nullable=False),
    sa.Column("floor", sa.Float),
    sa.Column("since", Instant, nullable=False),
    sa.Column("by", Who, nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
)

weak_signals = sa.Table(
    "weak_signals",
    metadata,
    sa.Column("event_seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("category", sa.String(64), primary_key=True),
    sa.Column("subject", sa.String(256)),
    sa.Column("lat", sa.Float),
    sa.Column("lon", sa.Float),
    sa.Column("source", sa.String(200), nullable=False),
    sa.Column("device", sa.String(256), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_weak_signals_category_at", "category", "at"),
)
