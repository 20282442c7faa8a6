"""The decision: which crew is sent to which waiting case, at the least total delay, and why."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from routing.plan import (
    CREWS_NEEDED_ELSEWHERE,
    NO_ABLE_CREW,
    NO_CREWS,
    SENT_ELSEWHERE,
    Considered,
    Explanation,
    Nobody,
    Offer,
    Plan,
)
from routing.problem import CandidateCrew, Policy, WaitingCase
from routing.travel import TravelTimes

if TYPE_CHECKING:
    from routing.explaining import Decided

# numpy (20 MB) and the solvers (30 MB more) are loaded at the first decision, not at the start of a process.
# ruff: noqa: PLC0415


def assign(
    cases: Sequence[WaitingCase],
    crews: Sequence[CandidateCrew],
    *,
    policy: Policy,
    travel: TravelTimes,
    at: datetime,
) -> Plan:
    """Send at most one crew to each task and one task to each crew so that the total cost is least.

    The order of the arguments does not matter: ties are broken by the ids. Cases that must wait are planned
    into the queues of crews that may hold several. Where the solver fails or its time is over, the plan is
    the greedy one and says so. Raises ValueError where an id comes twice or the travel times have the wrong
    shape.
    """
    from routing import matching, queues

    now = matching.match(cases, crews, policy=policy, travel=travel, at=at)
    offers, left = _told(now.decided, 1)
    planned = [
        offer
        for position, decided in queues.plan_ahead(now, policy=policy, travel=travel, at=at)
        for offer in _told(decided, position)[0]
    ]
    return Plan(
        offers=tuple(offers),
        nobody=tuple(left),
        objective_s=now.decided.objective / 10,
        bound_s=now.bound / 10,
        proven_optimal=now.proven,
        solver=now.solver,
        planned=tuple(planned),
        notes=now.notes,
    )


def candidates(
    case: WaitingCase,
    crews: Sequence[CandidateCrew],
    *,
    policy: Policy,
    travel: TravelTimes,
    at: datetime,
) -> Explanation:
    """Explain one case as if it were alone: its cheapest crew as chosen, the others with their reasons."""
    from routing import explaining, matching

    return next(
        explaining.explain(matching.match([case], crews, policy=policy, travel=travel, at=at).decided)
    )


def _told(decided: "Decided", position: int) -> tuple[list[Offer], list[Nobody]]:
    from routing import explaining

    offers: list[Offer] = []
    left: list[Nobody] = []
    for slot, explanation in zip(decided.sheet.slot, explaining.explain(decided), strict=True):
        chosen = explanation.chosen
        if chosen is None:
            left.append(_nobody(explanation, slot))
        else:
            offers.append(_offer(explanation, chosen, slot, position))
    return offers, left


def _offer(explanation: Explanation, chosen: Considered, slot: int, position: int) -> Offer:
    if chosen.eta_s is None or chosen.cost_s is None:
        raise ValueError(f"{chosen.crew_id} was chosen without a travel time")
    return Offer(
        explanation.case_id,
        chosen.crew_id,
        chosen.eta_s,
        chosen.cost_s,
        chosen.terms,
        explanation,
        slot,
        position,
    )


def _nobody(explanation: Explanation, slot: int) -> Nobody:
    if not explanation.counts:
        reason = NO_CREWS
    elif SENT_ELSEWHERE in explanation.counts:
        reason = CREWS_NEEDED_ELSEWHERE
    else:
        reason = NO_ABLE_CREW
    return Nobody(explanation.case_id, reason, explanation.counts, explanation, slot)
