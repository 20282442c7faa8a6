"""Distances on the ground between points given in degrees."""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EARTH_RADIUS_M = 6_371_008.8  # mean radius of WGS-84 (IUGG)


def distance_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Give the great-circle distance in metres between two points in degrees (haversine formula)."""
    phi, other_phi = math.radians(lat), math.radians(other_lat)
    across = math.radians(other_lon - lon)
    h = math.sin((other_phi - phi) / 2) ** 2 + math.cos(phi) * math.cos(other_phi) * math.sin(across / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, h)))


def on_sphere(points: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Give x, y, z (n, 3) in metres of points (n, 2) in degrees: nearby chords are as long as the arcs."""
    import numpy as np  # noqa: PLC0415 - importing routing stays light

    lat, lon = np.radians(points[:, 0]), np.radians(points[:, 1])
    flat = np.cos(lat)
    return EARTH_RADIUS_M * np.stack([flat * np.cos(lon), flat * np.sin(lon), np.sin(lat)], axis=1)
