"""What crews do through their action links: accept, decline, set out, arrive, finish, ask for help."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import structlog

from casework.clock import Clock
from casework.domain import assignments, errors, life_cycle
from casework.domain.assignments import ACTIVE, Assignment, AssignmentState
from casework.domain.cases import Case, Disposition
from casework.domain.crews import Crew, CrewStatus
from casework.domain.timeline import EntryKind, Scribe
from casework.ids import CrewId
from casework.services import chronicling, closing, dispatching, telling
from casework.services.house import House
from casework.services.ports import UnitOfWork, UnitsOfWork
from notifications import tokens

log = structlog.get_logger(__name__)


class CrewAction(StrEnum):
    """The verbs of the action link page."""

    ACCEPT = "accept"
    DECLINE = "decline"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    DONE = "done"
    NEED_HELP = "need_help"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrewSays:
    """One action of a crew with what came along; a position is in degrees, WGS-84."""

    action: CrewAction
    note: str = ""
    lat: float | None = None
    lon: float | None = None
    photos: tuple[str, ...] = ()
    disposition: Disposition = Disposition.RESOLVED


@dataclass(frozen=True, slots=True)
class LinkView:
    """What the page behind an action link shows."""

    case: Case
    crew: Crew
    assignment: Assignment


_REACHED: Mapping[CrewAction, frozenset[AssignmentState]] = {
    CrewAction.ACCEPT: frozenset(
        {
            AssignmentState.ACKNOWLEDGED,
            AssignmentState.EN_ROUTE,
            AssignmentState.ON_SCENE,
            AssignmentState.DONE,
        }
    ),
    CrewAction.EN_ROUTE: frozenset(
        {AssignmentState.EN_ROUTE, AssignmentState.ON_SCENE, AssignmentState.DONE}
    ),
    CrewAction.ON_SCENE: frozenset({AssignmentState.ON_SCENE, AssignmentState.DONE}),
    CrewAction.DONE: frozenset({AssignmentState.DONE}),
    CrewAction.DECLINE: frozenset({AssignmentState.DECLINED}),
    CrewAction.NEED_HELP: frozenset(),
}
"""An action that the assignment is already past changes nothing: a second tap is not an error."""


def is_past(action: CrewAction, state: AssignmentState) -> bool:
    """Whether an assignment in this state has that step behind it: saying it again changes nothing."""
    return state in _REACHED[action]


def look(token: str, *, uows: UnitsOfWork, clock: Clock) -> LinkView:
    """Show what stands behind a link, and change nothing: scanners open links too."""
    with uows(reading=True) as uow:
        assignment = _behind(uow, token, clock())
        return LinkView(uow.cases.get(assignment.case_id), uow.crews.get(assignment.crew_id), assignment)


def act(token: str, says: CrewSays, *, uows: UnitsOfWork, house: House, clock: Clock) -> LinkView:
    """Do what a crew says through its link; saying it again changes nothing."""
    now = clock()
    with uows() as uow:
        assignment = _behind(uow, token, now)
        view = _act(uow, house, assignment, says, now)
        uow.commit()
    return view


def act_as_crew(
    crew_id: CrewId, says: CrewSays, *, uows: UnitsOfWork, house: House, clock: Clock
) -> LinkView:
    """Do what a crew says in a text reply; it must hold exactly one assignment to be understood."""
    now = clock()
    with uows() as uow:
        held = uow.assignments.active_of_crew(crew_id)
        if len(held) != 1:
            raise errors.Conflict(f"the crew holds {len(held)} assignments; use the link of the one you mean")
        view = _act(uow, house, held[0], says, now)
        uow.commit()
    return view


def _behind(uow: UnitOfWork, token: str, now: datetime) -> Assignment:
    link = uow.links.find(tokens.hash_token(token)) if tokens.looks_like_token(token) else None
    if link is None:
        raise errors.LinkUnknown
    assignment = uow.assignments.get(link.assignment_id)
    over = link.revoked_at is not None and assignment.state is not AssignmentState.DONE
    if over or now >= link.expires_at:
        raise errors.LinkExpired
    return assignment


def _act(uow: UnitOfWork, house: House, known: Assignment, says: CrewSays, now: datetime) -> LinkView:
    case = uow.cases.lock(known.case_id)
    assignment = uow.assignments.get(known.id)
    crew = uow.crews.get(assignment.crew_id)
    if not is_past(says.action, assignment.state):
        if assignment.state not in ACTIVE:
            raise errors.LinkExpired
        scribe = Scribe(case.id, now, f"crew:{crew.code}", "link")
        if says.lat is not None and says.lon is not None:
            uow.crews.place(crew.id, says.lat, says.lon, now)
        if assignment.sent_at is None:
            assignment = _take_as_sent(uow, case, assignment, scribe)
        case = _STEPS[says.action](uow, house, case, assignment, says, scribe)
        log.info("crew_acted", case_id=case.id, crew=crew.code, action=says.action.value)
    return LinkView(case, uow.crews.get(crew.id), uow.assignments.get(assignment.id))


def _take_as_sent(uow: UnitOfWork, case: Case, assignment: Assignment, scribe: Scribe) -> Assignment:
    """A crew that answers has its text, even if the provider's word on it is still out."""
    sent = replace(assignment, sent_at=scribe.at)
    uow.assignments.save(sent)
    entry = scribe.entry(EntryKind.ASSIGNMENT_SENT, assignment_id=assignment.id)
    chronicling.record(uow, case, entry)
    return sent


Step = Callable[[UnitOfWork, House, Case, Assignment, CrewSays, Scribe], Case]


def _progress(
    uow: UnitOfWork,
    case: Case,
    assignment: Assignment,
    to: AssignmentState,
    scribe: Scribe,
) -> Assignment:
    moved = assignments.move(assignment, to, scribe.at)
    uow.assignments.save(moved)
    dispatching.show_status(uow, uow.crews.lock(assignment.crew_id), scribe.at)
    uow.deadlines.silence([assignment.id], scribe.at)
    uow.cases.save(case)
    return moved


def _accept(
    uow: UnitOfWork, house: House, case: Case, assignment: Assignment, says: CrewSays, scribe: Scribe
) -> Case:
    del says
    moved = life_cycle.acknowledge(case, assignment, scribe.at)
    _progress(uow, moved, assignment, AssignmentState.ACKNOWLEDGED, scribe)
    case = uow.cases.get(case.id)
    uow.messages.cancel_warnings(case.id, scribe.at)
    chronicling.record(uow, case, scribe.entry(EntryKind.CREW_ACKNOWLEDGED, assignment_id=assignment.id))
    crew = uow.crews.get(assignment.crew_id)
    telling.tell_reporters(
        uow, house, case, "resident_dispatched", scribe=scribe, crew=crew, within_s=assignment.eta_s
    )
    return case


def _set_out(
    uow: UnitOfWork, house: House, case: Case, assignment: Assignment, says: CrewSays, scribe: Scribe
) -> Case:
    if assignment.state is AssignmentState.OFFERED:
        case, assignment = _accept_first(uow, house, case, assignment, says, scribe)
    _progress(
        uow, life_cycle.set_out(case, assignment, scribe.at), assignment, AssignmentState.EN_ROUTE, scribe
    )
    case = uow.cases.get(case.id)
    chronicling.record(uow, case, scribe.entry(EntryKind.CREW_EN_ROUTE, assignment_id=assignment.id))
    return case


def _arrive(
    uow: UnitOfWork, house: House, case: Case, assignment: Assignment, says: CrewSays, scribe: Scribe
) -> Case:
    if assignment.state is AssignmentState.OFFERED:
        case, assignment = _accept_first(uow, house, case, assignment, says, scribe)
    _progress(
        uow, life_cycle.arrive(case, assignment, scribe.at), assignment, AssignmentState.ON_SCENE, scribe
    )
    case = uow.cases.get(case.id)
    entry = scribe.entry(
        EntryKind.CREW_ON_SCENE, assignment_id=assignment.id, by="tap", lat=says.lat, lon=says.lon
    )
    chronicling.record(uow, case, entry)
    return case


def _accept_first(
    uow: UnitOfWork, house: House, case: Case, assignment: Assignment, says: CrewSays, scribe: Scribe
) -> tuple[Case, Assignment]:
    """Take a crew that goes without accepting at its word: going is accepting."""
    accepted = _accept(uow, house, case, assignment, says, scribe)
    return accepted, uow.assignments.get(assignment.id)


def _finish(
    uow: UnitOfWork, house: House, case: Case, assignment: Assignment, says: CrewSays, scribe: Scribe
) -> Case:
    if assignment.state is AssignmentState.OFFERED:
        case, assignment = _accept_first(uow, house, case, assignment, says, scribe)
    return closing.resolve(
        uow, house, case, assignment, scribe, says.disposition, note=says.note, photos=says.photos
    )


def _decline(
    uow: UnitOfWork, house: House, case: Case, assignment: Assignment, says: CrewSays, scribe: Scribe
) -> Case:
    del house
    return dispatching.give_back(
        uow,
        case,
        assignment,
        AssignmentState.DECLINED,
        EntryKind.CREW_DECLINED,
        scribe,
        says.note or "declined",
    )


def _ask_for_help(
    uow: UnitOfWork, house: House, case: Case, assignment: Assignment, says: CrewSays, scribe: Scribe
) -> Case:
    del house
    entry = scribe.entry(EntryKind.CREW_NEEDS_HELP, assignment_id=assignment.id, note=says.note)
    chronicling.record(uow, case, entry)
    uow.alarms.raise_(
        "crew_needs_help", assignment.id, scribe.at, {"case": case.number, "actor": scribe.actor}
    )
    return case


_STEPS: Mapping[CrewAction, Step] = {
    CrewAction.ACCEPT: _accept,
    CrewAction.DECLINE: _decline,
    CrewAction.EN_ROUTE: _set_out,
    CrewAction.ON_SCENE: _arrive,
    CrewAction.DONE: _finish,
    CrewAction.NEED_HELP: _ask_for_help,
}


def report_position(crew_id: CrewId, lat: float, lon: float, at: datetime, *, uows: UnitsOfWork) -> None:
    """Take a crew's position; an older one than is known is ignored."""
    with uows() as uow:
        if not uow.crews.place(crew_id, lat, lon, at):
            uow.crews.get(crew_id)  # raises where there is no such crew
            return
        uow.commit()


def set_status(crew_id: CrewId, status: CrewStatus, *, uows: UnitsOfWork, clock: Clock) -> Crew:
    """Put a crew in or out of service; what it does for a case follows from its assignments alone."""
    if status not in {CrewStatus.AVAILABLE, CrewStatus.OUT_OF_SERVICE, CrewStatus.DELAYED}:
        raise errors.InvalidInput({"status": [f"{status} follows from assignments and cannot be set"]})
    with uows() as uow:
        crew = uow.crews.lock(crew_id)
        if status is CrewStatus.AVAILABLE and uow.assignments.active_of_crew(crew_id):
            raise errors.Conflict(f"crew {crew.code} still has an assignment")
        changed = replace(crew, status=status, status_since=clock())
        uow.crews.save(changed)
        uow.commit()
    return changed
