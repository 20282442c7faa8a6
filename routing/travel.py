"""How long a crew needs from where it is to where the case is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from routing import geo

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

HOURS = 24
LONGEST_S = 86_400.0
"""A way of more than a day is none."""

# An assumption until the district's own trips are measured: free at night, slow at both rush hours.
SPEED_KMH_BY_HOUR = (
    (35.0,) * 6 + (30.0, 20.0, 18.0, 22.0) + (25.0,) * 6 + (22.0, 18.0, 18.0, 22.0) + (28.0,) * 4
)


class TravelTimes(Protocol):
    """Travel times from a road graph, a service, or plain distance; `source` is shown with every estimate."""

    @property
    def source(self) -> str:
        """Give the slug that tells a person what the estimate rests on."""

    def seconds(self, origins: "FloatArray", destinations: "FloatArray", at: datetime) -> "FloatArray":
        """Give seconds (n, m) from origins (n, 2) to destinations (m, 2), both lat, lon in degrees.

        `at` is the aware time of departure. Infinity, NaN, or more than a day means that there is no way.
        """


@dataclass(frozen=True, slots=True)
class Closure:
    """No way within `radius_m` of a point from `begins` until `ends` (aware times)."""

    lat: float
    lon: float
    radius_m: float
    begins: datetime
    ends: datetime


@runtime_checkable
class HeedsClosures(Protocol):
    """Travel times that know roads, and so can be told which are closed."""

    def close(self, closures: Sequence[Closure]) -> None:
        """Take over which streets are closed and when, in place of what was said before."""


@runtime_checkable
class SaysByPlace(Protocol):
    """Travel times whose estimates do not all rest on the same."""

    def sources(self, destinations: "FloatArray", at: datetime) -> list[str]:
        """Give for each destination (m, 2) what the estimates of its ways rest on."""


def sources(travel: TravelTimes, destinations: "FloatArray", at: datetime) -> list[str]:
    """Give for each destination what its estimates rest on, the common source where there is but one."""
    if isinstance(travel, SaysByPlace):
        return travel.sources(destinations, at)
    return [travel.source] * len(destinations)


class DeferredTravelTimes:
    """Travel times that are made when they are first asked for: what they load is not loaded at the start."""

    def __init__(self, make: Callable[[], TravelTimes], source: str) -> None:
        self._make = make
        self._source = source

    @cached_property
    def _made(self) -> TravelTimes:
        return self._make()

    @property
    def source(self) -> str:
        """The slug of what is made; the one that was given, until then."""
        return self._made.source if "_made" in vars(self) else self._source

    def seconds(self, origins: "FloatArray", destinations: "FloatArray", at: datetime) -> "FloatArray":
        """Give seconds (n, m); see `TravelTimes.seconds`."""
        return self._made.seconds(origins, destinations, at)

    def sources(self, destinations: "FloatArray", at: datetime) -> list[str]:
        """Give what the estimates to each destination rest on; see `SaysByPlace.sources`."""
        return sources(self._made, destinations, at)

    def close(self, closures: Sequence[Closure]) -> None:
        """Tell what was made which roads are closed, where it knows any."""
        if isinstance(self._made, HeedsClosures):
            self._made.close(closures)


@dataclass(frozen=True, slots=True)
class DistanceTravelTimes:
    """Straight distance x detour / speed of the local hour + the seconds it takes to set off.

    `detour` 1.35 is the mean ratio of road to straight distance in European cities (1.343, published).
    `speed_kmh_by_hour` has 24 entries, door to door, for the hours of `zone`.
    """

    zone: tzinfo
    detour: float = 1.35
    start_up_s: float = 60.0
    speed_kmh_by_hour: Sequence[float] = SPEED_KMH_BY_HOUR
    source: str = "distance"

    def __post_init__(self) -> None:
        if len(self.speed_kmh_by_hour) != HOURS or min(self.speed_kmh_by_hour) <= 0:
            raise ValueError(f"{HOURS} speeds above 0 are needed, one an hour")

    def seconds(self, origins: "FloatArray", destinations: "FloatArray", at: datetime) -> "FloatArray":
        """Give seconds (n, m); see `TravelTimes.seconds`. Raises ValueError for a time without zone."""
        if at.tzinfo is None:
            raise ValueError("the time of departure needs a zone")
        speed_ms = self.speed_kmh_by_hour[at.astimezone(self.zone).hour] / 3.6
        return _straight_m(origins, destinations) * (self.detour / speed_ms) + self.start_up_s


def _straight_m(origins: "FloatArray", destinations: "FloatArray") -> "FloatArray":
    """Give chords (n, m) in metres, 1 part in 100,000 shorter than the arc at 100 km and far cheaper.

    |a - b|^2 = |a|^2 + |b|^2 - 2ab is one product of matrices; counted from the middle of the points it keeps
    a millimetre in a city.
    """
    import numpy as np  # noqa: PLC0415 - importing routing stays light

    here, there = geo.on_sphere(origins), geo.on_sphere(destinations)
    middle = np.nan_to_num(here).mean(axis=0) if len(here) else 0.0
    here, there = here - middle, there - middle
    total = here @ (-2.0 * there.T)
    total += np.square(here).sum(axis=1)[:, None]
    total += np.square(there).sum(axis=1)
    np.maximum(total, 0.0, out=total)
    return np.sqrt(total, out=total)
