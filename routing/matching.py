"""One round: at most one crew for each row and one row for each crew, at the least total cost."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from routing import ability, costs, flow, greedy, together
from routing.explaining import Decided
from routing.problem import CandidateCrew, Policy, WaitingCase
from routing.travel import TravelTimes

Timer = Callable[[], float]
"""Seconds that only ever grow."""


@dataclass(frozen=True, slots=True)
class Round:
    """What a round decided and how; `bound` in tenths is below the cost of every other answer."""

    decided: Decided
    bound: int
    proven: bool
    solver: str
    notes: tuple[str, ...]


def match(
    cases: Sequence[WaitingCase],
    crews: Sequence[CandidateCrew],
    *,
    policy: Policy,
    travel: TravelTimes,
    at: datetime,
    timer: Timer = time.perf_counter,
) -> Round:
    """Price every pair and solve; where the solver fails or the time is over, greedily and with a note."""
    sheet = costs.lay_out(cases, crews, policy, travel, at)
    codes = ability.reason_codes(sheet)
    total = costs.totals(sheet, codes == ability.ABLE)
    nobody = costs.nobody(sheet, total)
    bonds = together.Bonds(total, nobody, together.bonds(sheet), policy.nearest_k)
    notes: tuple[str, ...] = ()
    until = timer() + policy.solve_within_s
    solver = "min_cost_flow"
    try:
        solution = together.solve(bonds, lambda: timer() > until)
    except flow.SolverFailed as failure:
        crew_of = greedy.solve(sheet.cases, total)
        for number in bonds.broken(crew_of):
            crew_of[bonds.rows[number]] = costs.NO_CREW
        solution = flow.without_proof(crew_of, total, nobody)
        solver, notes = "greedy", (f"solver_{failure}",)
    else:
        notes = () if solution.proven else ("not_proven",)
    decided = Decided(sheet, codes, total, nobody, solution.crew_of, solution.price, sheet.eta_sources)
    return Round(decided, solution.bound + int(decided.base.sum()), solution.proven, solver, notes)
