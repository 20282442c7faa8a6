"""Cases whose crews must all go or none: branch and bound over the assignment that knows no such bond."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from routing import flow
from routing.costs import FAR, NO_CREW, IntArray, Sheet, TenthsArray
from routing.flow import Solution

_MOST_NODES = 200


@dataclass(frozen=True, slots=True)
class _Node:
    """A part of the question: these bonds serve all their rows, those serve none."""

    whole: frozenset[int] = frozenset()
    out: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Bonds:
    """The costs, and the rows of each case that wants several crews together."""

    cost: TenthsArray
    nobody: IntArray
    rows: tuple[IntArray, ...]
    nearest: int

    def solve(self, node: _Node) -> Solution | None:
        """Solve a part of the question; None where its whole bonds cannot all be kept."""
        cost, nobody = self.cost.copy(), self.nobody.copy()
        for number in node.out:
            cost[self.rows[number]] = FAR
        whole = np.concatenate([self.rows[number] for number in node.whole] or [np.zeros(0, np.int64)])
        nobody[whole] += self.dear
        solution = flow.solve(cost, nobody, self.nearest)
        return None if (solution.crew_of[whole] == NO_CREW).any() else solution

    @property
    def dear(self) -> int:
        """More than any plan can lose by serving a row: that stays empty only where it must."""
        lowest = np.minimum(self.cost.min(axis=1, initial=FAR), self.nobody)
        return int((self.nobody - lowest).max(initial=0) + 1) * (len(self.nobody) + 1)

    def broken(self, crew_of: IntArray) -> list[int]:
        """Give the bonds of which some rows have a crew and some have none."""
        served = [crew_of[rows] != NO_CREW for rows in self.rows]
        return [number for number, some in enumerate(served) if some.any() and not some.all()]

    def costs(self, crew_of: IntArray) -> int:
        """Give what a plan costs."""
        return flow.cost_of(self.cost, self.nobody, crew_of)


def bonds(sheet: Sheet) -> tuple[IntArray, ...]:
    """Give the rows of each case that wants several crews together."""
    rows: dict[str, list[int]] = {}
    for i, case in enumerate(sheet.cases):
        if case.together and case.also:
            rows.setdefault(case.id, []).append(i)
    return tuple(np.array(some) for some in rows.values())


def solve(bonds: Bonds, out_of_time: Callable[[], bool]) -> Solution:
    """Solve `flow.solve` under the bonds; raises SolverFailed like it.

    Each node is an assignment; one that breaks no bond is a plan, one that costs no less than the best plan
    is dropped. The first is the whole problem without bonds, so it bounds every plan from below: where the
    search ends early, the gap to it is stated. Even where crews are scarce few bonds break, and a node costs
    what a decision without bonds costs.
    """
    first = flow.solve(bonds.cost, bonds.nobody, bonds.nearest, out_of_time)
    if not bonds.broken(first.crew_of):
        return first
    best = _giving_up(bonds, first)
    if bonds.dear >= int(FAR) // 4:  # beyond the range in which a whole bond can be enforced
        return replace(best, bound=first.bound, proven=bonds.costs(best.crew_of) == first.bound)
    nodes = _branches(_Node(), bonds.broken(first.crew_of)[0])
    for _ in range(_MOST_NODES):
        if not nodes or out_of_time():
            break
        node = nodes.pop()
        solution = bonds.solve(node)
        if solution is None or bonds.costs(solution.crew_of) >= bonds.costs(best.crew_of):
            continue
        broken = bonds.broken(solution.crew_of)
        if broken:
            nodes += _branches(node, broken[0])
        else:
            best = solution
    reached = bonds.costs(best.crew_of)
    bound = first.bound if nodes else reached
    return replace(best, bound=bound, proven=first.proven and reached == bound)


def _branches(node: _Node, number: int) -> list[_Node]:
    return [replace(node, out=node.out | {number}), replace(node, whole=node.whole | {number})]


def _giving_up(bonds: Bonds, solution: Solution) -> Solution:
    """Give a plan at once: leave broken bonds out until none breaks."""
    node = _Node()
    while broken := bonds.broken(solution.crew_of):
        node = replace(node, out=node.out | set(broken))
        solution = bonds.solve(node) or solution
    return solution
