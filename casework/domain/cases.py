"""The case: the unit of work, with all that it depends on frozen into it at its start."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from casework.domain.escalation import EscalationStep
from casework.ids import AreaId, AssignmentId, CaseId, CrewId


class CaseStatus(StrEnum):
    """Where a case stands in its life cycle (GB/T 30428 in short)."""

    COLLECTED = "collected"
    FILED = "filed"
    DISPATCHED = "dispatched"
    ACKNOWLEDGED = "acknowledged"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    RESOLVED = "resolved"
    VERIFIED = "verified"
    CLOSED = "closed"
    VOIDED = "voided"


ENDED = frozenset({CaseStatus.CLOSED, CaseStatus.VOIDED})
WITH_CREW = frozenset(
    {CaseStatus.DISPATCHED, CaseStatus.ACKNOWLEDGED, CaseStatus.EN_ROUTE, CaseStatus.ON_SCENE}
)
JOINABLE = frozenset({CaseStatus.COLLECTED, CaseStatus.FILED}) | WITH_CREW
"""A new report of the same thing joins a case in these: until a crew says it is done."""


class DispatchMode(StrEnum):
    """Who decides that a crew is sent."""

    SUGGEST = "suggest"
    AUTOMATIC = "automatic"
    MANUAL = "manual"


class Disposition(StrEnum):
    """How a case ended, apart from its status: closed is not fixed."""

    RESOLVED = "resolved"
    PARTLY_RESOLVED = "partly_resolved"
    UNFOUNDED = "unfounded"
    NOT_RESPONSIBLE = "not_responsible"
    DUPLICATE = "duplicate"
    SELF_CORRECTED = "self_corrected"
    CANNOT_FIX = "cannot_fix"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One piece of work for the district; `version` counts its saved changes."""

    id: CaseId
    number: int
    public_code: str
    category: str
    title: str
    priority: int
    status: CaseStatus
    mode: DispatchMode
    lat: float | None
    lon: float | None
    address: str | None
    area_id: AreaId | None
    subject: str | None
    rule_id: str | None
    rule_version: str | None
    opened_at: datetime
    filed_at: datetime | None
    changed_at: datetime
    capabilities: frozenset[str]
    targets: Mapping[str, float]
    warn_at: float
    escalation: tuple[EscalationStep, ...]
    offer_timeout_s: float
    needs_verification: bool
    assigned_to: CrewId | None = None
    assignment_id: AssignmentId | None = None
    disposition: Disposition | None = None
    duplicate_of: CaseId | None = None
    reporters: int = 0
    signals: int = 0
    refused_by: frozenset[str] = frozenset()
    redispatch: bool = False
    paused: bool = False
    version: int = 1

    @property
    def has_place(self) -> bool:
        """Whether a crew can be sent: the position is known."""
        return self.lat is not None and self.lon is not None
