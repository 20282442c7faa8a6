"""What people want of our messages: none, or none at night; and what a message cost."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from casework.ids import MessageId


class Will(StrEnum):
    """What somebody said last."""

    STOP = "stop"
    START = "start"


class How(StrEnum):
    """How we came to know it."""

    TEXT = "text"
    PROVIDER = "provider"
    DESK = "desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One word of STOP or START, kept for good; the newest of an address counts."""

    id: str
    channel: str
    address: str
    at: datetime
    will: Will
    how: How
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """When somebody wants quiet, in the house's time zone, written `22:00-07:00`."""

    channel: str
    address: str
    quiet: str
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What the sending of one text cost, in millionths of the currency; unknown prices are None."""

    id: str
    message_id: MessageId
    at: datetime
    channel: str
    provider: str
    segments: int
    micros: int | None
    currency: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderStanding:
    """How a provider stands in the eyes of one process."""

    process: str
    channel: str
    provider: str
    state: str
    calls: int
    failures: int
    at: datetime
