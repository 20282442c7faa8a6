"""The timeline: what happened to a case, by whom and because of what. It is only ever added to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from casework import ids
from casework.ids import AssignmentId, CaseId, EntryId, ReportId


class EntryKind(StrEnum):
    """What can stand in a timeline, in the past tense."""

    CASE_COLLECTED = "case_collected"
    REPORT_RECEIVED = "report_received"
    REPORT_ANSWERED = "report_answered"
    SIGNAL_ADDED = "signal_added"
    PLACE_CHANGED = "place_changed"
    CASE_FILED = "case_filed"
    CREW_RECOMMENDED = "crew_recommended"
    NOBODY_ABLE = "nobody_able"
    CREW_OFFERED = "crew_offered"
    ASSIGNMENT_SENT = "assignment_sent"
    ASSIGNMENT_DELIVERED = "assignment_delivered"
    CREW_ACKNOWLEDGED = "crew_acknowledged"
    CREW_EN_ROUTE = "crew_en_route"
    CREW_ON_SCENE = "crew_on_scene"
    CREW_DECLINED = "crew_declined"
    CREW_NEEDS_HELP = "crew_needs_help"
    OFFER_EXPIRED = "offer_expired"
    CREW_WITHDRAWN = "crew_withdrawn"
    CREW_DONE = "crew_done"
    CASE_VERIFIED = "case_verified"
    CASE_CLOSED = "case_closed"
    CASE_VOIDED = "case_voided"
    CASE_MERGED = "case_merged"
    CASE_REOPENED = "case_reopened"
    CASE_PAUSED = "case_paused"
    CASE_RESUMED = "case_resumed"
    CLOCK_NEAR = "clock_near"
    CLOCK_OVER = "clock_over"
    ESCALATED = "escalated"
    NOBODY_TO_TELL = "nobody_to_tell"
    REPORTER_TOLD = "reporter_told"
    REPORTER_REACHED = "reporter_reached"
    REPORTER_CONFIRMED = "reporter_confirmed"
    REPORTER_COMPLAINED = "reporter_complained"
    CALLBACK_FAILED = "callback_failed"
    MESSAGE_FAILED = "message_failed"
    PHOTO_ADDED = "photo_added"
    NOTE_ADDED = "note_added"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a timeline.

    `actor` says who did it (`system`, `rule:<id>`, `user:<name>`, `crew:<code>`, `reporter`); `cause` names
    what brought it about (an event, a deadline, another entry), so that "why was I told at 3 a.m." has
    an answer.
    """

    id: EntryId
    case_id: CaseId
    at: datetime
    kind: EntryKind
    actor: str
    cause: str | None = None
    assignment_id: AssignmentId | None = None
    report_id: ReportId | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scribe:
    """Makes entries of one use case: the same case, instant, actor and cause."""

    case_id: CaseId
    at: datetime
    actor: str
    cause: str | None = None

    def entry(
        self,
        kind: EntryKind,
        *,
        assignment_id: AssignmentId | None = None,
        report_id: ReportId | None = None,
        **data: Any,  # noqa: ANN401  (whatever JSON the kind of entry wants to keep)
    ) -> Entry:
        """Make one entry; keyword arguments become its data."""
        return Entry(
            id=EntryId(ids.new()),
            case_id=self.case_id,
            at=self.at,
            kind=kind,
            actor=self.actor,
            cause=self.cause,
            assignment_id=assignment_id,
            report_id=report_id,
            data=data,
        )
