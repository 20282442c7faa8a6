"""The plain answer for when the exact one is not to be had: the most urgent case takes its cheapest crew."""

import numpy as np

from routing.costs import FAR, NO_CREW, IntArray, TenthsArray
from routing.problem import WaitingCase


def solve(cases: tuple[WaitingCase, ...], cost: TenthsArray) -> IntArray:
    """Give the crew of each case or NO_CREW: by priority, then age, each takes the cheapest crew left."""
    crew_of = np.full(len(cases), NO_CREW, np.int64)
    taken = np.zeros(cost.shape[1], np.int32)
    for i in sorted(range(len(cases)), key=lambda i: (cases[i].priority, -cases[i].age_s, cases[i].id)):
        left = np.maximum(cost[i], taken)
        if left.min(initial=FAR) < FAR:
            crew_of[i] = left.argmin()
            taken[crew_of[i]] = FAR
    return crew_of
