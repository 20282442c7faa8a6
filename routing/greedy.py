"""The plain answer for when the exact one is not to be had: the most urgent case takes its cheapest crew."""

import numpy as np

from routing.costs import NO_CREW, BoolArray, IntArray
from routing.problem import WaitingCase


def solve(cases: tuple[WaitingCase, ...], cost: IntArray, able: BoolArray) -> IntArray:
    """Give the crew of each case or NO_CREW: by priority, then age, each takes the cheapest crew left."""
    crew_of = np.full(len(cases), NO_CREW, np.int64)
    left = able.copy()
    for i in sorted(range(len(cases)), key=lambda i: (cases[i].priority, -cases[i].age_s, cases[i].id)):
        if left[i].any():
            crew_of[i] = np.where(left[i], cost[i], np.iinfo(np.int64).max).argmin()
            left[:, crew_of[i]] = False
    return crew_of
