"""What is due at an instant: an indexed row, written with the case, claimed by compare-and-swap."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from casework import ids
from casework.ids import AssignmentId, CaseId, ClockId, DeadlineId


class DeadlineKind(StrEnum):
    """What a deadline is for."""

    CLOCK = "clock"
    OFFER = "offer"
    CALLBACK = "callback"
    CLOSING = "closing"


class DeadlineState(StrEnum):
    """A deadline fires once, or is coalesced into a later step of its clock, or is cancelled."""

    PENDING = "pending"
    FIRED = "fired"
    COALESCED = "coalesced"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """One thing that is due; `ref` names the clock, assignment or report it is about."""

    id: DeadlineId
    case_id: CaseId
    kind: DeadlineKind
    ref: str
    step: int
    due_at: datetime
    state: DeadlineState = DeadlineState.PENDING
    settled_at: datetime | None = None

    @classmethod
    def of_clock(cls, clock_id: ClockId, case_id: CaseId, *, step: int, due_at: datetime) -> Self:
        """Make the deadline of one escalation step of a clock."""
        return cls._make(DeadlineKind.CLOCK, clock_id, case_id, step, due_at)

    @classmethod
    def of_offer(cls, assignment_id: AssignmentId, case_id: CaseId, *, due_at: datetime) -> Self:
        """Make the deadline by which an offer must be answered."""
        return cls._make(DeadlineKind.OFFER, assignment_id, case_id, 0, due_at)

    @classmethod
    def of_callback(cls, report_id: str, case_id: CaseId, *, attempt: int, due_at: datetime) -> Self:
        """Make the instant at which a reporter who was not reached is tried again."""
        return cls._make(DeadlineKind.CALLBACK, report_id, case_id, attempt, due_at)

    @classmethod
    def of_closing(cls, entry_id: str, case_id: CaseId, *, due_at: datetime) -> Self:
        """Make the instant at which a done case closes although its reporters kept silent."""
        return cls._make(DeadlineKind.CLOSING, entry_id, case_id, 0, due_at)

    @classmethod
    def _make(cls, kind: DeadlineKind, ref: str, case_id: CaseId, step: int, due_at: datetime) -> Self:
        return cls(id=DeadlineId(ids.new()), case_id=case_id, kind=kind, ref=ref, step=step, due_at=due_at)
