"""A text to send: a row of the outbox, written in the transaction that wants it sent."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from casework.ids import AssignmentId, CaseId, ClockId, MessageId, ReportId


class MessageState(StrEnum):
    """`new -> sending -> sent -> delivered`; `sending` without an answer means: outcome unknown."""

    NEW = "new"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


WAITING = frozenset({MessageState.NEW, MessageState.SENDING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One text to one address; `purpose` is the key of its template."""

    id: MessageId
    case_id: CaseId | None
    purpose: str
    channel: str
    address: str
    language: str
    body: str
    segments: int
    created_at: datetime
    state: MessageState = MessageState.NEW
    assignment_id: AssignmentId | None = None
    report_id: ReportId | None = None
    attempts: int = 0
    next_attempt_at: datetime | None = None
    attempt_at: datetime | None = None
    valid_until: datetime | None = None
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    provider_id: str | None = None
    error: str | None = None
    clock_id: ClockId | None = None
    """The clock that the text warns of; when it stops, a text that still waits is called off."""
    secret: str | None = None
    """The link's token as it stands in the body; it is struck out of both once the text is sent."""
