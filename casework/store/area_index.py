"""Which area holds a point: the smallest one, from outlines kept in memory."""

from collections.abc import Iterable
from typing import Any

from casework.domain.places import Area
from casework.ids import AreaId


class AreaIndex:
    """A spatial index over area outlines; a look-up takes microseconds (docs/decisions/0001).

    It is built when the first point is asked about: a worker that comes back after a death sweeps at once.
    """

    def __init__(self, areas: Iterable[Area]) -> None:
        self._outlined = [area for area in areas if area.boundary is not None]
        self._index: _Index | None = None

    def locate(self, lat: float, lon: float) -> AreaId | None:
        """Answer the smallest area that holds a point, or None outside of all."""
        if not self._outlined:
            return None
        if self._index is None:
            self._index = _Index(self._outlined)  # of two threads that come at once both may build it
        return self._index.locate(lat, lon)


class _Index:
    def __init__(self, outlined: list[Area]) -> None:
        import shapely  # noqa: PLC0415  (heavy, and not needed by a house without areas)
        from shapely.geometry import shape  # noqa: PLC0415  (as above)

        pairs = sorted(
            ((shape(dict(area.boundary or {})), area.id) for area in outlined), key=lambda pair: pair[0].area
        )
        self._ids = [pair[1] for pair in pairs]
        self._point = shapely.Point
        self._tree: Any = shapely.STRtree([pair[0] for pair in pairs])

    def locate(self, lat: float, lon: float) -> AreaId | None:
        holding = self._tree.query(self._point(lon, lat), predicate="intersects")
        return self._ids[min(holding)] if len(holding) else None


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
