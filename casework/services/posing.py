"""Posing the dispatch problem: cases and crews as the engine that assigns them wants to see them."""

from dataclasses import replace
from datetime import datetime, timedelta

from casework.domain import crews, errors
from casework.domain.assignments import Assignment
from casework.domain.cases import Case
from casework.domain.crews import Crew, Shift
from casework.ids import CrewId
from casework.services import roads
from casework.services.house import House
from casework.services.ports import UnitOfWork
from routing import assignment as assigning
from routing.plan import Explanation
from routing.problem import CandidateCrew, WaitingCase

USUAL_WORK_S = 1200.0
"""The promised 20 minutes on scene, until the cases of a category tell better."""


def explain(case: Case, uow: UnitOfWork, house: House, now: datetime) -> Explanation:
    """Explain for one case who could go and who could not, without sending anybody."""
    return assigning.candidates(
        waiting(house, case, now),
        candidates(uow, house, now),
        policy=house.policy,
        travel=roads.travel(uow, house, now),
        at=now,
    )


def waiting(house: House, case: Case, now: datetime) -> WaitingCase:
    """Show a waiting case to the engine; raises `Conflict` where its place is unknown."""
    if case.lat is None or case.lon is None:
        raise errors.Conflict("a crew can be sent only to a known place")
    since = case.filed_at or case.opened_at
    return WaitingCase(
        id=case.id,
        lat=case.lat,
        lon=case.lon,
        priority=case.priority,
        capabilities=case.capabilities,
        area=house.jurisdiction(case.area_id),
        age_s=max(0.0, (now - since).total_seconds()),
        arrival_target_s=case.targets.get("arrival", 300.0),
        refused_by=case.refused_by,
    )


def candidates(uow: UnitOfWork, house: House, now: datetime) -> list[CandidateCrew]:
    """Show every crew to the engine, with its shift, load and the age of its position."""
    by_crew: dict[CrewId, list[Shift]] = {}
    for shift in uow.crews.shifts_at(now):
        by_crew.setdefault(shift.crew_id, []).append(shift)
    loads = uow.assignments.loads()
    done = uow.assignments.done_since(now - timedelta(hours=8))
    return [
        _with_queue(
            uow,
            crew,
            _candidate(
                house, crew, by_crew.get(crew.id, []), loads.get(crew.id, 0), done.get(crew.id, 0), now
            ),
            now,
        )
        for crew in uow.crews.all()
    ]


def _candidate(
    house: House, crew: Crew, shifts: list[Shift], load: int, done: int, now: datetime
) -> CandidateCrew:
    end = crews.shift_end(shifts, now)
    return CandidateCrew(
        id=crew.id,
        lat=crew.lat,
        lon=crew.lon,
        position_age_s=(now - crew.position_at).total_seconds() if crew.position_at else None,
        capabilities=crew.capabilities,
        on_shift=end is not None,
        shift_ends_in_s=(end - now).total_seconds() if end else None,
        status=crew.status.value,
        load=load,
        capacity=crew.capacity,
        home_area=house.jurisdiction(crew.home_area),
        mutual_aid=crew.mutual_aid,
        jobs_done=done,
    )


def _with_queue(uow: UnitOfWork, crew: Crew, candidate: CandidateCrew, now: datetime) -> CandidateCrew:
    """Let a crew that may take one more case than it holds set off from where and when the last one ends."""
    if not 0 < candidate.load < candidate.capacity:
        return candidate
    held = uow.assignments.active_of_crew(crew.id)
    last = uow.cases.get(held[-1].case_id)
    return replace(
        candidate,
        lat=last.lat,
        lon=last.lon,
        free_in_s=sum(_left_s(assignment, now) for assignment in held),
    )


def _left_s(assignment: Assignment, now: datetime) -> float:
    """Estimate how long an assignment still keeps its crew: the way that is left, and the usual work."""
    if assignment.on_scene_at is not None:
        return max(0.0, USUAL_WORK_S - (now - assignment.on_scene_at).total_seconds())
    since = assignment.en_route_at or now
    return USUAL_WORK_S + max(0.0, (assignment.eta_s or 0.0) - (now - since).total_seconds())
