"""What a rule remembers of several events, and how it is held back: rows of the house's memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRow:
    """What one window remembers for one key; `memory` names the rule and what it asks.

    `due_at` is when time alone decides something; `keep_until` is when nothing in it matters any more.
    """

    name: str
    memory: str
    state: Mapping[str, Any]
    due_at: datetime | None
    keep_until: datetime
    changed_at: datetime


class RestraintKind(StrEnum):
    """Why a rule that holds does not act."""

    COOL_DOWN = "cool_down"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restraint:
    """A rule held back for one key: since when, when it is looked at again, and how long that counts."""

    kind: RestraintKind
    name: str
    since_at: datetime
    due_at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A rule that paused itself; a later version of it is not paused."""

    rule: str
    version: str
    paused_at: datetime
    reason: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsAdded:
    """Points of a party, recorded by a rule."""

    id: str
    party: str
    points: int
    at: datetime
    rule: str
    version: str
    event_seq: int
    case_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStart:
    """A plan that a rule asked for, recorded."""

    id: str
    plan: str
    at: datetime
    rule: str
    version: str
    event_seq: int
    case_id: str | None
