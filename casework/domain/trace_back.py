"""From where a truck's load probably came: back through its sightings, with what is not known."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from routing import geo

TOP_SPEED_M_S = 20.0
"""72 km/h: more than a loaded truck makes in a city, so that no way is called impossible that was driven."""
DETOUR = 1.35
"""Streets are so much longer than the straight line; the figure that dispatch uses too."""
LOADING = timedelta(minutes=4)
"""An excavator fills a truck in no less."""
GAP = timedelta(minutes=20)
"""Between two sightings so far apart the truck may have been anywhere."""
_NEAR_M = 400.0
_UNKNOWN = 0.25
_UNKNOWN_PER_GAP = 0.15


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where a truck was seen; `loaded` is None where nobody could tell."""

    event: str
    at: datetime
    lat: float
    lon: float
    loaded: bool | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A place where trucks are loaded."""

    id: str
    name_zh: str
    name_en: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Leg:
    """The way between two sightings, as far as it is known."""

    earlier: Sighting
    later: Sighting
    straight_m: float

    @property
    def lasted(self) -> timedelta:
        """How long nobody saw the truck."""
        return self.later.at - self.earlier.at

    @property
    def is_gap(self) -> bool:
        """Whether the truck may have been anywhere meanwhile."""
        return self.lasted > GAP

    @property
    def is_possible(self) -> bool:
        """Whether one truck can have made the way: otherwise a plate was misread, or is on two trucks."""
        return self.straight_m <= TOP_SPEED_M_S * max(self.lasted.total_seconds(), 1.0)


@dataclass(frozen=True, slots=True)
class Suspect:
    """A site that the truck can have been loaded at, on which leg, and how near it was seen."""

    site: Site
    confidence: float
    leg: Leg
    nearest_m: float
    spare: timedelta


@dataclass(frozen=True, slots=True)
class Trace:
    """What is known of a trip: its legs, the newest first, the suspects, and the part that nobody knows.

    `confidence` of all suspects and `unknown` make one. `began_empty` tells whether the trip was followed
    back to a sighting of the empty truck; without it the load may come from before the first leg.
    """

    legs: tuple[Leg, ...]
    suspects: tuple[Suspect, ...]
    unknown: float
    began_empty: bool

    @property
    def gaps(self) -> tuple[Leg, ...]:
        """The legs on which nobody saw the truck for long."""
        return tuple(leg for leg in self.legs if leg.is_gap)


def trace_back(sightings: Sequence[Sighting], sites: Sequence[Site]) -> Trace:
    """Follow one truck back from its last loaded sighting to the last empty one; weigh where it was loaded.

    A site is possible on a leg if the truck can have driven there, stood as long as loading takes, and
    driven on to where it was next seen, at top speed (the space-time prism of time geography, Hägerstrand
    1970). Possible sites are weighed by how near the truck was seen to them; what speaks for none of them,
    most of all gaps and a trip whose beginning nobody saw, stays unknown and is shown as such.
    """
    trip, began_empty = _trip(sightings)
    legs = tuple(reversed([_leg(earlier, later) for earlier, later in pairwise(trip)]))
    weighed = sorted(_weigh(legs, sites), key=lambda found: (-found[0], found[1].site.id))
    unknown = _UNKNOWN + _UNKNOWN_PER_GAP * sum(leg.is_gap for leg in legs)
    if not began_empty:
        unknown *= 2
    total = sum(weight for weight, _ in weighed) + unknown
    return Trace(
        legs=legs,
        suspects=tuple(
            Suspect(found.site, round(weight / total, 3), found.leg, found.nearest_m, found.spare)
            for weight, found in weighed
        ),
        unknown=round(unknown / total, 3),
        began_empty=began_empty,
    )


def _trip(sightings: Sequence[Sighting]) -> tuple[list[Sighting], bool]:
    """Cut out the last loaded trip: from the last sighting of the empty truck before it."""
    ordered = sorted(sightings, key=lambda seen: (seen.at, seen.event))
    loaded = [position for position, seen in enumerate(ordered) if seen.loaded]
    end = loaded[-1] if loaded else len(ordered) - 1
    for begin in range(end, -1, -1):
        if ordered[begin].loaded is False:
            return ordered[begin : end + 1], True
    return ordered[: end + 1], False


def _leg(earlier: Sighting, later: Sighting) -> Leg:
    return Leg(earlier, later, round(geo.distance_m(earlier.lat, earlier.lon, later.lat, later.lon), 1))


def _weigh(legs: Sequence[Leg], sites: Sequence[Site]) -> Iterator[tuple[float, Suspect]]:
    """Take for each site the leg that speaks most for it; nobody loads between two loaded sightings."""
    loading = [leg for leg in legs if not (leg.earlier.loaded and leg.later.loaded)]
    for site in sites:
        chances = [chance for leg in loading if (chance := _chance(leg, site)) is not None]
        if chances:
            yield max(chances, key=lambda chance: chance[0])


def _chance(leg: Leg, site: Site) -> tuple[float, Suspect] | None:
    to_site = geo.distance_m(leg.earlier.lat, leg.earlier.lon, site.lat, site.lon)
    from_site = geo.distance_m(site.lat, site.lon, leg.later.lat, leg.later.lon)
    driving = timedelta(seconds=(to_site + from_site) * DETOUR / TOP_SPEED_M_S)
    spare = leg.lasted - driving - LOADING
    if spare < timedelta(0):
        return None
    nearest = min(to_site, from_site)
    return math.exp(-nearest / _NEAR_M), Suspect(site, 0.0, leg, round(nearest, 1), spare)
