"""Sending crews: offers and their end, and a dispatcher's own choice."""

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from casework import ids
from casework.clock import Clock
from casework.domain import crews, errors, life_cycle
from casework.domain.assignments import ACTIVE, CREW_STATUS, Assignment, AssignmentState, Link
from casework.domain.cases import Case, CaseStatus
from casework.domain.crews import Crew, CrewStatus
from casework.domain.deadlines import Deadline
from casework.domain.timeline import EntryKind, Scribe
from casework.ids import AssignmentId, CaseId, CrewId
from casework.services import chronicling, posing, telling
from casework.services.house import House
from casework.services.ports import UnitOfWork, UnitsOfWork
from notifications import tokens
from routing.plan import Explanation

log = structlog.get_logger(__name__)

_REASON = 200
"""Characters of a reason that stand with the assignment; the timeline keeps all of it."""


def dispatch_recommended(
    case_id: CaseId, *, actor: str, uows: UnitsOfWork, house: House, clock: Clock, version: int | None = None
) -> Assignment:
    """Send the recommended crew: the dispatcher's one key."""
    with uows(reading=True) as uow:
        recommendation = uow.recommendations.find(case_id)
    if recommendation is None or recommendation.crew_id is None:
        raise errors.NoRecommendation
    return assign(
        case_id, recommendation.crew_id, actor=actor, uows=uows, house=house, clock=clock, version=version
    )


def assign(
    case_id: CaseId,
    crew_id: CrewId,
    *,
    actor: str,
    uows: UnitsOfWork,
    house: House,
    clock: Clock,
    version: int | None = None,
) -> Assignment:
    """Send a crew of the dispatcher's choice; a crew that is busy or off shift is refused."""
    now = clock()
    with uows() as uow:
        case = uow.cases.lock(case_id)
        if version is not None and case.version != version:
            raise errors.StaleVersion
        crew = uow.crews.lock(crew_id)
        if not is_free(uow, crew):
            raise errors.CrewNotAble(f"crew {crew.code} is {crew.status} and cannot be sent now")
        on_shift = [shift for shift in uow.crews.shifts_at(now) if shift.crew_id == crew_id]
        if crews.shift_end(on_shift, now) is None:
            raise errors.CrewNotAble(f"crew {crew.code} is off shift")
        why = posing.explain(case, uow, house, now)
        assignment = offer(
            uow, house, case, crew, Scribe(case_id, now, actor), eta_s=_eta(why, crew_id), why=why
        )
        uow.commit()
    log.info("crew_assigned", case_id=case_id, crew=crew.code, actor=actor)
    return assignment


def offer(
    uow: UnitOfWork,
    house: House,
    case: Case,
    crew: Crew,
    scribe: Scribe,
    *,
    eta_s: float | None,
    why: Explanation,
) -> Assignment:
    """Offer a filed case to a free crew inside a transaction of the caller, with the reasons kept."""
    now = scribe.at
    assignment = Assignment(
        id=AssignmentId(ids.new()),
        case_id=case.id,
        crew_id=crew.id,
        state=AssignmentState.OFFERED,
        offered_at=now,
        offered_by=scribe.actor,
        expires_at=now + timedelta(seconds=case.offer_timeout_s),
        eta_s=eta_s,
        eta_source=why.eta_source,
        explanation=why.to_json(),
    )
    dispatched = uow.cases.save(life_cycle.dispatch(case, assignment, now))
    uow.assignments.add(assignment)
    show_status(uow, crew, now)
    leave_queue(uow, case.id, now)
    token = tokens.new_token()
    uow.links.add(
        Link(
            token_hash=tokens.hash_token(token), assignment_id=assignment.id, expires_at=now + house.link_life
        )
    )
    uow.deadlines.arm([Deadline.of_offer(assignment.id, case.id, due_at=assignment.expires_at)])
    telling.tell_crew(uow, house, dispatched, crew, assignment, token=token, now=now)
    entry = scribe.entry(
        EntryKind.CREW_OFFERED,
        assignment_id=assignment.id,
        crew=crew.code,
        eta_s=eta_s,
        expires_at=assignment.expires_at.isoformat(),
    )
    chronicling.record(uow, dispatched, entry)
    return assignment


def is_free(uow: UnitOfWork, crew: Crew) -> bool:
    """Tell whether a crew may be given one more case now."""
    return crews.takes_more(crew, len(uow.assignments.active_of_crew(crew.id)))


def show_status(uow: UnitOfWork, crew: Crew, now: datetime) -> None:
    """Let a crew's status follow from the assignments that it holds; one out of service stays so."""
    held = uow.assignments.active_of_crew(crew.id)
    status = crews.busiest(CREW_STATUS[assignment.state] for assignment in held)
    if crew.status not in {status, CrewStatus.OUT_OF_SERVICE}:
        uow.crews.save(replace(crew, status=status, status_since=now))


def _eta(why: Explanation, crew_id: CrewId) -> float | None:
    looked_at = (why.chosen, *why.others) if why.chosen else why.others
    return next((seen.eta_s for seen in looked_at if seen.crew_id == crew_id), None)


def expire_offer(uow: UnitOfWork, case: Case, assignment: Assignment, scribe: Scribe) -> Case:
    """Take an unanswered offer back; the case waits again and the next decision asks the next crew."""
    if assignment.state is not AssignmentState.OFFERED or case.assignment_id != assignment.id:
        return case
    return give_back(
        uow, case, assignment, AssignmentState.EXPIRED, EntryKind.OFFER_EXPIRED, scribe, "unanswered"
    )


def give_back(
    uow: UnitOfWork,
    case: Case,
    assignment: Assignment,
    state: AssignmentState,
    kind: EntryKind,
    scribe: Scribe,
    reason: str,
    *,
    refused: bool = True,
) -> Case:
    """End an assignment without a result and return its case to the queue."""
    end_assignment(uow, assignment, state, scribe.at, reason)
    returned = uow.cases.save(life_cycle.give_back(case, assignment, scribe.at, refused=refused))
    entry = scribe.entry(kind, assignment_id=assignment.id, crew=str(assignment.crew_id), reason=reason)
    chronicling.record(uow, returned, entry)
    return returned


def end_assignment(
    uow: UnitOfWork, assignment: Assignment, state: AssignmentState, now: datetime, reason: str | None
) -> None:
    """End an assignment, free its crew, void its links and cancel what it still had to say."""
    uow.assignments.save(
        replace(assignment, state=state, ended_at=now, clear_reason=reason and reason[:_REASON])
        if assignment.state in ACTIVE
        else assignment
    )
    uow.links.revoke_of(assignment.id, now)
    uow.messages.cancel_of(assignment.id, now)
    uow.deadlines.silence([assignment.id], now)
    show_status(uow, uow.crews.lock(assignment.crew_id), now)


def leave_queue(uow: UnitOfWork, case_id: CaseId, now: datetime) -> None:
    """Forget what was decided of a case that waits no longer."""
    uow.recommendations.drop(case_id)
    uow.alarms.end("nobody_able", case_id, now)


def call_off(uow: UnitOfWork, house: House, case: Case, assignment: Assignment, scribe: Scribe) -> None:
    """Tell a crew that was told to come that it need not; one that never heard is not disturbed."""
    if assignment.sent_at is not None:
        telling.tell_crew_withdrawn(uow, house, case, uow.crews.get(assignment.crew_id), now=scribe.at)


def withdraw(
    case_id: CaseId, *, actor: str, reason: str, uows: UnitsOfWork, house: House, clock: Clock
) -> Case:
    """Take the case away from its crew, tell the crew, and let it wait for another."""
    now = clock()
    with uows() as uow:
        case = uow.cases.lock(case_id)
        if case.assignment_id is None or case.status not in {
            CaseStatus.DISPATCHED,
            CaseStatus.ACKNOWLEDGED,
            CaseStatus.EN_ROUTE,
            CaseStatus.ON_SCENE,
        }:
            raise errors.InvalidTransition(case.status, "withdrawn from a crew")
        assignment = uow.assignments.get(case.assignment_id)
        returned = _take_off(uow, house, case, assignment, Scribe(case_id, now, actor), reason, refused=True)
        uow.commit()
    return returned


def take_back_offer(
    case_id: CaseId,
    assignment_id: AssignmentId,
    *,
    actor: str,
    uows: UnitsOfWork,
    house: House,
    clock: Clock,
) -> Assignment:
    """Undo an offer that the crew has not answered; answer it as it was, `sent_at` telling who heard of it.

    Whoever comes first counts, the crew's tap or the undo: the state is read under the case's lock. The crew
    has not refused anything, so it may be recommended again.
    """
    with uows() as uow:
        case = uow.cases.lock(case_id)
        offered = uow.assignments.get(assignment_id)
        if case.assignment_id != assignment_id or offered.state is not AssignmentState.OFFERED:
            raise errors.InvalidTransition(case.status, "taken back from a crew that has answered")
        _take_off(uow, house, case, offered, Scribe(case_id, clock(), actor), "undo", refused=False)
        uow.commit()
    log.info("offer_taken_back", case_id=case_id, assignment_id=assignment_id, actor=actor)
    return offered


def _take_off(
    uow: UnitOfWork,
    house: House,
    case: Case,
    assignment: Assignment,
    scribe: Scribe,
    reason: str,
    *,
    refused: bool,
) -> Case:
    returned = give_back(
        uow,
        case,
        assignment,
        AssignmentState.WITHDRAWN,
        EntryKind.CREW_WITHDRAWN,
        scribe,
        reason,
        refused=refused,
    )
    call_off(uow, house, case, assignment, scribe)
    return uow.cases.save(replace(returned, redispatch=False))  # the dispatcher has taken it in hand
