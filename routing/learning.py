"""What the district's own trips teach: by how much estimates are off, by hour and by area."""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from statistics import fmean, median
from typing import TYPE_CHECKING, TypeVar

from routing.travel import Closure, HeedsClosures, TravelTimes, sources

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

Key = TypeVar("Key")
FEWEST = 30
"""With fewer trips nothing is learned."""
_TRUST = 20  # so many trips of an hour or an area weigh as much as knowing nothing of it
_LEAST, _MOST = 0.5, 2.5
_TAP_FORGOTTEN = 0.1, 10.0  # ratios beyond say more of a finger than of a street
_FACTOR = re.compile(r" x(\d\.\d\d)$")


@dataclass(frozen=True, slots=True)
class Trip:
    """A finished trip: the estimate as it was shown, what it rested on, and how long it took, in seconds."""

    hour: int
    area: str | None
    estimated_s: float
    source: str
    took_s: float

    @property
    def ratio(self) -> float:
        """Give how often the estimate without anything learned was contained in the trip."""
        return self.took_s / (self.estimated_s / factor_in(self.source))


@dataclass(frozen=True, slots=True)
class Learned:
    """What one hour or area taught: its trips, its factor, and the mean error before and after in seconds."""

    n: int
    factor: float
    before_s: float
    after_s: float


@dataclass(frozen=True, slots=True)
class Residuals:
    """Factors on estimates: one of all trips, times one of the hour, times one of the area."""

    all: Learned
    hours: Mapping[int, Learned]
    areas: Mapping[str | None, Learned]

    def factor(self, hour: int, area: str | None) -> float:
        """Give the factor of a trip that begins in this hour and leads to this area."""
        product = self.all.factor
        for own in (self.hours.get(hour), self.areas.get(area)):
            product *= own.factor if own else 1.0
        return round(min(max(product, _LEAST), _MOST), 2)


def factor_in(source: str) -> float:
    """Give the factor that an estimate of this source contains already."""
    found = _FACTOR.search(source)
    return float(found[1]) if found else 1.0


def learn(trips: Iterable[Trip]) -> Residuals | None:
    """Learn from trips; None where they are too few.

    Medians of ratios, so that a forgotten tap moves nothing; those of an hour or an area are drawn towards
    the common one by as much as they rest on few trips. The errors are those on these same trips.
    """
    shortest, longest = _TAP_FORGOTTEN
    used = [trip for trip in trips if trip.estimated_s > 0 and shortest < trip.ratio < longest]
    if len(used) < FEWEST:
        return None
    common = median(math.log(trip.ratio) for trip in used)
    by_hour = _effects([(trip.hour, math.log(trip.ratio) - common) for trip in used])
    by_area = _effects([(trip.area, math.log(trip.ratio) - common - by_hour[trip.hour]) for trip in used])

    def told(some: Sequence[Trip], effect: float) -> Learned:
        before = fmean(abs(trip.took_s - trip.took_s / trip.ratio) for trip in some)
        after = fmean(
            abs(
                trip.took_s
                - trip.took_s / trip.ratio * math.exp(common + by_hour[trip.hour] + by_area[trip.area])
            )
            for trip in some
        )
        return Learned(len(some), math.exp(effect), before, after)

    return Residuals(
        told(used, common),
        {hour: told([trip for trip in used if trip.hour == hour], by_hour[hour]) for hour in sorted(by_hour)},
        {area: told([trip for trip in used if trip.area == area], by_area[area]) for area in by_area},
    )


class LearnedTravelTimes:
    """The estimates of other travel times, corrected by what was learned, each saying by how much."""

    def __init__(
        self,
        inner: TravelTimes,
        residuals: Residuals,
        zone: tzinfo,
        area_of: Callable[[float, float], str | None],
    ) -> None:
        self._inner = inner
        self._residuals = residuals
        self._zone = zone
        self._area_of = area_of

    @property
    def source(self) -> str:
        """The slug of what is corrected."""
        return self._inner.source

    def sources(self, destinations: "FloatArray", at: datetime) -> list[str]:
        """Give what each destination's estimates rest on, with the factor that they contain."""
        inner = sources(self._inner, destinations, at)
        factors = self._factors(destinations, at)
        return [
            source if factor == 1.0 else f"{source} x{factor:.2f}"
            for source, factor in zip(inner, factors, strict=True)
        ]

    def seconds(self, origins: "FloatArray", destinations: "FloatArray", at: datetime) -> "FloatArray":
        """Give seconds (n, m); see `TravelTimes.seconds`."""
        return self._inner.seconds(origins, destinations, at) * self._factors(destinations, at)

    def close(self, closures: Sequence[Closure]) -> None:
        """Tell those who know roads which are closed."""
        if isinstance(self._inner, HeedsClosures):
            self._inner.close(closures)

    def _factors(self, destinations: "FloatArray", at: datetime) -> list[float]:
        hour = at.astimezone(self._zone).hour
        return [self._residuals.factor(hour, self._area_of(lat, lon)) for lat, lon in destinations.tolist()]


def _effects(pairs: Sequence[tuple[Key, float]]) -> dict[Key, float]:
    """Give the median of each key, drawn towards 0 where it has few values."""
    values: dict[Key, list[float]] = {}
    for key, value in pairs:
        values.setdefault(key, []).append(value)
    return {key: median(some) * len(some) / (len(some) + _TRUST) for key, some in values.items()}
