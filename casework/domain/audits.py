"""What an auditor looks for: things that were due and did not happen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

EVERY = timedelta(seconds=60)
"""How often the house is looked through."""
LATE = timedelta(seconds=60)
"""What is due and undone for so long did not just wait for its turn."""
SILENT = timedelta(minutes=5)
"""An auditor that has not finished for so long is itself a case for an alarm."""


class Lapse(StrEnum):
    """A promise of the house that was not kept."""

    DEADLINE_OVERDUE = "deadline_overdue"
    CLOCK_WITHOUT_DEADLINE = "clock_without_deadline"
    OFFER_WITHOUT_EXPIRY = "offer_without_expiry"
    TEXT_STUCK = "text_stuck"
    EVENT_UNJUDGED = "event_unjudged"


@dataclass(frozen=True, slots=True)
class Found:
    """How many of a kind were found (counted up to a bound), and the first of them by name."""

    count: int
    first: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What is known of the auditor: when it last finished, and what it found then."""

    finished_at: datetime | None = None
    found: Mapping[str, int] = field(default_factory=dict)
