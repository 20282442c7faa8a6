"""Places in rules: a point with its radius, distances, and the cells that a circle touches."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rules.fields import FactValue

EARTH_M = 6_371_008.8
"""Mean radius of the earth in metres (IUGG)."""
_METRES_A_DEGREE = 111_000.0
"""Of latitude, rounded down, so that a stretch made with it is never too short."""
_FLATTEST = 0.01

Place = tuple[float, float]
"""Latitude and longitude in degrees."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A circle on the map."""

    lat: float
    lon: float
    radius_m: float

    def holds(self, place: Place | None) -> bool:
        """Tell whether a place lies in it."""
        return place is not None and distance_m(place, (self.lat, self.lon)) <= self.radius_m


def place_of(facts: Mapping[str, FactValue]) -> Place | None:
    """Answer where an event happened: where it says itself, or else where its asset stands.

    What lies off the globe is no place.
    """
    for lat, lon in ((facts.get("lat"), facts.get("lon")), (facts.get("asset.lat"), facts.get("asset.lon"))):
        place = on_earth(lat, lon)
        if place is not None:
            return place
    return None


def on_earth(lat: object, lon: object) -> Place | None:
    """Answer two numbers as a place, or None where they are none or lie off the globe."""
    if not (isinstance(lat, int | float) and isinstance(lon, int | float)):
        return None
    return (float(lat), float(lon)) if abs(lat) <= 90 and abs(lon) <= 180 else None  # noqa: PLR2004  (degrees of a sphere)


def distance_m(one: Place, other: Place) -> float:
    """Measure the great-circle distance of two places in metres (haversine)."""
    north, south = math.radians(one[0]), math.radians(other[0])
    half_lat, half_lon = (south - north) / 2, math.radians(other[1] - one[1]) / 2
    square = math.sin(half_lat) ** 2 + math.cos(north) * math.cos(south) * math.sin(half_lon) ** 2
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(square)))


def cell_of(place: Place, radius_m: float) -> str:
    """Name the cell of a grid, two radii wide, in which a place lies."""
    row = math.floor(place[0] / _height(radius_m))
    return f"{row}/{math.floor(place[1] / _width(row, radius_m))}"


def cells_touched(place: Place, radius_m: float) -> Iterator[str]:
    """Name every cell that the circle around a place reaches into, its own among them."""
    height = _height(radius_m)
    reach = height / 2
    for row in range(math.floor((place[0] - reach) / height), math.floor((place[0] + reach) / height) + 1):
        width = _width(row, radius_m)
        # In a row that the circle only touches a degree of longitude may be shorter than in its own.
        across = radius_m / (_METRES_A_DEGREE * _narrowest(abs(place[0]) + reach))
        first, last = math.floor((place[1] - across) / width), math.floor((place[1] + across) / width)
        for column in range(first, last + 1):
            yield f"{row}/{column}"


def _height(radius_m: float) -> float:
    return 2 * radius_m / _METRES_A_DEGREE


def _width(row: int, radius_m: float) -> float:
    middle = (row + 0.5) * _height(radius_m)
    return _height(radius_m) / _narrowest(middle)


def _narrowest(lat: float) -> float:
    return max(_FLATTEST, math.cos(math.radians(min(90.0, abs(lat)))))
