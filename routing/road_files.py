"""Builds a road graph once from a map: GraphML as OSMnx writes it, or OpenStreetMap's .osm.pbf and .osm."""

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from routing import geo
from routing.roads import RoadGraph

Progress = Callable[[Iterable[Any], str], Iterable[Any]]
"""Shows how far a pass is: takes what is passed over and a name, gives it on."""

# Free speed of a street by its class, km/h, junctions included: an assumption until own trips are measured.
SPEED_KMH: Mapping[str, float] = {
    "motorway": 80.0,
    "motorway_link": 45.0,
    "trunk": 60.0,
    "trunk_link": 40.0,
    "primary": 45.0,
    "primary_link": 35.0,
    "secondary": 40.0,
    "secondary_link": 30.0,
    "tertiary": 35.0,
    "tertiary_link": 30.0,
    "unclassified": 30.0,
    "residential": 25.0,
    "living_street": 12.0,
    "service": 15.0,
}
_OTHER_KMH = 25.0
_SHARE_OF_LIMIT = 0.8  # what is driven of a posted limit in a city
_JUNCTION_S = 2.0
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_MPH = 1.609344


class NoRoads(Exception):
    """The map holds no street that can be driven."""


def read(file: Path, progress: Progress = lambda things, _name: things) -> RoadGraph:
    """Read a map; raises `NoRoads`, ValueError for a kind of file that is not known, or OSError."""
    if file.suffix == ".graphml":
        graph = _graphml(file, progress)
    elif file.name.endswith((".osm.pbf", ".osm", ".osm.bz2", ".osm.gz")):
        graph = _osm(file, progress)
    else:
        raise ValueError(f"{file.name} is neither .graphml nor .osm.pbf nor .osm")
    if not len(graph.head):
        raise NoRoads(f"{file.name} holds no street that can be driven")
    return graph


def driving_s(metres: float, highway: str, limit: str | None) -> float:
    """Give the seconds of a way at its class's speed, or at most of its posted limit, and its junction."""
    kmh = SPEED_KMH.get(highway, _OTHER_KMH)
    posted = _NUMBER.search(limit or "")
    if posted:
        of_limit = float(posted[0]) * (_MPH if "mph" in (limit or "") else 1.0) * _SHARE_OF_LIMIT
        kmh = max(5.0, min(kmh, of_limit) if kmh <= _OTHER_KMH else of_limit)
    return metres * 3.6 / kmh + _JUNCTION_S


def _graphml(file: Path, progress: Progress) -> RoadGraph:
    import networkx as nx  # noqa: PLC0415 - only to build

    held = nx.read_graphml(file)
    number = {name: i for i, name in enumerate(held.nodes)}
    lat = np.array([float(data["y"]) for _, data in held.nodes(data=True)])
    lon = np.array([float(data["x"]) for _, data in held.nodes(data=True)])
    ways = []
    for tail, head, data in progress(held.edges(data=True), "ways"):
        metres = float(data.get("length", 0.0))
        # OSMnx joins ways and then writes a list of their classes or limits as text.
        names = re.findall(r"[a-z_]+", str(data.get("highway", "")))
        seconds = driving_s(metres, names[0] if names else "", data.get("maxspeed"))
        ways.append((number[tail], number[head], seconds, metres))
    return RoadGraph.of_ways(lat, lon, ways)


def _osm(file: Path, progress: Progress) -> RoadGraph:
    """Cut the ways of OpenStreetMap at every node that two of them share."""
    import osmium  # noqa: PLC0415 - only to build

    streets = osmium.FileProcessor(str(file)).with_locations().with_filter(osmium.filter.KeyFilter("highway"))
    number: dict[int, int] = {}
    places: list[tuple[float, float]] = []
    ways: list[tuple[int, int, float, float]] = []
    for way in progress(streets, "ways"):
        if not way.is_way() or way.tags.get("highway") not in SPEED_KMH or _is_private(way.tags):
            continue
        nodes = [node for node in way.nodes if node.location.valid()]
        for node in nodes:
            if node.ref not in number:
                number[node.ref] = len(places)
                places.append((node.location.lat, node.location.lon))
        forth, back = _directions(way.tags)
        for one, other in pairwise(nodes):
            tail, head = number[one.ref], number[other.ref]
            metres = geo.distance_m(*places[tail], *places[head])
            # Within a street there is no junction to wait at.
            seconds = driving_s(metres, way.tags["highway"], way.tags.get("maxspeed")) - _JUNCTION_S
            ways += [(tail, head, seconds, metres)] if forth else []
            ways += [(head, tail, seconds, metres)] if back else []
    points = np.array(places, np.float64).reshape(-1, 2)
    return RoadGraph.of_ways(points[:, 0], points[:, 1], _with_junctions(ways, len(places)))


def _is_private(tags: Any) -> bool:  # noqa: ANN401 - osmium ships no annotations
    return tags.get("access") in {"no", "private"} or tags.get("motor_vehicle") == "no"


def _directions(tags: Any) -> tuple[bool, bool]:  # noqa: ANN401 - as above
    oneway = tags.get("oneway")
    if oneway == "-1":
        return False, True
    one_way = oneway in {"yes", "true", "1"} or tags.get("junction") == "roundabout"
    return True, not (one_way or (oneway is None and tags["highway"] == "motorway"))


def _with_junctions(
    ways: list[tuple[int, int, float, float]], nodes: int
) -> list[tuple[int, int, float, float]]:
    """Let a way wait where it ends at a place with more than two neighbours."""
    ends = {frozenset((tail, head)) for tail, head, _, _ in ways}
    meeting = np.zeros(nodes, np.int64)
    for pair in ends:
        for node in pair:
            meeting[node] += 1
    more = 2
    return [
        (tail, head, seconds + (_JUNCTION_S if meeting[head] > more else 0.0), metres)
        for tail, head, seconds, metres in ways
    ]
