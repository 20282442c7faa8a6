"""What comes in from outside: CloudEvents, not yet work."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class EventState(StrEnum):
    """What has become of an event."""

    NEW = "new"
    JUDGED = "judged"
    FAILED = "failed"
    HELD = "held"
    """Kept and not judged, for its device sent more than it may; a person may let it be judged after all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event that passed its schema; `body` is the JSON text of its data."""

    source: str
    event_id: str
    type: str
    subject: str | None
    time: datetime | None
    received_at: datetime
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event as it stands in the inbox."""

    seq: int
    source: str
    event_id: str
    type: str
    subject: str | None
    time: datetime | None
    received_at: datetime
    data: Mapping[str, Any]
    state: EventState = EventState.NEW
    attempts: int = 0

    @property
    def name(self) -> str:
        """How causes name this event."""
        return f"event:{self.source}/{self.event_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the rules made of an event, "nothing matched" included, with the trace."""

    event_seq: int
    at: datetime
    outcome: str
    case_id: str | None
    trace: Mapping[str, Any]


class QuarantineState(StrEnum):
    """A quarantined event waits, was mended and re-submitted, or was discarded with a reason."""

    WAITING = "waiting"
    RESUBMITTED = "resubmitted"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """An event that failed its schema, kept whole with what was wrong, for a person to mend."""

    id: str
    source: str
    received_at: datetime
    body: str
    detail: str
    errors: Mapping[str, Any]
    state: QuarantineState = QuarantineState.WAITING
    settled_at: datetime | None = None
    settled_by: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """How many events were new and how many were known already."""

    accepted: int
    duplicates: int
