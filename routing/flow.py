"""The exact assignment: a sparse min-cost flow, widened by dual prices until it is optimal for all pairs."""

from dataclasses import dataclass

import numpy as np
from ortools.graph.python import min_cost_flow

from routing.costs import NO_CREW, BoolArray, IntArray

_MAX_ROUNDS = 50
_SAFE = 1 << 61  # the solver multiplies costs by the number of nodes, in 64 bits
_NEVER = 1 << 61  # above every cost, and twice itself is still in range


@dataclass(frozen=True, slots=True)
class Solution:
    """An assignment with its certificate.

    `crew_of` (n,) is the crew of each case or NO_CREW; `price` (m,) the least dual price of each crew, in the
    unit of the costs; `proven` tells that these prices prove the assignment optimal over all pairs.
    """

    crew_of: IntArray
    price: IntArray
    proven: bool
    rounds: int
    arcs: int


class SolverFailed(Exception):
    """The solver ended without an optimal flow."""


def solve(cost: IntArray, able: BoolArray, nobody: IntArray, nearest: int) -> Solution:
    """Assign at most one crew to each case and one case to each crew at the least total cost.

    `cost` (n, m) counts where `able` (n, m); `nobody` (n,) is the cost of leaving a case out. Where two
    assignments cost the same, the crews that come first win. Raises SolverFailed.

    Starts from the `nearest` cheapest crews of each case. A pair that was left out can improve the result
    only where its cost plus the crew's price is below the case's value; such pairs are added and the flow
    is solved again, until there is none (Dantzig's pricing in the assignment problem's linear program).
    """
    fine, fine_nobody, scale = _with_ties_broken(cost, able, nobody)
    used = able & _cheapest(fine, nearest)
    for rounds in range(1, _MAX_ROUNDS + 1):  # noqa: B007 - the last number is reported
        rows, columns = np.nonzero(used)
        arcs = _Arcs(rows, columns, fine[used], fine_nobody, able.shape[1])
        crew_of = _flow(arcs)
        held = _held(fine, fine_nobody, crew_of)
        price = _least_prices(arcs, crew_of, held)
        value = held + _price_of(price, crew_of)
        priced = np.where(used, _NEVER, fine + price)
        missing = priced < value[:, None]
        if not missing.any():
            break
        used |= missing & _cheapest(priced, nearest)
    unused = np.setdiff1d(np.arange(able.shape[1]), crew_of)
    proven = not missing.any() and bool((value <= fine_nobody).all()) and not price[unused].any()
    # The places in a price never exceed half a unit of the true cost, so rounding takes them away.
    return Solution(crew_of, (price + scale // 2) // scale, proven, rounds, len(arcs.cost))


def without_proof(crew_of: IntArray, crews: int) -> Solution:
    """Dress an assignment found by other means, without prices."""
    return Solution(crew_of, np.zeros(crews, np.int64), proven=False, rounds=0, arcs=0)


@dataclass(frozen=True, slots=True)
class _Arcs:
    """The pairs in use, ordered by case, and the cost of leaving each case out."""

    case: IntArray
    crew: IntArray
    cost: IntArray
    nobody: IntArray
    crews: int


def _with_ties_broken(cost: IntArray, able: BoolArray, nobody: IntArray) -> tuple[IntArray, IntArray, int]:
    """Count each case's costs from its cheapest crew, and put the crew's place into the lowest digits.

    The places of all crews sent together stay below one unit of the true cost. Where that would leave the
    range of the solver, ties fall as the order of the pairs has it, which is just as repeatable.
    """
    n, m = cost.shape
    lowest = np.where(able, cost, nobody[:, None]).min(axis=1, initial=_NEVER)
    lowest = np.minimum(lowest, nobody)
    scale = max(2, min(n, m)) * max(1, m)
    widest = np.where(able, cost, nobody[:, None]).max(axis=1, initial=0)
    widest = int((np.maximum(widest, nobody) - lowest).max(initial=0)) + 1
    if widest * (n + m + 2) >= _SAFE:
        raise SolverFailed("costs_out_of_range")
    if widest * scale * (n + m + 2) >= _SAFE:
        scale = 1
    places = np.arange(m) if scale > 1 else np.zeros(m, np.int64)
    fine = np.where(able, (cost - lowest[:, None]) * scale + places, _NEVER)
    return fine, (nobody - lowest) * scale, scale


def _cheapest(cost: IntArray, count: int) -> BoolArray:
    """Mark the `count` cheapest entries of each row."""
    if count >= cost.shape[1]:
        return np.ones(cost.shape, np.bool_)
    marked = np.zeros(cost.shape, np.bool_)
    np.put_along_axis(marked, np.argpartition(cost, count, axis=1)[:, :count], values=True, axis=1)
    return marked


def _flow(arcs: _Arcs) -> IntArray:
    """Solve the flow: case -> crew -> sink, and case -> sink for nobody; give the crew of each case."""
    n, m = len(arcs.nobody), arcs.crews
    sink = n + m
    tails = np.concatenate([arcs.case, np.arange(sink)]).astype(np.int32)
    heads = np.concatenate([arcs.crew + n, np.full(sink, sink)]).astype(np.int32)
    costs = np.concatenate([arcs.cost, arcs.nobody, np.zeros(m, np.int64)])
    solver = min_cost_flow.SimpleMinCostFlow()
    added = solver.add_arcs_with_capacity_and_unit_cost(tails, heads, np.ones(len(tails), np.int64), costs)
    supplies = np.concatenate([np.ones(n, np.int64), np.zeros(m, np.int64), [-n]])
    solver.set_nodes_supplies(np.arange(sink + 1, dtype=np.int32), supplies)
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise SolverFailed(status.name.lower())
    sent = np.flatnonzero(solver.flows(added[: len(arcs.cost)]))
    crew_of = np.full(n, NO_CREW, np.int64)
    crew_of[arcs.case[sent]] = arcs.crew[sent]
    return crew_of


def _held(cost: IntArray, nobody: IntArray, crew_of: IntArray) -> IntArray:
    """Give the cost (n,) of what each case got."""
    held = nobody.copy()
    sent = crew_of != NO_CREW
    held[sent] = cost[sent, crew_of[sent]]
    return held


def _price_of(price: IntArray, crew_of: IntArray) -> IntArray:
    """Give the price (n,) of the crew that each case got."""
    paid = np.zeros(len(crew_of), np.int64)
    sent = crew_of != NO_CREW
    paid[sent] = price[crew_of[sent]]
    return paid


def _least_prices(arcs: _Arcs, crew_of: IntArray, held: IntArray) -> IntArray:
    """Give the least prices (m,) at which no case would rather have another crew than what it got.

    A case pays the price of its crew, so price[k] >= held[i] + price[crew of i] - cost[i, k]: a longest
    path, found by Bellman and Ford's relaxation from those cases whose crew has just become dearer.
    """
    n, m = len(held), arcs.crews
    starts = np.searchsorted(arcs.case, np.arange(n + 1))
    gain = held[arcs.case] - arcs.cost
    holder = np.full(m, n, np.int64)
    holder[crew_of[crew_of != NO_CREW]] = np.flatnonzero(crew_of != NO_CREW)
    price = np.zeros(m, np.int64)
    rows = np.arange(n)
    for _ in range(n + m + 1):
        if not len(rows):
            return price
        pairs = _ranges(starts[rows], starts[rows + 1])
        bids = gain[pairs] + _price_of(price, crew_of)[arcs.case[pairs]]
        raised = price.copy()
        np.maximum.at(raised, arcs.crew[pairs], bids)
        rows = holder[raised > price]
        rows = rows[rows < n]
        price = raised
    raise SolverFailed("prices_diverge")


def _ranges(starts: IntArray, ends: IntArray) -> IntArray:
    """Give the numbers of all ranges start to end, one after the other."""
    lengths = ends - starts
    shift = np.repeat(starts - np.cumsum(lengths) + lengths, lengths)
    return shift + np.arange(len(shift))
