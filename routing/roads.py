"""A road graph in compressed rows, and travel times looked up in it."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csgraph, csr_array
from scipy.spatial import KDTree

from routing import geo
from routing.travel import HOURS, LONGEST_S, SPEED_KMH_BY_HOUR, Closure, DistanceTravelTimes

FloatArray = NDArray[np.float64]

_FORMAT = 1
_CACHE_BYTES = 48_000_000
_FREE_KMH = max(SPEED_KMH_BY_HOUR)

# The streets of the night carry their speed; by day the same hours are slow as for plain distance.
SLOWNESS_BY_HOUR = tuple(round(_FREE_KMH / kmh, 3) for kmh in SPEED_KMH_BY_HOUR)


class NotARoadGraph(Exception):
    """The file holds no road graph of this format; build it again with `flask roads build`."""


@dataclass(frozen=True, slots=True)
class RoadGraph:
    """Junctions (n) and directed ways (e): those of junction i lead to `head[start[i]:start[i + 1]]`.

    `lat`, `lon` in degrees, `seconds` (e) at the speed of a free street, `metres` (e).
    """

    lat: FloatArray
    lon: FloatArray
    start: NDArray[np.int32]
    head: NDArray[np.int32]
    seconds: NDArray[np.float32]
    metres: NDArray[np.float32]

    @classmethod
    def of_ways(
        cls,
        lat: FloatArray,
        lon: FloatArray,
        ways: Sequence[tuple[int, int, float, float]],
    ) -> "RoadGraph":
        """Make a graph of ways (from, to, seconds, metres), cut to the part in which all can reach all."""
        table = np.array(ways, np.float64).reshape(-1, 4)
        tail, head = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64)
        links = csr_array((np.ones(len(table)), (tail, head)), shape=(len(lat), len(lat)))
        _, part = csgraph.connected_components(links, connection="strong")
        largest = part == np.bincount(part).argmax() if len(part) else np.zeros(0, np.bool_)
        number = np.cumsum(largest) - 1
        kept = largest[tail] & largest[head] & (tail != head)
        order = np.lexsort((table[kept, 2], number[head[kept]], number[tail[kept]]))
        tail, head = number[tail[kept]][order], number[head[kept]][order]
        first = np.ones(len(tail), np.bool_)  # of several ways between two junctions the quickest
        first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
        counts = np.bincount(tail[first], minlength=int(largest.sum()))
        return cls(
            lat=np.asarray(lat, np.float64)[largest],
            lon=np.asarray(lon, np.float64)[largest],
            start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
            head=head[first].astype(np.int32),
            seconds=table[kept, 2][order][first].astype(np.float32),
            metres=table[kept, 3][order][first].astype(np.float32),
        )

    @property
    def tail(self) -> NDArray[np.int64]:
        """The junction (e) from which each way leads."""
        return np.repeat(np.arange(len(self.lat)), np.diff(self.start))

    def save(self, file: Path) -> None:
        """Write the graph as one compressed file."""
        arrays: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        np.savez_compressed(file, format=np.int64(_FORMAT), **arrays)

    @classmethod
    def load(cls, file: Path) -> "RoadGraph":
        """Read what `save` wrote; raises `NotARoadGraph` or OSError."""
        try:
            with np.load(file, allow_pickle=False) as held:
                if int(held["format"]) != _FORMAT:
                    raise NotARoadGraph(
                        f"{file} is of format {int(held['format'])}, this release reads {_FORMAT}"
                    )
                return cls(*(held[name] for name in cls.__slots__))
        except (ValueError, KeyError) as error:
            raise NotARoadGraph(f"{file} is no road graph; build it with `flask roads build`") from error


class RoadTravelTimes:
    """Travel times over a road graph; one search a destination, and look-ups from then on.

    A destination's tree holds the time from every junction to it: cases stay and crews move, so the next
    estimate of every crew is a look-up. The start and the end of a way off the streets are walked at
    `off_road_ms`; a place farther than `snap_m` from every junction is not on this map, and its times are
    those of plain distance. `slowness_by_hour` multiplies the driving of each local hour.
    """

    def __init__(
        self,
        graph: RoadGraph,
        zone: tzinfo,
        *,
        start_up_s: float = 60.0,
        slowness_by_hour: Sequence[float] = SLOWNESS_BY_HOUR,
        snap_m: float = 1000.0,
        off_road_ms: float = 3.0,
    ) -> None:
        if len(slowness_by_hour) != HOURS or min(slowness_by_hour) <= 0:
            raise ValueError(f"{HOURS} factors above 0 are needed, one an hour")
        self.graph = graph
        self.source = "road"
        self._zone = zone
        self._start_up_s = start_up_s
        self._slowness = tuple(slowness_by_hour)
        self._snap_m = snap_m
        self._off_road_ms = off_road_ms
        self._distance = DistanceTravelTimes(zone, start_up_s=start_up_s)
        self._closures: tuple[Closure, ...] = ()
        self._shut: frozenset[Closure] = frozenset()
        self._near = KDTree(geo.on_sphere(np.stack([graph.lat, graph.lon], axis=1)))
        self._back = self._turned(graph.seconds)
        self._trees: OrderedDict[int, NDArray[np.float32]] = OrderedDict()
        self._lock = Lock()

    def close(self, closures: Sequence[Closure]) -> None:
        """Take over which streets are closed and when; what is closed already costs nothing to say again."""
        self._closures = tuple(closures)

    def seconds(self, origins: FloatArray, destinations: FloatArray, at: datetime) -> FloatArray:
        """Give seconds (n, m); see `TravelTimes.seconds`. Raises ValueError for a time without zone."""
        if at.tzinfo is None:
            raise ValueError("the time of departure needs a zone")
        slowness = self._slowness[at.astimezone(self._zone).hour]
        from_m, here = self.snapped(origins)
        to_m, there = self.snapped(destinations)
        self._heed_closures(at)
        seconds = self.driving_s(here, there) * slowness
        seconds += self._start_up_s + from_m[:, None] / self._off_road_ms + to_m / self._off_road_ms
        outside = (from_m > self._snap_m)[:, None] | (to_m > self._snap_m)
        if outside.any():
            seconds = np.where(outside, self._distance.seconds(origins, destinations, at), seconds)
        unknown = ~np.isfinite(from_m)[:, None] | ~np.isfinite(to_m)
        return np.where(unknown, np.inf, seconds)

    def sources(self, destinations: FloatArray, at: datetime) -> list[str]:
        """Say `road`, and `distance` for a place that is not on this map."""
        del at
        metres, _ = self.snapped(destinations)
        return ["distance" if off else self.source for off in (metres > self._snap_m).tolist()]

    def driving_s(self, here: NDArray[np.int64], there: NDArray[np.int64]) -> FloatArray:
        """Give the seconds (n, m) on free streets between junctions, infinite where there is no way."""
        with self._lock:
            trees = self._trees_of(there.tolist())
        if not trees:
            return np.zeros((len(here), 0))
        return np.stack([tree[here] for tree in trees], axis=1).astype(np.float64)

    def snapped(self, points: FloatArray) -> tuple[FloatArray, NDArray[np.int64]]:
        """Give the metres (n,) to the nearest junction and which it is; infinity for no place at all."""
        placed: NDArray[np.bool_] = np.asarray(np.isfinite(points).all(axis=1))
        metres, junction = self._near.query(geo.on_sphere(np.where(placed[:, None], points, 0.0)))
        return np.where(placed, metres, np.inf), np.asarray(junction, np.int64)

    def _trees_of(self, junctions: list[int]) -> list[NDArray[np.float32]]:
        """Give the tree of each junction, searching together for those that are not known."""
        new = [junction for junction in dict.fromkeys(junctions) if junction not in self._trees]
        if new:
            found = csgraph.dijkstra(self._back, indices=new, limit=LONGEST_S)
            self._trees.update(zip(new, found.astype(np.float32), strict=True))
        trees = []
        for junction in junctions:
            self._trees.move_to_end(junction)
            trees.append(self._trees[junction])
        while len(self._trees) * 4 * len(self.graph.lat) > _CACHE_BYTES and len(self._trees) > 1:
            self._trees.popitem(last=False)
        return trees

    def _heed_closures(self, at: datetime) -> None:
        """Forget every tree when other streets are closed than before."""
        shut = frozenset(closure for closure in self._closures if closure.begins <= at < closure.ends)
        if shut == self._shut:
            return
        with self._lock:
            self._shut_off(shut)

    def _shut_off(self, shut: frozenset[Closure]) -> None:
        seconds = self.graph.seconds.copy()
        graph = self.graph
        middle = [(end[graph.tail] + end[graph.head]) / 2 for end in (graph.lat, graph.lon)]
        places = geo.on_sphere(np.stack(middle, axis=1))
        for closure in shut:
            centre = geo.on_sphere(np.array([(closure.lat, closure.lon)]))
            seconds[np.linalg.norm(places - centre, axis=1) <= closure.radius_m] = np.inf
        self._back = self._turned(seconds)
        self._trees.clear()
        self._shut = shut

    def _turned(self, seconds: NDArray[np.float32]) -> Any:  # noqa: ANN401 - scipy ships no annotations
        """Give the graph with every way turned round, so that one search reaches every crew."""
        graph, n = self.graph, len(self.graph.lat)
        open_ = np.isfinite(seconds)
        # A way of no time would be no way at all to a sparse matrix.
        weights = np.maximum(seconds[open_].astype(np.float64), 1e-3)
        return csr_array((weights, (graph.head[open_], graph.tail[open_])), shape=(n, n))
