"""One crew sent to one case: offered, answered, on its way, done."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from casework.domain import errors
from casework.domain.crews import CrewStatus
from casework.ids import AssignmentId, CaseId, CrewId


class AssignmentState(StrEnum):
    """How far one assignment is."""

    OFFERED = "offered"
    ACKNOWLEDGED = "acknowledged"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    DONE = "done"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


A = AssignmentState
CREW_STATUS: Mapping[AssignmentState, CrewStatus] = {
    A.OFFERED: CrewStatus.NOTIFIED,
    A.ACKNOWLEDGED: CrewStatus.ACKNOWLEDGED,
    A.EN_ROUTE: CrewStatus.EN_ROUTE,
    A.ON_SCENE: CrewStatus.ON_SCENE,
}
"""What an assignment makes its crew do while it lasts."""
ACTIVE = frozenset({A.OFFERED, A.ACKNOWLEDGED, A.EN_ROUTE, A.ON_SCENE})

TRANSITIONS: Mapping[AssignmentState, frozenset[AssignmentState]] = {
    A.OFFERED: frozenset({A.ACKNOWLEDGED, A.DECLINED, A.EXPIRED, A.WITHDRAWN}),
    A.ACKNOWLEDGED: frozenset({A.EN_ROUTE, A.ON_SCENE, A.DONE, A.DECLINED, A.WITHDRAWN}),
    A.EN_ROUTE: frozenset({A.ON_SCENE, A.DONE, A.DECLINED, A.WITHDRAWN}),
    A.ON_SCENE: frozenset({A.DONE, A.DECLINED, A.WITHDRAWN}),
    A.DONE: frozenset(),
    A.DECLINED: frozenset(),
    A.EXPIRED: frozenset(),
    A.WITHDRAWN: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One crew sent to one case, with the reasons for the choice kept as data."""

    id: AssignmentId
    case_id: CaseId
    crew_id: CrewId
    state: AssignmentState
    offered_at: datetime
    offered_by: str
    expires_at: datetime
    eta_s: float | None = None
    eta_source: str | None = None
    explanation: Mapping[str, Any] | None = None
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    acknowledged_at: datetime | None = None
    en_route_at: datetime | None = None
    on_scene_at: datetime | None = None
    ended_at: datetime | None = None
    clear_reason: str | None = None


_STAMP: Mapping[AssignmentState, str] = {
    A.ACKNOWLEDGED: "acknowledged_at",
    A.EN_ROUTE: "en_route_at",
    A.ON_SCENE: "on_scene_at",
}


def move(
    assignment: Assignment, to: AssignmentState, now: datetime, *, clear_reason: str | None = None
) -> Assignment:
    """Take an assignment to its next state and stamp the time; refuse what its state does not allow."""
    if to not in TRANSITIONS[assignment.state]:
        raise errors.Conflict(f"an assignment that is {assignment.state} cannot become {to}")
    stamp = _STAMP.get(to)
    if stamp is not None:
        changes: dict[str, Any] = {stamp: now}
        return replace(assignment, state=to, **changes)
    return replace(assignment, state=to, ended_at=now, clear_reason=clear_reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """The crew to send to a waiting case, or nobody, with the reasons."""

    case_id: CaseId
    crew_id: CrewId | None
    at: datetime
    eta_s: float | None
    reason: str | None
    explanation: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A crew's action link; only the token's hash is kept."""

    token_hash: str
    assignment_id: AssignmentId
    expires_at: datetime
    revoked_at: datetime | None = None
