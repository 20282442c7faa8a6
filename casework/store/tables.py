"""The tables. Column names are the field names of the dataclasses they keep."""

import sqlalchemy as sa

from casework.domain.assignments import AssignmentState
from casework.domain.cases import CaseStatus, DispatchMode, Disposition
from casework.domain.clocks import ClockKind, Outcome
from casework.domain.crews import CrewStatus
from casework.domain.deadlines import DeadlineKind, DeadlineState
from casework.domain.events import EventState, QuarantineState
from casework.domain.messages import MessageState
from casework.domain.people import Role
from casework.domain.timeline import EntryKind
from casework.store import shapes
from casework.store.columns import Instant, Json, Word

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = sa.MetaData(naming_convention=NAMING)

Serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")
Id = sa.String(36)


def _table(name: str, *parts: sa.schema.SchemaItem) -> sa.Table:
    return sa.Table(name, metadata, *parts)


def _where(condition: str) -> dict[str, sa.TextClause]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


sources = _table(
    "sources",
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("owner", sa.String(200), nullable=False),
    sa.Column("key_hashes", Json(load=tuple, dump=list), nullable=False),
    sa.Column("scopes", Json(load=frozenset, dump=sorted), nullable=False),
    sa.Column("rate_per_s", sa.Float, nullable=False),
    sa.Column("burst", sa.Integer, nullable=False),
    sa.Column("last_seen_at", Instant),
    sa.Column("interval_s", sa.Float),
    sa.Column("silent_at", Instant),
    sa.Column("offline_since", Instant),
)

events = _table(
    "events",
    sa.Column("seq", Serial, primary_key=True, autoincrement=True),
    sa.Column("source", sa.String(200), nullable=False),
    sa.Column("event_id", sa.String(256), nullable=False),
    sa.Column("type", sa.String(64), nullable=False),
    sa.Column("subject", sa.String(256)),
    sa.Column("time", Instant),
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("state", Word(EventState), nullable=False, server_default=EventState.NEW.value),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.UniqueConstraint("source", "event_id"),
    sa.Index("ix_events_waiting", "seq", **_where("state = 'new'")),  # type: ignore[arg-type]  # dialect options
    sa.Index("ix_events_held", "source", "subject", **_where("state = 'held'")),  # type: ignore[arg-type]  # as above
)

judgements = _table(
    "judgements",
    sa.Column("event_seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("outcome", sa.String(32), nullable=False, index=True),
    sa.Column("case_id", Id, index=True),
    sa.Column("trace", Json, nullable=False),
)

quarantine = _table(
    "quarantine",
    sa.Column("id", Id, primary_key=True),
    sa.Column("source", sa.String(200), nullable=False),
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("errors", Json, nullable=False),
    sa.Column("state", Word(QuarantineState), nullable=False),
    sa.Column("settled_at", Instant),
    sa.Column("settled_by", sa.String(200)),
    sa.Index("ix_quarantine_state_id", "state", "id"),
)

areas = _table(
    "areas",
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("parent_id", sa.String(64), index=True),
    sa.Column("level", sa.String(32), nullable=False),
    sa.Column("name_zh", sa.String(200), nullable=False),
    sa.Column("name_en", sa.String(200), nullable=False),
    sa.Column("boundary", Json),
    sa.Column("synthetic", sa.Boolean, nullable=False),
)

assets = _table(
    "assets",
    sa.Column("id", sa.String(128), primary_key=True),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("name_zh", sa.String(200), nullable=False),
    sa.Column("name_en", sa.String(200), nullable=False),
    sa.Column("lat", sa.Float, nullable=False),
    sa.Column("lon", sa.Float, nullable=False),
    sa.Column("area_id", sa.String(64), index=True),
    sa.Column("attributes", Json, nullable=False),
    sa.Column("senses", sa.String(128)),
    sa.Index("ix_assets_kind_id", "kind", "id"),
)

counters = _table(
    "counters",
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

cases = _table(
    "cases",
    sa.Column("id", Id, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False, unique=True),
    sa.Column("public_code", sa.String(16), nullable=False, unique=True),
    sa.Column("category", sa.String(64), nullable=False),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("status", Word(CaseStatus), nullable=False),
    sa.Column("mode", Word(DispatchMode), nullable=False),
    sa.Column("lat", sa.Float),
    sa.Column("lon", sa.Float),
    sa.Column("address", sa.String(500)),
    sa.Column("area_id", sa.String(64), index=True),
    sa.Column("subject", sa.String(256)),
    sa.Column("rule_id", sa.String(128)),
    sa.Column("rule_version", sa.String(64)),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("filed_at", Instant),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("capabilities", Json(load=frozenset, dump=sorted), nullable=False),
    sa.Column("targets", Json, nullable=False),
    sa.Column("warn_at", sa.Float, nullable=False),
    sa.Column("escalation", Json(shapes.load_chain, shapes.dump_chain), nullable=False),
    sa.Column("offer_timeout_s", sa.Float, nullable=False),
    sa.Column("needs_verification", sa.Boolean, nullable=False),
    sa.Column("assigned_to", Id),
    sa.Column("assignment_id", Id),
    sa.Column("disposition", Word(Disposition)),
    sa.Column("duplicate_of", Id),
    sa.Column("reporters", sa.Integer, nullable=False),
    sa.Column("signals", sa.Integer, nullable=False),
    sa.Column("refused_by", Json(load=frozenset, dump=sorted), nullable=False),
    sa.Column("redispatch", sa.Boolean, nullable=False),
    sa.Column("paused", sa.Boolean, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.CheckConstraint("priority between 1 and 4", name="priority"),
    sa.CheckConstraint("status <> 'dispatched' or assignment_id is not null", name="dispatched_has_crew"),
    sa.Index("ix_cases_category_status_lat", "category", "status", "lat"),
    sa.Index("ix_cases_status", "status"),
    sa.Index("ix_cases_opened_at", "opened_at"),
)

reports = _table(
    "reports",
    sa.Column("id", Id, primary_key=True),
    sa.Column("case_id", Id, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("event_seq", sa.BigInteger),
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("channel", sa.String(32)),
    sa.Column("address", sa.String(200)),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("name", sa.String(100)),
    sa.Column("media", Json(load=tuple, dump=list), nullable=False),
    sa.Column("answered_at", Instant),
    sa.Column("reached_at", Instant),
    sa.Column("confirmed", sa.Boolean),
    sa.Index("ix_reports_channel_address", "channel", "address"),
)

timeline = _table(
    "timeline",
    sa.Column("seq", Serial, primary_key=True, autoincrement=True),
    sa.Column("id", Id, nullable=False, unique=True),
    sa.Column("case_id", Id, sa.ForeignKey("cases.id"), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("kind", Word(EntryKind), nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("cause", sa.String(500)),
    sa.Column("assignment_id", Id),
    sa.Column("report_id", Id),
    sa.Column("data", Json, nullable=False),
    sa.Index("ix_timeline_case_id_seq", "case_id", "seq"),
)

clocks = _table(
    "clocks",
    sa.Column("id", Id, primary_key=True),
    sa.Column("case_id", Id, sa.ForeignKey("cases.id"), nullable=False),
    sa.Column("kind", Word(ClockKind), nullable=False),
    sa.Column("target_s", sa.Float, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("started_by", Id, nullable=False),
    sa.Column("assignment_id", Id),
    sa.Column("report_id", Id),
    sa.Column("pauses", Json(shapes.load_pauses, shapes.dump_pauses), nullable=False),
    sa.Column("stopped_at", Instant),
    sa.Column("stopped_by", Id),
    sa.Column("outcome", Word(Outcome)),
    sa.Index("ix_clocks_case_id", "case_id"),
    sa.Index("ix_clocks_kind_started_at", "kind", "started_at"),
)

deadlines = _table(
    "deadlines",
    sa.Column("id", Id, primary_key=True),
    sa.Column("case_id", Id, sa.ForeignKey("cases.id"), nullable=False),
    sa.Column("kind", Word(DeadlineKind), nullable=False),
    sa.Column("ref", Id, nullable=False),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("state", Word(DeadlineState), nullable=False),
    sa.Column("settled_at", Instant),
    sa.UniqueConstraint("kind", "ref", "step"),
    sa.Index("ix_deadlines_pending", "due_at", **_where("state = 'pending'")),  # type: ignore[arg-type]  # dialect options
    sa.Index("ix_deadlines_case_id", "case_id"),
)

crews = _table(
    "crews",
    sa.Column("id", Id, primary_key=True),
    sa.Column("code", sa.String(32), nullable=False, unique=True),
    sa.Column("name_zh", sa.String(200), nullable=False),
    sa.Column("name_en", sa.String(200), nullable=False),
    sa.Column("capabilities", Json(load=frozenset, dump=sorted), nullable=False),
    sa.Column("phone", sa.String(32), index=True),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("status", Word(CrewStatus), nullable=False),
    sa.Column("status_since", Instant, nullable=False),
    sa.Column("lat", sa.Float),
    sa.Column("lon", sa.Float),
    sa.Column("position_at", Instant),
    sa.Column("home_area", sa.String(64)),
    sa.Column("capacity", sa.Integer, nullable=False),
    sa.Column("mutual_aid", sa.Boolean, nullable=False),
)

shifts = _table(
    "shifts",
    sa.Column("crew_id", Id, sa.ForeignKey("crews.id"), primary_key=True),
    sa.Column("starts_at", Instant, primary_key=True),
    sa.Column("ends_at", Instant, nullable=False),
    sa.Index("ix_shifts_ends_at", "ends_at"),
)

assignments = _table(
    "assignments",
    sa.Column("id", Id, primary_key=True),
    sa.Column("case_id", Id, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("crew_id", Id, sa.ForeignKey("crews.id"), nullable=False),
    sa.Column("state", Word(AssignmentState), nullable=False),
    sa.Column("offered_at", Instant, nullable=False),
    sa.Column("offered_by", sa.String(200), nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("eta_s", sa.Float),
    sa.Column("eta_source", sa.String(32)),
    sa.Column("explanation", Json),
    sa.Column("sent_at", Instant),
    sa.Column("delivered_at", Instant),
    sa.Column("acknowledged_at", Instant),
    sa.Column("en_route_at", Instant),
    sa.Column("on_scene_at", Instant),
    sa.Column("ended_at", Instant),
    sa.Column("clear_reason", sa.String(200)),
    sa.Index("ix_assignments_crew_id_state", "crew_id", "state"),
    sa.Index(
        "uq_assignments_active_case",
        "case_id",
        unique=True,
        **_where("state in ('offered', 'acknowledged', 'en_route', 'on_scene')"),  # type: ignore[arg-type]  # dialect options
    ),
)

recommendations = _table(
    "recommendations",
    sa.Column("case_id", Id, sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("crew_id", Id),
    sa.Column("at", Instant, nullable=False),
    sa.Column("eta_s", sa.Float),
    sa.Column("reason", sa.String(64)),
    sa.Column("explanation", Json, nullable=False),
)

links = _table(
    "links",
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("assignment_id", Id, sa.ForeignKey("assignments.id"), nullable=False, index=True),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("revoked_at", Instant),
)

messages = _table(
    "messages",
    sa.Column("id", Id, primary_key=True),
    sa.Column("case_id", Id, index=True),
    sa.Column("purpose", sa.String(64), nullable=False),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("address", sa.String(200), nullable=False),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("segments", sa.Integer, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("state", Word(MessageState), nullable=False),
    sa.Column("assignment_id", Id, index=True),
    sa.Column("report_id", Id),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_attempt_at", Instant),
    sa.Column("attempt_at", Instant),
    sa.Column("valid_until", Instant),
    sa.Column("sent_at", Instant),
    sa.Column("delivered_at", Instant),
    sa.Column("provider_id", sa.String(64)),
    sa.Column("error", sa.String(500)),
    sa.Column("secret", sa.String(64)),
    # SQLite takes a partial index only where the query has one of its OR's terms: it does not see into IN.
    sa.Index(
        "ix_messages_waiting",
        "state",
        "next_attempt_at",
        "id",
        **_where("state = 'new' or state = 'sending'"),  # type: ignore[arg-type]  # dialect options
    ),
    sa.Index("ix_messages_channel_address", "channel", "address", "id"),
    # Whether an earlier text to the same person still waits: one index a state, as SQLite wants it.
    sa.Index("ix_messages_new_address", "channel", "address", "id", **_where("state = 'new'")),  # type: ignore[arg-type]  # dialect options
    sa.Index("ix_messages_sending_address", "channel", "address", "id", **_where("state = 'sending'")),  # type: ignore[arg-type]  # dialect options
    sa.Index("uq_messages_channel_provider_id", "channel", "provider_id", unique=True),
)

deliveries = _table(
    "deliveries",
    sa.Column("id", Id, primary_key=True),
    sa.Column("message_id", Id, nullable=False, index=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("what", sa.String(32), nullable=False),
    sa.Column("detail", Json, nullable=False),
)

conversations = _table(
    "conversations",
    sa.Column("channel", sa.String(32), primary_key=True),
    sa.Column("user_key", sa.String(200), primary_key=True),
    sa.Column("state", Json, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
)

inbound = _table(
    "inbound",
    sa.Column("channel", sa.String(32), primary_key=True),
    sa.Column("message_id", sa.String(200), primary_key=True),
    sa.Column("user_key", sa.String(200), nullable=False),
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("body", Json, nullable=False),
    sa.Column("answer", Json),
)

users = _table(
    "users",
    sa.Column("id", Id, primary_key=True),
    sa.Column("name", sa.String(64), nullable=False, unique=True),
    sa.Column("display_name", sa.String(100), nullable=False),
    sa.Column("role", Word(Role), nullable=False),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("language", sa.String(8)),
    sa.Column("phone", sa.String(32)),
    sa.Column("active", sa.Boolean, nullable=False),
)

sessions = _table(
    "sessions",
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("user_id", Id, sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False, index=True),
)

idempotency = _table(
    "idempotency",
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("principal", sa.String(200), primary_key=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False, index=True),
)

alarms = _table(
    "alarms",
    sa.Column("id", Id, primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("key", sa.String(500), nullable=False),
    sa.Column("data", Json, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Index("uq_alarms_open", "kind", "key", unique=True, **_where("ended_at is null")),  # type: ignore[arg-type]  # dialect options
)

heartbeats = _table(
    "heartbeats",
    sa.Column("process", sa.String(100), primary_key=True),
    sa.Column("role", sa.String(32), nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("beat_at", Instant, nullable=False),
)
