"""Times look-ups on a real road graph and holds the default travel time and plain searches against it.

    python benchmarks/roads.py MAP... [--crews 2000] [--cases 200]

MAP is what `flask roads build` reads. Crews and cases stand beside random junctions. The peer is a
search from every crew the way the streets run, as one without kept trees makes it at each decision.
"""

import argparse
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from scipy.sparse import csgraph, csr_array

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.support import machine
from routing import road_files
from routing.roads import RoadTravelTimes
from routing.travel import DistanceTravelTimes

AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
REPEATS = 7
NEAR_S = 600.0


def main() -> None:
    """Run every map asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("maps", nargs="+", type=Path)
    parser.add_argument("--crews", type=int, default=2000)
    parser.add_argument("--cases", type=int, default=200)
    wanted = parser.parse_args()
    machine.say(machine.describe())
    for file in wanted.maps:
        run(file, wanted.crews, wanted.cases)


def run(file: Path, crews: int, cases: int) -> None:
    """Build, ask, and compare on one map; fails where a look-up differs from a plain search."""
    started = time.thread_time()
    graph = road_files.read(file)
    built = time.thread_time() - started
    dice = np.random.default_rng(1)
    junction = dice.integers(0, len(graph.lat), crews + cases)
    places = np.stack([graph.lat, graph.lon], axis=1)[junction] + dice.normal(0, 2e-4, (crews + cases, 2))
    origins, destinations = places[:crews], places[crews:]
    machine.say(f"\n{file.name}: {len(graph.lat)} junctions, {len(graph.head)} ways, read in {built:.2f} s")

    def fresh() -> RoadTravelTimes:
        return RoadTravelTimes(graph, UTC)

    road = fresh()
    first = timed(lambda made: made.seconds(origins, destinations, AT), fresh)
    again = timed(lambda made: made.seconds(origins, destinations, AT), lambda: road)
    one = timed(lambda made: made.seconds(origins, destinations[:1], AT), fresh)
    say("matrix, every case new", first, f"{cases} x {crews}")
    say("matrix, looked up", again, f"{cases} x {crews}")
    say("one new case to all crews", one, f"1 x {crews}")
    peer_forward(road, origins, destinations)
    beside_distance(road, origins, destinations)


def peer_forward(road: RoadTravelTimes, origins: np.ndarray, destinations: np.ndarray) -> None:
    """Search once from every crew's junction, the way the streets run."""
    graph = road.graph
    n = len(graph.lat)
    links = csr_array((graph.seconds.astype(np.float64), (graph.tail, graph.head)), shape=(n, n))
    _, here = road.snapped(origins)
    _, there = road.snapped(destinations)
    some = np.unique(here)
    started = time.thread_time()
    found = csgraph.dijkstra(links, indices=some)
    took = time.thread_time() - started
    ours = road.driving_s(here, there)
    theirs = found[np.searchsorted(some, here)][:, there]
    assert np.allclose(ours, theirs, atol=0.1)
    machine.say(f"  {'peer: a search a crew':28} {took * 1e3:8.1f} ms, all {ours.size} times equal to 0.1 s")


def beside_distance(road: RoadTravelTimes, origins: np.ndarray, destinations: np.ndarray) -> None:
    """Say how far the default travel time is from that of the roads."""
    by_road = road.seconds(origins, destinations, AT)
    plain = DistanceTravelTimes(UTC).seconds(origins, destinations, AT)
    near = by_road <= NEAR_S
    off = np.abs(plain - by_road)
    hundred = slice(0, 100)
    same = by_road[hundred].argmin(axis=0) == plain[hundred].argmin(axis=0)
    picked = np.take_along_axis(by_road[hundred], plain[hundred].argmin(axis=0)[None, :], axis=0)[0]
    lost = (picked - by_road[hundred].min(axis=0)).mean()
    machine.say(
        f"  distance against roads       mean error {off.mean():.0f} s, within 10 min "
        f"{off[near].mean():.0f} s (n = {near.sum()}), bias {(plain - by_road).mean():+.0f} s; nearest of "
        f"100 crews the same in {100 * same.mean():.0f} %, {lost:.0f} s lost on the mean"
    )


def timed(work: Callable[[RoadTravelTimes], object], make: Callable[[], RoadTravelTimes]) -> list[float]:
    """Give the seconds of one core that each repeat takes."""
    taken = []
    for _ in range(REPEATS):
        made = make()
        started = time.thread_time()
        work(made)
        taken.append(time.thread_time() - started)
    return taken


def say(name: str, taken: list[float], what: str) -> None:
    """Print the median and the worst."""
    p50, p95 = (1e3 * float(np.percentile(taken, percent)) for percent in (50, 95))
    machine.say(f"  {name:28} {p50:8.1f} ms p50 {p95:8.1f} ms p95 (n = {len(taken)}; {what})")


if __name__ == "__main__":
    main()
