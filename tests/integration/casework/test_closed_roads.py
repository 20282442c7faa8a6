"""A street that is closed changes who is sent, as long as it is closed."""

from datetime import timedelta

import cast
import numpy as np
import pytest

from casework.domain import errors
from casework.services import deciding, posing, roads
from routing.roads import RoadGraph, RoadTravelTimes

LAT, LON = cast.SQUARE
# One street: the near crew at one end, the case in the middle, the far crew at the other.
STOPS = (0.002, 0.001, 0.0, -0.002, -0.004, -0.006, -0.008, -0.010)


@pytest.fixture
def on_roads(town):
    ways = [(i, i + 1, 30.0, 200.0) for i in range(len(STOPS) - 1)]
    ways += [(head, tail, seconds, metres) for tail, head, seconds, metres in ways]
    lat = np.array([LAT + stop for stop in STOPS])
    travel = RoadTravelTimes(RoadGraph.of_ways(lat, np.full(len(lat), LON), ways), town.clock().tzinfo)
    object.__setattr__(town.house, "travel", travel)
    town.add_crew("D3", "+862600000203", LAT - 0.010)
    return town


def close(town, **changes):
    place = {"radius_m": 40.0, "lasts": timedelta(hours=1), "reason": "burst main", "actor": "user:wang"}
    return roads.close(LAT + 0.0005, LON, **(place | changes), uows=town.uows, clock=town.clock)


def chosen(town, case):
    with town.uows(reading=True) as uow:
        told = posing.explain(uow.cases.get(case.id), uow, town.house, town.clock())
    return told.chosen.crew_id, told.eta_source


def test_the_near_crew_is_not_sent_through_a_closed_street_until_it_is_open_again(on_roads):
    case = on_roads.report()
    assert chosen(on_roads, case) == ("crew-D1", "road")

    closure = close(on_roads)
    assert chosen(on_roads, case) == ("crew-D3", "road")
    deciding.decide(on_roads.uows, on_roads.house, on_roads.clock)
    assert on_roads.case(case.id).assigned_to == "crew-D3"

    roads.reopen(closure.id, actor="user:wang", uows=on_roads.uows, clock=on_roads.clock)
    assert chosen(on_roads, case)[0] == "crew-D1"


def test_a_closure_ends_by_itself(on_roads):
    case = on_roads.report()
    close(on_roads, lasts=timedelta(minutes=1))
    assert chosen(on_roads, case)[0] == "crew-D3"

    on_roads.clock.advance(minutes=1)

    assert chosen(on_roads, case)[0] == "crew-D1"


def test_what_is_not_closed_cannot_be_opened(town):
    closure = close(town, lasts=timedelta(minutes=1))
    town.clock.advance(minutes=1)

    for unknown in (closure.id, "no-such-closure"):
        with pytest.raises(errors.NotFound):
            roads.reopen(unknown, actor="user:wang", uows=town.uows, clock=town.clock)


def test_a_closure_without_bounds_is_refused_with_what_is_wrong(town):
    with pytest.raises(errors.InvalidInput) as refused:
        close(town, radius_m=1e9, lasts=timedelta(0))

    assert set(refused.value.errors) == {"radius_m", "lasts"}
