"""The exact assignment: a sparse min-cost flow, widened by dual prices until it is optimal for all pairs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from routing.costs import FAR, NO_CREW, IntArray, TenthsArray, blocks

# The solvers (scipy.optimize 50 MB, OR-Tools 20 MB) are loaded where one is used: few processes need both.
# ruff: noqa: PLC0415

_MAX_ROUNDS = 50
_SAFE = 1 << 61  # OR-Tools multiplies costs by the number of nodes, in 64 bits
_EXACT = 1 << 53  # scipy's costs are doubles
DENSE_PAIRS = 60_000  # up to here the dense solver is the faster one


@dataclass(frozen=True, slots=True)
class Solution:
    """An assignment with its certificate.

    `crew_of` (n,) is the crew of each case or NO_CREW; `price` (m,) the least dual price of each crew, in the
    unit of the costs. `bound` is below the cost of every assignment; `proven` tells that this one reaches it.
    """

    crew_of: IntArray
    price: IntArray
    bound: int
    proven: bool
    rounds: int
    arcs: int


class SolverFailed(Exception):
    """The solver ended without an optimal flow."""


def solve(
    cost: TenthsArray,
    nobody: IntArray,
    nearest: int,
    out_of_time: Callable[[], bool] = lambda: False,
    dense_pairs: int = DENSE_PAIRS,
) -> Solution:
    """Assign at most one crew to each case and one case to each crew at the least total cost.

    `cost` (n, m) is FAR where the crew may not go; `nobody` (n,) is the cost of leaving a case out. Where two
    assignments cost the same, the crews that come first win. Raises SolverFailed.

    Up to `dense_pairs` are solved all at once. More start from the `nearest` cheapest crews of each case: a
    pair that was left out can improve the result only where its cost plus the crew's price is below the
    case's value; such pairs are added and the flow is solved again, until there is none (Dantzig's pricing
    in the assignment problem's linear program) or the time is over.
    """
    if out_of_time():
        raise SolverFailed("out_of_time")
    scale = _Scale.of(cost, nobody)
    dense = scale.dense and cost.size <= dense_pairs
    used = np.flatnonzero(cost < FAR) if dense else _nearest(cost, nearest)
    for rounds in range(1, _MAX_ROUNDS + 1):  # noqa: B007 - the last number is reported
        arcs = _Arcs.of(cost, nobody, used, scale)
        crew_of = _dense(arcs) if dense else _flow(arcs)
        held = _held(arcs, cost, crew_of, scale)
        price = _least_prices(arcs, crew_of, held)
        value = held + _price_of(price, crew_of)
        missing = used[:0] if dense else _missing(cost, price, value, scale, nearest)
        if not len(missing) or out_of_time():
            break
        used = np.union1d(used, missing)
    # The places in a price never exceed half a unit of the true cost, so rounding takes them away.
    in_tenths = (price + scale.by // 2) // scale.by
    bound, reached = _bound(cost, nobody, in_tenths), cost_of(cost, nobody, crew_of)
    return Solution(crew_of, in_tenths, bound, reached == bound, rounds, len(used))


def without_proof(crew_of: IntArray, cost: TenthsArray, nobody: IntArray) -> Solution:
    """Dress an assignment found by other means, without prices."""
    price = np.zeros(cost.shape[1], np.int64)
    return Solution(crew_of, price, _bound(cost, nobody, price), proven=False, rounds=0, arcs=0)


@dataclass(frozen=True, slots=True)
class _Scale:
    """Each case's costs counted from its cheapest crew, times `by`, plus the crew's place.

    The places of all crews sent together stay below one unit of the true cost, so they only break ties.
    Where that would leave the range of the solver, ties fall as the order of the pairs has it, which is just
    as repeatable.
    """

    lowest: IntArray
    by: int
    dense: bool

    @classmethod
    def of(cls, cost: TenthsArray, nobody: IntArray) -> "_Scale":
        n, m = cost.shape
        lowest = np.minimum(cost.min(axis=1, initial=FAR), nobody).astype(np.int64)
        widest = int((nobody - lowest).max(initial=0)) + 1  # no able crew is dearer than nobody
        by = max(4, min(n, m)) * max(1, m)  # along a chain of cases places cancel out but for three
        if widest * (n + m + 2) >= _SAFE:
            raise SolverFailed("costs_out_of_range")
        if widest * by * (n + m + 2) >= _SAFE:
            by = 1
        return cls(lowest, by, dense=widest * by * (n + m + 2) < _EXACT)

    def fine(self, cost: IntArray, rows: IntArray, columns: IntArray) -> IntArray:
        places = columns if self.by > 1 else 0
        return (cost - self.lowest[rows]) * self.by + places


@dataclass(frozen=True, slots=True)
class _Arcs:
    """The pairs in use, ordered by case, and the fine cost of leaving each case out."""

    case: IntArray
    crew: IntArray
    cost: IntArray
    nobody: IntArray
    crews: int

    @classmethod
    def of(cls, cost: TenthsArray, nobody: IntArray, used: IntArray, scale: _Scale) -> "_Arcs":
        m = cost.shape[1]
        rows, columns = np.divmod(used, max(1, m))
        fine = scale.fine(cost.ravel()[used].astype(np.int64), rows, columns)
        return cls(rows, columns, fine, (nobody - scale.lowest) * scale.by, m)


def _nearest(cost: TenthsArray, count: int) -> IntArray:
    """Give the places of the `count` cheapest able crews of each row, in order."""
    n, m = cost.shape
    if count >= m:
        return np.flatnonzero(cost < FAR)
    some = np.concatenate(
        [np.sort(np.argpartition(cost[rows], count, axis=1)[:, :count], axis=1) for rows in blocks(n, m)]
    )
    places = (some + np.arange(n)[:, None] * m).ravel()
    able: IntArray = places[cost.ravel()[places] < FAR]
    return able


def _dense(arcs: _Arcs) -> IntArray:
    """Solve over all pairs: what a pair gains over leaving its case out; no gain stands for not sent."""
    from scipy.optimize import linear_sum_assignment

    gain = np.zeros((len(arcs.nobody), arcs.crews))
    gain[arcs.case, arcs.crew] = np.minimum(arcs.cost - arcs.nobody[arcs.case], 0)
    rows, columns = linear_sum_assignment(gain)
    sent = gain[rows, columns] < 0
    crew_of = np.full(len(arcs.nobody), NO_CREW, np.int64)
    crew_of[rows[sent]] = columns[sent]
    return crew_of


def _flow(arcs: _Arcs) -> IntArray:
    """Solve the flow: case -> crew -> sink, and case -> sink for nobody; give the crew of each case."""
    from ortools.graph.python import min_cost_flow

    n, m = len(arcs.nobody), arcs.crews
    sink = n + m
    tails = np.concatenate([arcs.case, np.arange(sink)]).astype(np.int32)
    heads = np.concatenate([arcs.crew + n, np.full(sink, sink)]).astype(np.int32)
    costs = np.concatenate([arcs.cost, arcs.nobody, np.zeros(m, np.int64)])
    solver: Any = min_cost_flow.SimpleMinCostFlow()
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


def _missing(cost: TenthsArray, price: IntArray, value: IntArray, scale: _Scale, count: int) -> IntArray:
    """Give the places of the pairs left out that would improve the result, the best `count` of each row.

    Whole units are compared first, over all pairs in 32 bits; only what may be missing is looked at exactly.
    """
    n, m = cost.shape
    most = int(FAR) - 1
    paid = np.clip(price // scale.by, 0, most).astype(np.int32)
    worth = np.clip(-(-value // scale.by) + scale.lowest, -most, most).astype(np.int32)
    found = [np.flatnonzero(cost[rows] + paid < worth[rows, None]) + rows.start * m for rows in blocks(n, m)]
    places = np.concatenate(found) if found else np.zeros(0, np.int64)
    rows, columns = np.divmod(places, m)
    short = scale.fine(cost.ravel()[places].astype(np.int64), rows, columns) + price[columns] - value[rows]
    better = (short < 0) & (cost.ravel()[places] < FAR)
    rows, places, short = rows[better], places[better], short[better]
    order = np.lexsort((short, rows))
    rank = np.arange(len(order)) - np.searchsorted(rows, rows)
    return places[order[rank < count]]


def cost_of(cost: TenthsArray, nobody: IntArray, crew_of: IntArray) -> int:
    """Give what an assignment costs, the cases that it leaves out included."""
    sent = np.flatnonzero(crew_of != NO_CREW)
    left = np.flatnonzero(crew_of == NO_CREW)
    return int(cost[sent, crew_of[sent]].sum(dtype=np.int64) + nobody[left].sum())


def _bound(cost: TenthsArray, nobody: IntArray, price: IntArray) -> int:
    """Give what no assignment can cost less than: each case at its best, if every crew had to be paid.

    Weak duality of the assignment problem, in whole tenths.
    """
    n, m = cost.shape
    paid = np.clip(price, 0, int(FAR) - 1).astype(np.int32)
    best = nobody.copy()
    for rows in blocks(n, m):
        best[rows] = np.minimum(best[rows], (cost[rows] + paid).min(axis=1, initial=np.iinfo(np.int32).max))
    return int(best.sum() - price.sum())


def _held(arcs: _Arcs, cost: TenthsArray, crew_of: IntArray, scale: _Scale) -> IntArray:
    """Give the fine cost (n,) of what each case got."""
    held = arcs.nobody.copy()
    sent = np.flatnonzero(crew_of != NO_CREW)
    columns = crew_of[sent]
    held[sent] = scale.fine(cost[sent, columns].astype(np.int64), sent, columns)
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
