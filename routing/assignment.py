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

# numpy (20 MB) and the solver (30 MB more) are loaded at the first decision, not at the start of a process.
# ruff: noqa: PLC0415


def assign(
    cases: Sequence[WaitingCase],
    crews: Sequence[CandidateCrew],
    *,
    policy: Policy,
    travel: TravelTimes,
    at: datetime,
) -> Plan:
    """Send at most one crew to each case and one case to each crew so that the total cost is least.

    The order of the arguments does not matter: ties are broken by the ids. A crew gets one case a decision
    even where it has room for more, because the way to the second one is not known yet. Where the solver
    fails, the plan is the greedy one and says so. Raises ValueError where an id comes twice or the travel
    times have the wrong shape.
    """
    from routing import ability, costs, explaining, flow, greedy

    sheet = costs.lay_out(cases, crews, policy, travel, at)
    codes = ability.reason_codes(sheet)
    able = codes == ability.ABLE
    total = costs.totals(sheet)
    nobody = costs.nobody(sheet, total, able)
    notes: tuple[str, ...] = ()
    solver = "min_cost_flow"
    try:
        solution = flow.solve(total, able, nobody, policy.nearest_k)
    except flow.SolverFailed as failure:
        solution = flow.without_proof(greedy.solve(sheet.cases, total, able), len(sheet.crews))
        solver, notes = "greedy", (f"solver_{failure}",)
    else:
        notes = () if solution.proven else ("not_proven",)
    decided = explaining.Decided(sheet, codes, total, nobody, solution.crew_of, solution.price, travel.source)
    return _plan(decided, proven=solution.proven, solver=solver, notes=notes)


def candidates(
    case: WaitingCase,
    crews: Sequence[CandidateCrew],
    *,
    policy: Policy,
    travel: TravelTimes,
    at: datetime,
) -> Explanation:
    """Explain one case as if it were alone: its cheapest crew as chosen, the others with their reasons."""
    plan = assign([case], crews, policy=policy, travel=travel, at=at)
    return plan.offers[0].explanation if plan.offers else plan.nobody[0].explanation


def _plan(decided: "Decided", *, proven: bool, solver: str, notes: tuple[str, ...]) -> Plan:
    from routing import explaining

    offers: list[Offer] = []
    left: list[Nobody] = []
    for explanation in explaining.explain(decided):
        chosen = explanation.chosen
        if chosen is None:
            left.append(_nobody(explanation))
        else:
            offers.append(_offer(explanation, chosen))
    return Plan(tuple(offers), tuple(left), explaining.objective_s(decided), proven, solver, notes)


def _offer(explanation: Explanation, chosen: Considered) -> Offer:
    if chosen.eta_s is None or chosen.cost_s is None:
        raise ValueError(f"{chosen.crew_id} was chosen without a travel time")
    return Offer(explanation.case_id, chosen.crew_id, chosen.eta_s, chosen.cost_s, chosen.terms, explanation)


def _nobody(explanation: Explanation) -> Nobody:
    if not explanation.counts:
        reason = NO_CREWS
    elif SENT_ELSEWHERE in explanation.counts:
        reason = CREWS_NEEDED_ELSEWHERE
    else:
        reason = NO_ABLE_CREW
    return Nobody(explanation.case_id, reason, explanation.counts, explanation)
