"""The rolling decision: one assignment over all waiting cases, applied case by case."""

from collections.abc import Mapping
from datetime import datetime

import structlog

from casework.clock import Clock
from casework.domain.assignments import Recommendation
from casework.domain.cases import Case, DispatchMode
from casework.domain.timeline import EntryKind, Scribe
from casework.ids import CaseId, CrewId
from casework.services import chronicling, dispatching, posing, roads
from casework.services.house import House
from casework.services.ports import UnitOfWork, UnitsOfWork
from routing import assignment as assigning
from routing.plan import Explanation, Plan

log = structlog.get_logger(__name__)

AT_ONCE = 2000
"""Waiting cases looked at in one decision; the rest waits for the next one."""
_WORTH_WRITING_S = 20.0


def decide(uows: UnitsOfWork, house: House, clock: Clock) -> int:
    """Choose a crew for every waiting case and offer or recommend it; answer how many offers went out.

    The solver works between two transactions; what it chose is applied case by case and skipped where the
    case or the crew has changed meanwhile: the next decision sees them as they are then.
    """
    now = clock()
    with uows(reading=True) as uow:
        waiting = uow.cases.waiting(AT_ONCE)
        if not waiting:
            return 0
        candidates = posing.candidates(uow, house, now)
        known = uow.recommendations.all()
        travel = roads.travel(uow, house, now)
    plan = assigning.assign(
        [posing.waiting(house, case, now) for case in waiting],
        candidates,
        policy=house.policy,
        travel=travel,
        at=now,
    )
    return _apply(uows, house, {case.id: case for case in waiting}, plan, known, now)


def _apply(
    uows: UnitsOfWork,
    house: House,
    cases: Mapping[CaseId, Case],
    plan: Plan,
    known: Mapping[str, Recommendation],
    now: datetime,
) -> int:
    sent = 0
    for offer in plan.offers:
        case = cases[CaseId(offer.case_id)]
        if case.mode is DispatchMode.AUTOMATIC or case.redispatch:
            sent += _try_offer(uows, house, case, CrewId(offer.crew_id), offer.eta_s, offer.explanation, now)
            continue
        _recommend(uows, case, CrewId(offer.crew_id), offer.eta_s, None, offer.explanation, known, now)
    for left in plan.nobody:
        case = cases[CaseId(left.case_id)]
        _recommend(uows, case, None, None, left.reason, left.explanation, known, now)
    return sent


def _try_offer(
    uows: UnitsOfWork,
    house: House,
    case: Case,
    crew_id: CrewId,
    eta_s: float,
    why: Explanation,
    now: datetime,
) -> bool:
    with uows() as uow:
        locked = uow.cases.lock(case.id)
        crew = uow.crews.lock(crew_id)
        if locked.version != case.version or not dispatching.is_free(uow, crew):
            return False
        scribe = Scribe(case.id, now, "system", "decision")
        dispatching.offer(uow, house, locked, crew, scribe, eta_s=eta_s, why=why)
        uow.commit()
    log.info("crew_offered", case_id=case.id, crew=crew.code, eta_s=round(eta_s))
    return True


def _recommend(
    uows: UnitsOfWork,
    case: Case,
    crew_id: CrewId | None,
    eta_s: float | None,
    reason: str | None,
    why: Explanation,
    known: Mapping[str, Recommendation],
    now: datetime,
) -> None:
    before = known.get(case.id)
    if before is not None and _same(before, crew_id, reason, eta_s):
        return
    with uows() as uow:
        locked = uow.cases.lock(case.id)
        if locked.version != case.version:
            return
        recommendation = Recommendation(
            case_id=case.id, crew_id=crew_id, at=now, eta_s=eta_s, reason=reason, explanation=why.to_json()
        )
        uow.recommendations.put(recommendation)
        # Which of two near crews is recommended may change every second; the timeline keeps the turns.
        if before is None or (before.crew_id is None) != (crew_id is None) or before.reason != reason:
            _note_recommendation(uow, locked, recommendation, why)
        uow.commit()


def _note_recommendation(
    uow: UnitOfWork, case: Case, recommendation: Recommendation, why: Explanation
) -> None:
    scribe = Scribe(case.id, recommendation.at, "system", "decision")
    if recommendation.crew_id is None:
        entry = scribe.entry(EntryKind.NOBODY_ABLE, reason=recommendation.reason, counts=dict(why.counts))
        uow.alarms.raise_("nobody_able", case.id, recommendation.at, {"case": case.number})
    else:
        entry = scribe.entry(
            EntryKind.CREW_RECOMMENDED, crew=recommendation.crew_id, eta_s=recommendation.eta_s
        )
        uow.alarms.end("nobody_able", case.id, recommendation.at)
    chronicling.record(uow, case, entry)


def _same(before: Recommendation, crew_id: CrewId | None, reason: str | None, eta_s: float | None) -> bool:
    if before.crew_id != crew_id or before.reason != reason:
        return False
    return abs((before.eta_s or 0.0) - (eta_s or 0.0)) < _WORTH_WRITING_S
