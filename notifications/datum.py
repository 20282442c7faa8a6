"""Positions on China's datum GCJ-02 brought to WGS-84; without it they lie some hundred metres beside.

The offset is not published by the authority; this is the approximation in general use (krasovsky ellipsoid,
as in googollee/eviltransform), good to a metre or two.
"""

import math

_A, _EE = 6_378_245.0, 0.006_693_421_622_965_943
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
_ROUNDS = 4


def wgs84_to_gcj02(lat: float, lon: float) -> tuple[float, float]:
    """Answer where a WGS-84 position lies on the Chinese datum; outside China the two are one."""
    if not (_SOUTH <= lat <= _NORTH and _WEST <= lon <= _EAST):
        return lat, lon
    north, east = _north(lon - 105.0, lat - 35.0), _east(lon - 105.0, lat - 35.0)
    phi = math.radians(lat)
    magic = 1 - _EE * math.sin(phi) ** 2
    d_lat = north * 180 / (_A * (1 - _EE) / (magic * math.sqrt(magic)) * math.pi)
    d_lon = east * 180 / (_A / math.sqrt(magic) * math.cos(phi) * math.pi)
    return lat + d_lat, lon + d_lon


def gcj02_to_wgs84(lat: float, lon: float) -> tuple[float, float]:
    """Answer the WGS-84 position that lies here on the Chinese datum, by coming nearer in four rounds."""
    guess = lat, lon
    for _ in range(_ROUNDS):
        there = wgs84_to_gcj02(*guess)
        guess = guess[0] + lat - there[0], guess[1] + lon - there[1]
    return guess


def _waves(x: float) -> float:
    return (20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)) * 2 / 3


def _north(x: float, y: float) -> float:
    straight = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    middle = (20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)) * 2 / 3
    long = (160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)) * 2 / 3
    return straight + _waves(x) + middle + long


def _east(x: float, y: float) -> float:
    straight = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    middle = (20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)) * 2 / 3
    long = (150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)) * 2 / 3
    return straight + _waves(x) + middle + long
