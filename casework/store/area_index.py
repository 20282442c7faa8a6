"""Which area holds a point, and which areas a zone reaches, from outlines kept in memory."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from casework.domain.cap import Zone
from casework.domain.places import Area
from casework.ids import AreaId

_KM_A_DEGREE = 111.195
_CORNERS = 32
_SHARE = 1e-4
"""A zone that covers less of an area touches it by the inaccuracy of outlines only."""


class AreaIndex:
    """A spatial index over area outlines; a look-up takes microseconds (docs/decisions/0001).

    It is built when it is first asked: a worker that comes back after a death sweeps at once.
    """

    def __init__(self, areas: Iterable[Area]) -> None:
        areas = list(areas)
        self._outlined = [area for area in areas if area.boundary is not None]
        self._codes = frozenset(area.id for area in areas)
        self._ids: list[AreaId] = []
        self._shapes: list[Any] = []
        self._tree: Any = None

    def _has_outlines(self) -> bool:
        """Build the index at the first question; two threads that come at once build the same one."""
        if self._outlined and self._tree is None:
            self._build()
        return self._tree is not None

    def _build(self) -> None:
        import shapely  # noqa: PLC0415  (heavy, and not needed by a house without areas)
        from shapely.geometry import shape  # noqa: PLC0415  (as above)

        pairs = sorted(
            ((shape(dict(area.boundary or {})), area.id) for area in self._outlined),
            key=lambda pair: pair[0].area,
        )
        self._shapes = [pair[0] for pair in pairs]
        self._ids = [pair[1] for pair in pairs]
        self._point = shapely.Point
        self._tree = shapely.STRtree(self._shapes)

    def locate(self, lat: float, lon: float) -> AreaId | None:
        """Answer the smallest area that holds a point, or None outside of all."""
        if not self._has_outlines():
            return None
        holding = self._tree.query(self._point(lon, lat), predicate="intersects")
        return self._ids[min(holding)] if len(holding) else None

    def areas(self, zones: Sequence[Zone]) -> Sequence[str]:
        """Name every area of any level that a zone overlaps or names by its code."""
        found = {code for zone in zones for _, code in zone.geocodes if code in self._codes}
        for outline in self._outlines(zones):
            for number in self._tree.query(outline, predicate="intersects"):
                shape = self._shapes[number]
                if self._ids[number] not in found and shape.intersection(outline).area > _SHARE * min(
                    shape.area, outline.area
                ):
                    found.add(self._ids[number])
        return sorted(found)

    def middle(self, zones: Sequence[Zone]) -> tuple[float, float] | None:
        """Answer a point (latitude, longitude) of the first zone that lies within our areas."""
        for outline in self._outlines(zones):
            for number in sorted(self._tree.query(outline, predicate="intersects"), reverse=True):
                part = self._shapes[number].intersection(outline)
                if part.area > 0:
                    point = part.representative_point()
                    return float(point.y), float(point.x)
        return None

    def _outlines(self, zones: Sequence[Zone]) -> Iterator[Any]:
        """Make shapes of the zones' polygons and circles; a crossing outline is mended, not refused."""
        if not self._has_outlines():
            return
        import shapely  # noqa: PLC0415  (as above)

        for zone in zones:
            rings = [[(lon, lat) for lat, lon in polygon] for polygon in zone.polygons]
            rings += [_circle(*circle) for circle in zone.circles]
            for ring in rings:
                outline = shapely.make_valid(shapely.Polygon(ring))
                if outline.area > 0:
                    yield outline


def _circle(lat: float, lon: float, radius_km: float) -> list[tuple[float, float]]:
    """Draw a circle of at least ten metres as a polygon of degrees."""
    north = max(radius_km, 0.01) / _KM_A_DEGREE
    east = north / max(math.cos(math.radians(lat)), 0.01)
    turns = (2 * math.pi * number / _CORNERS for number in range(_CORNERS))
    return [(lon + east * math.cos(turn), lat + north * math.sin(turn)) for turn in turns]


class AreaTree:
    """Who belongs to whom among areas."""

    def __init__(self, areas: Iterable[Area], level: str = "street") -> None:
        self._areas = {area.id: area for area in areas}
        self._level = level

    def lifted(self, area_id: AreaId | None) -> AreaId | None:
        """Answer the ancestor at the tree's level, or the area itself where it has none."""
        at = self._areas.get(area_id) if area_id else None
        while at is not None and at.level != self._level:
            at = self._areas.get(at.parent_id) if at.parent_id else None
        return at.id if at is not None else area_id

    def path(self, area_id: AreaId | None) -> tuple[AreaId, ...]:
        """Answer an area and everything above it, the smallest first."""
        found: list[AreaId] = []
        while area_id is not None and area_id in self._areas and area_id not in found:
            found.append(area_id)
            area_id = self._areas[area_id].parent_id
        return tuple(found)
