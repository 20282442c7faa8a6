from datetime import UTC, datetime

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.roads import RoadGraph, RoadTravelTimes

AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
ways = st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(1, 300).map(float), st.just(100.0))


def by_floyd(graph: RoadGraph) -> np.ndarray:
    """Try every junction as a stop between every two (Floyd and Warshall)."""
    n = len(graph.lat)
    best = np.full((n, n), np.inf)
    np.fill_diagonal(best, 0.0)
    for tail, head, seconds in zip(graph.tail, graph.head, graph.seconds, strict=True):
        best[tail, head] = min(best[tail, head], seconds)
    for stop in range(n):
        best = np.minimum(best, best[:, [stop]] + best[[stop], :])
    return best


@given(st.lists(ways, min_size=1, max_size=30))
@settings(max_examples=150, deadline=None)
def test_the_looked_up_time_is_that_of_the_quickest_way(drawn: list[tuple[int, int, float, float]]) -> None:
    lat = 30.0 + 0.001 * np.arange(7)
    graph = RoadGraph.of_ways(lat, np.full(7, 120.0), drawn)
    travel = RoadTravelTimes(graph, UTC, start_up_s=0.0, slowness_by_hour=(1.0,) * 24)
    places = np.stack([graph.lat, graph.lon], axis=1)

    once, again = (travel.seconds(places, places, AT) for _ in range(2))

    assert np.allclose(once, by_floyd(graph), atol=1e-3)
    assert np.array_equal(once, again)
