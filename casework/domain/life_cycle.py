"""The life cycle of a case as one readable table, and the moves along it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from casework.domain import errors
from casework.domain.assignments import Assignment
from casework.domain.cases import WITH_CREW, Case, CaseStatus, Disposition
from casework.ids import CaseId

S = CaseStatus

TRANSITIONS: Mapping[CaseStatus, frozenset[CaseStatus]] = {
    S.COLLECTED: frozenset({S.FILED, S.VOIDED, S.CLOSED}),
    S.FILED: frozenset({S.DISPATCHED, S.VOIDED, S.CLOSED}),
    S.DISPATCHED: frozenset({S.ACKNOWLEDGED, S.FILED, S.VOIDED, S.CLOSED}),
    S.ACKNOWLEDGED: frozenset({S.EN_ROUTE, S.ON_SCENE, S.RESOLVED, S.FILED, S.VOIDED, S.CLOSED}),
    S.EN_ROUTE: frozenset({S.ON_SCENE, S.RESOLVED, S.FILED, S.VOIDED, S.CLOSED}),
    S.ON_SCENE: frozenset({S.RESOLVED, S.FILED, S.VOIDED, S.CLOSED}),
    S.RESOLVED: frozenset({S.VERIFIED, S.FILED, S.CLOSED}),  # rework starts over
    S.VERIFIED: frozenset({S.CLOSED, S.FILED}),
    S.CLOSED: frozenset({S.FILED}),  # reopened: the same case, never a new one
    S.VOIDED: frozenset(),
}


def _move(case: Case, to: CaseStatus, action: str, now: datetime) -> Case:
    if to not in TRANSITIONS[case.status]:
        raise errors.InvalidTransition(case.status, action)
    return replace(case, status=to, changed_at=now)


def _without_crew(case: Case) -> Case:
    return replace(case, assigned_to=None, assignment_id=None)


def file(case: Case, now: datetime) -> Case:
    """Accept a collected case as work; it needs a place so that a crew can be sent."""
    if case.status is not S.COLLECTED:  # other moves lead to `filed` too
        raise errors.InvalidTransition(case.status, "filed")
    if not case.has_place:
        raise errors.Conflict("a case can be filed only when its place is known")
    return replace(_move(case, S.FILED, "filed", now), filed_at=case.filed_at or now)


def dispatch(case: Case, assignment: Assignment, now: datetime) -> Case:
    """Send one crew to the case."""
    moved = _move(case, S.DISPATCHED, "dispatched", now)
    return replace(moved, assigned_to=assignment.crew_id, assignment_id=assignment.id, redispatch=True)


def acknowledge(case: Case, assignment: Assignment, now: datetime) -> Case:
    """Record that the assigned crew accepts."""
    _must_hold(case, assignment)
    return _move(case, S.ACKNOWLEDGED, "acknowledged", now)


def set_out(case: Case, assignment: Assignment, now: datetime) -> Case:
    """Record that the crew is on its way."""
    _must_hold(case, assignment)
    return _move(case, S.EN_ROUTE, "en route", now)


def arrive(case: Case, assignment: Assignment, now: datetime) -> Case:
    """Record that the crew is on scene."""
    _must_hold(case, assignment)
    return _move(case, S.ON_SCENE, "on scene", now)


def resolve(case: Case, assignment: Assignment, disposition: Disposition, now: datetime) -> Case:
    """Record that the crew is done; the case keeps who did it until it is closed or reopened."""
    _must_hold(case, assignment)
    return replace(_move(case, S.RESOLVED, "resolved", now), disposition=disposition, paused=False)


def give_back(case: Case, assignment: Assignment, now: datetime, *, refused: bool = True) -> Case:
    """Return the case to the queue: declined, unanswered or withdrawn.

    That crew is not asked again, unless it never `refused`: an offer made by mistake says nothing of it.
    """
    _must_hold(case, assignment)
    if case.status not in WITH_CREW:
        raise errors.InvalidTransition(case.status, "returned")
    moved = _without_crew(_move(case, S.FILED, "returned", now))
    return replace(moved, refused_by=case.refused_by | {str(assignment.crew_id)}) if refused else moved


def verify(case: Case, now: datetime) -> Case:
    """Confirm the result; a person who verifies is not the one who handled it."""
    return _move(case, S.VERIFIED, "verified", now)


def close(case: Case, disposition: Disposition, now: datetime) -> Case:
    """End the case with what became of it."""
    return replace(_move(case, S.CLOSED, "closed", now), disposition=disposition, paused=False)


def void(case: Case, now: datetime) -> Case:
    """End a case that should never have been one."""
    moved = _without_crew(_move(case, S.VOIDED, "voided", now))
    return replace(moved, disposition=Disposition.CANCELLED, paused=False)


def merge(case: Case, into: CaseId, now: datetime) -> Case:
    """Close the case as a duplicate of another one."""
    return replace(close(case, Disposition.DUPLICATE, now), duplicate_of=into)


def reopen(case: Case, now: datetime) -> Case:
    """Take a done case up again on complaint; earlier refusals no longer count."""
    if case.status not in {S.RESOLVED, S.VERIFIED, S.CLOSED}:
        raise errors.InvalidTransition(case.status, "reopened")
    moved = _without_crew(_move(case, S.FILED, "reopened", now))
    return replace(
        moved, disposition=None, refused_by=frozenset(), duplicate_of=None, redispatch=False, filed_at=now
    )


def _must_hold(case: Case, assignment: Assignment) -> None:
    if case.assignment_id != assignment.id:
        raise errors.AssignedToAnotherCrew
