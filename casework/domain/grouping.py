"""Which open case a new signal belongs to: same category, near, recent, or the same subject."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from casework.domain.cases import Case
from routing import geo

METRES_A_DEGREE = 111_000.0
"""Of latitude, rounded down: a box made with it holds the whole circle."""


@dataclass(frozen=True, slots=True)
class Box:
    """A stretch of the map that holds a circle, in degrees, for a database to look in."""

    south: float
    north: float
    west: float
    east: float


def box_around(place: tuple[float, float], radius_m: float) -> Box:
    """Answer a box that holds everything within a radius; near the poles it goes all the way round."""
    lat, lon = place
    high = radius_m / METRES_A_DEGREE
    narrowest = math.cos(math.radians(min(abs(lat) + high, 90.0)))
    wide = min(360.0, high / narrowest) if narrowest > 0 else 360.0
    return Box(lat - high, lat + high, lon - wide, lon + wide)


@dataclass(frozen=True, slots=True)
class Joining:
    """The open case that a signal joins, with the reason kept as data."""

    case: Case
    reason: str
    distance_m: float | None


def find_case(
    candidates: Iterable[Case],
    *,
    subject: str | None,
    place: tuple[float, float] | None,
    now: datetime,
    radius_m: float,
    within: timedelta,
) -> Joining | None:
    """Pick the open case of the same category that this signal is about, or None.

    The same subject (a device, an asset) wins over nearness; of several near ones the nearest is
    taken, then the oldest, so that the choice is the same each time.
    """
    recent = [
        case for case in candidates if now - case.changed_at <= within or now - case.opened_at <= within
    ]
    if subject is not None:
        same = sorted((case for case in recent if case.subject == subject), key=lambda case: case.opened_at)
        if same:
            return Joining(same[0], "same_subject", None)
    if place is None:
        return None
    near = sorted(
        (
            (geo.distance_m(place[0], place[1], case.lat, case.lon), case.opened_at, case)
            for case in recent
            if case.lat is not None and case.lon is not None and _compatible(case.subject, subject)
        ),
        key=lambda row: row[:2],
    )
    if near and near[0][0] <= radius_m:
        return Joining(near[0][2], "near_and_recent", round(near[0][0], 1))
    return None


def _compatible(one: str | None, other: str | None) -> bool:
    """Two named subjects that differ are two things, however near they are."""
    return one is None or other is None or one == other
