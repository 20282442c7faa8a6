"""The tables of rules: versions, publications, drafts, trials, rehearsals, findings."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def instant() -> sa.types.TypeEngine[Any]:
    return sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def document() -> sa.types.TypeEngine[Any]:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "device_weights",
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("device", sa.String(length=256), nullable=False),
        sa.Column("weak", sa.Boolean(), nullable=False),
        sa.Column("floor", sa.Float(), nullable=True),
        sa.Column("since", instant(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("source", "device", name=op.f("pk_device_weights")),
    )
    op.create_table(
        "rehearsals",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("pack", sa.String(length=128), nullable=False),
        sa.Column("rule_id", sa.String(length=128), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("starts_at", instant(), nullable=False),
        sa.Column("ends_at", instant(), nullable=False),
        sa.Column("asked_at", instant(), nullable=False),
        sa.Column("asked_by", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("part", sa.Float(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("beat_at", instant(), nullable=True),
        sa.Column("ended_at", instant(), nullable=True),
        sa.Column("report", document(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rehearsals")),
    )
    op.create_index("ix_rehearsals_pack_rule_id", "rehearsals", ["pack", "rule_id", "id"], unique=False)
    op.create_index("ix_rehearsals_state_id", "rehearsals", ["state", "id"], unique=False)
    op.create_table(
        "rule_disk",
        sa.Column("pack", sa.String(length=128), nullable=False),
        sa.Column("rule_id", sa.String(length=128), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("pack", "rule_id", name=op.f("pk_rule_disk")),
    )
    op.create_table(
        "rule_drafts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("pack", sa.String(length=128), nullable=False),
        sa.Column("rule_id", sa.String(length=128), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("based_on", sa.String(length=36), nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("made_at", instant(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", instant(), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("proposed_by", sa.String(length=200), nullable=True),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_drafts")),
    )
    op.create_index("ix_rule_drafts_state_id", "rule_drafts", ["state", "id"], unique=False)
    op.create_table(
        "rule_trials",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("pack", sa.String(length=128), nullable=False),
        sa.Column("rule_id", sa.String(length=128), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("area_id", sa.String(length=64), nullable=True),
        sa.Column("starts_at", instant(), nullable=False),
        sa.Column("ends_at", instant(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("stopped_at", instant(), nullable=True),
        sa.Column("stopped_by", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_trials")),
    )
    op.create_index(op.f("ix_rule_trials_ends_at"), "rule_trials", ["ends_at"], unique=False)
    op.create_table(
        "rule_versions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("pack", sa.String(length=128), nullable=False),
        sa.Column("rule_id", sa.String(length=128), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("title", document(), nullable=False),
        sa.Column("at", instant(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_versions")),
        sa.UniqueConstraint(
            "pack", "rule_id", "version", "digest", name=op.f("uq_rule_versions_pack_rule_id_version_digest")
        ),
    )
    op.create_table(
        "weak_signals",
        sa.Column("event_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=256), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("device", sa.String(length=256), nullable=False),
        sa.Column("at", instant(), nullable=False),
        sa.PrimaryKeyConstraint("event_seq", "category", name=op.f("pk_weak_signals")),
    )
    op.create_index("ix_weak_signals_category_at", "weak_signals", ["category", "at"], unique=False)
    op.create_table(
        "findings",
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("pack", sa.String(length=128), nullable=True),
        sa.Column("rule_id", sa.String(length=128), nullable=False),
        sa.Column("rule_version", sa.String(length=64), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("device", sa.String(length=256), nullable=True),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("found", sa.Boolean(), nullable=False),
        sa.Column("at", instant(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_findings_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_findings")),
    )
    op.create_index(op.f("ix_findings_at"), "findings", ["at"], unique=False)
    op.create_index("ix_findings_rule_id", "findings", ["rule_id", "at"], unique=False)
    op.create_index("ix_findings_source_device", "findings", ["source", "device", "at"], unique=False)
    op.create_table(
        "rule_publications",
        sa.Column("generation", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("pack", sa.String(length=128), nullable=False),
        sa.Column("rule_id", sa.String(length=128), nullable=False),
        sa.Column("version_id", sa.String(length=36), nullable=True),
        sa.Column("at", instant(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("approved_by", sa.String(length=200), nullable=True),
        sa.Column("why", sa.String(32), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["rule_versions.id"], name=op.f("fk_rule_publications_version_id")
        ),
        sa.PrimaryKeyConstraint("generation", name=op.f("pk_rule_publications")),
    )
    op.create_index(
        "ix_rule_publications_pack_rule_id",
        "rule_publications",
        ["pack", "rule_id", "generation"],
        unique=False,
    )
    op.create_table(
        "rule_trial_counts",
        sa.Column("trial_id", sa.String(length=36), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("judged", sa.BigInteger(), nullable=False),
        sa.Column("live", sa.BigInteger(), nullable=False),
        sa.Column("draft", sa.BigInteger(), nullable=False),
        sa.Column("only_live", sa.BigInteger(), nullable=False),
        sa.Column("only_draft", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["trial_id"], ["rule_trials.id"], name=op.f("fk_rule_trial_counts_trial_id")),
        sa.PrimaryKeyConstraint("trial_id", "day", name=op.f("pk_rule_trial_counts")),
    )
    op.create_table(
        "rule_trial_samples",
        sa.Column("trial_id", sa.String(length=36), nullable=False),
        sa.Column("event_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("draft", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["trial_id"], ["rule_trials.id"], name=op.f("fk_rule_trial_samples_trial_id")
        ),
        sa.PrimaryKeyConstraint("trial_id", "event_seq", name=op.f("pk_rule_trial_samples")),
    )
    # ### end Alembic commands ###


def downgrade() -> None:
    op.drop_table("rule_trial_samples")
    op.drop_table("rule_trial_counts")
    op.drop_index("ix_rule_publications_pack_rule_id", table_name="rule_publications")
    op.drop_table("rule_publications")
    op.drop_index("ix_findings_source_device", table_name="findings")
    op.drop_index("ix_findings_rule_id", table_name="findings")
    op.drop_index(op.f("ix_findings_at"), table_name="findings")
    op.drop_table("findings")
    op.drop_index("ix_weak_signals_category_at", table_name="weak_signals")
    op.drop_table("weak_signals")
    op.drop_table("rule_versions")
    op.drop_index(op.f("ix_rule_trials_ends_at"), table_name="rule_trials")
    op.drop_table("rule_trials")
    op.drop_index("ix_rule_drafts_state_id", table_name="rule_drafts")
    op.drop_table("rule_drafts")
    op.drop_table("rule_disk")
    op.drop_index("ix_rehearsals_state_id", table_name="rehearsals")
    op.drop_index("ix_rehearsals_pack_rule_id", table_name="rehearsals")
    op.drop_table("rehearsals")
    op.drop_table("device_weights")
    # ### end Alembic commands ###
