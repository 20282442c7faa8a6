"""Where the next calls are expected, what a crew's leaving costs them, where an idle crew is worth most."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.costs import BoolArray, FloatArray

WORTH_LEAVING = 0.02
"""Share of all expected calls that another base must cover more than a crew's own."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Places (d, 2) in degrees where calls came from, how often (d,) in any scale, and what they wanted."""

    places: FloatArray
    weight: FloatArray
    wishes: tuple[frozenset[str], ...]

    def weight_for(self, capabilities: frozenset[str]) -> FloatArray:
        """Give the weights (d,) as they are for a crew that can do this much: 0 where it is of no use."""
        useful = np.array([wish <= capabilities for wish in self.wishes], np.bool_)
        return np.where(useful, self.weight, 0.0)


def longer_waits(seconds: FloatArray, weight: FloatArray, nobody_s: float) -> FloatArray:
    """Give how much longer (m,) the next call waits on the mean when a crew has left.

    `seconds` (m, d) is each idle crew's way to each place, infinite where it is of no use there. A place
    loses the difference between its nearest crew and its second nearest; with no other crew left it waits
    `nobody_s`.
    """
    m = len(seconds)
    if not m or not weight.sum() > 0:
        return np.zeros(m)
    bounded = np.minimum(seconds, nobody_s)
    padded = np.vstack([bounded, np.full((1, bounded.shape[1]), nobody_s)])
    nearest = padded.argmin(axis=0)
    two = np.partition(padded, 1, axis=0)[:2]
    lost = (two[1] - two[0]) * weight / weight.sum()
    return np.bincount(nearest, weights=lost, minlength=m + 1)[:m].astype(np.float64)


def best_base(
    within: BoolArray, weight: FloatArray, standing: NDArray[np.int64], busy: float, home: int
) -> int:
    """Give the base (b) at which one more idle crew covers the most expected calls.

    Its own is left only for one that covers 2 % of all calls more: a crew is best known, and rests, at home.

    `within` (b, d) tells which places are in reach of a base in time, `standing` (b,) how many idle crews
    each base has, `busy` the share of time a crew is not free.
    A further crew counts only when those before it are busy: (1 - q) q^k (DMEXCLP; Jagtenberg, Bhulai and
    van der Mei, Operations Research for Health Care 4, 2015).
    """
    covered = standing @ within
    gain = within @ (weight * (1.0 - busy) * busy**covered)
    best = int(gain.argmax())
    return best if gain[best] > gain[home] + WORTH_LEAVING * weight.sum() else home
