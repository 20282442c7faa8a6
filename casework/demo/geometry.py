"""Points in polygons and ways on the ground, small enough to need no library."""

import math
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

METRES_PER_DEGREE = 111_320.0

Ring = Sequence[Sequence[float]]


def outer_rings(geometry: Mapping[str, Any]) -> list[Ring]:
    """Answer the outer rings of a GeoJSON Polygon or MultiPolygon; ours have no holes."""
    if geometry["type"] == "Polygon":
        return [geometry["coordinates"][0]]
    return [polygon[0] for polygon in geometry["coordinates"]]


def is_inside(ring: Ring, lon: float, lat: float) -> bool:
    """Whether a point lies inside a ring: a ray to the east crosses its edge an odd number of times."""
    inside = False
    for (lon_a, lat_a), (lon_b, lat_b) in _edges(ring):
        if (lat_a > lat) != (lat_b > lat):
            crossing = lon_a + (lat - lat_a) / (lat_b - lat_a) * (lon_b - lon_a)
            inside ^= lon < crossing
    return inside


def random_point(geometry: Mapping[str, Any], random: Random) -> tuple[float, float]:
    """Draw a point (lat, lon) within a polygon, rounded to about a metre."""
    ring = max(outer_rings(geometry), key=len)
    lons = [point[0] for point in ring]
    lats = [point[1] for point in ring]
    while True:
        lon = round(random.uniform(min(lons), max(lons)), 5)
        lat = round(random.uniform(min(lats), max(lats)), 5)
        if is_inside(ring, lon, lat):
            return lat, lon


def distance_m(from_point: tuple[float, float], to_point: tuple[float, float]) -> float:
    """Metres between two points (lat, lon) on a plane: under 0.1 % wrong within a district."""
    north = to_point[0] - from_point[0]
    east = (to_point[1] - from_point[1]) * math.cos(math.radians(from_point[0]))
    return math.hypot(north, east) * METRES_PER_DEGREE


def between(
    from_point: tuple[float, float], to_point: tuple[float, float], share: float
) -> tuple[float, float]:
    """Answer the point a share (0 to 1) of the way along."""
    lat = from_point[0] + (to_point[0] - from_point[0]) * share
    lon = from_point[1] + (to_point[1] - from_point[1]) * share
    return round(lat, 6), round(lon, 6)


def near(point: tuple[float, float], radius_m: float, random: Random) -> tuple[float, float]:
    """Draw a point (lat, lon) within a radius of another."""
    away = radius_m * math.sqrt(random.random()) / METRES_PER_DEGREE
    bearing = random.uniform(0, 2 * math.pi)
    lat = point[0] + away * math.cos(bearing)
    lon = point[1] + away * math.sin(bearing) / math.cos(math.radians(point[0]))
    return round(lat, 6), round(lon, 6)


def _edges(ring: Ring) -> Iterator[tuple[Sequence[float], Sequence[float]]]:
    yield from zip(ring, [*ring[1:], ring[0]], strict=True)
