"""Where the next calls are expected, what a crew's leaving costs them, where an idle crew is worth most."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.costs import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class Demand:
    """Places (d, 2) in degrees where calls came from, and how often (d,); any scale."""

    places: FloatArray
    weight: FloatArray


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
    within: BoolArray, weight: FloatArray, standing: NDArray[np.int64], busy: float, nearer: FloatArray
) -> int:
    """Give the base (b) at which one more idle crew covers the most expected calls; of equals the nearer.

    `within` (b, d) tells which places are in reach of a base in time, `standing` (b,) how many idle crews
    each base has, `busy` the share of time a crew is not free, `nearer` (b,) the way there in seconds. A
    further crew counts only when those before it are busy: (1 - q) q^k (DMEXCLP; Jagtenberg, Bhulai, van der
    Mei, Operations Research for Health Care 4, 2015).
    """
    covered = standing @ within
    gain = within @ (weight * (1.0 - busy) * busy**covered)
    return int(np.lexsort((nearer, -np.round(gain, 9)))[0])
