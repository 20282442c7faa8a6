from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from routing import road_files
from routing.roads import NotARoadGraph, RoadGraph, RoadTravelTimes
from routing.travel import Closure, DistanceTravelTimes

NIGHT = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)  # two o'clock at the place
ZONE = timezone(timedelta(hours=8))
SOUTH, WEST, STEP = 30.30, 120.15, 0.002
ALWAYS = (1.0,) * 24

# Four junctions of a square and a fifth in the middle of nowhere:
#   2 - 3      every side takes 10 s both ways, but 1 -> 0 is closed to those who come from the east
#   |   |
#   0 > 1   4
LAT = np.array([SOUTH, SOUTH, SOUTH + STEP, SOUTH + STEP, SOUTH])
LON = np.array([WEST, WEST + STEP, WEST, WEST + STEP, WEST + 5 * STEP])
SIDES = [(0, 1), (0, 2), (2, 0), (2, 3), (3, 2), (1, 3), (3, 1)]


@pytest.fixture
def square():
    return RoadGraph.of_ways(LAT, LON, [(tail, head, 10.0, 200.0) for tail, head in SIDES])


@pytest.fixture
def travel(square):
    return RoadTravelTimes(square, ZONE, start_up_s=60.0, slowness_by_hour=ALWAYS)


def at(*junctions):
    return np.stack([LAT[list(junctions)], LON[list(junctions)]], axis=1)


def test_a_one_way_street_is_short_in_one_direction_and_long_in_the_other(travel):
    assert travel.seconds(at(0), at(1), NIGHT) == pytest.approx(60 + 10)
    assert travel.seconds(at(1), at(0), NIGHT) == pytest.approx(60 + 30)
    assert travel.source == "road"


def test_a_junction_that_cannot_be_left_or_reached_is_not_on_the_map(square):
    assert len(square.lat) == 4


def test_the_way_to_the_street_is_added_at_both_ends(travel):
    beside = at(0) - [[STEP / 10, 0]]

    straight = DistanceTravelTimes(ZONE, detour=1.0, start_up_s=0.0).seconds(beside, at(0), NIGHT)
    walked = straight * (35 / 3.6) / 3

    assert travel.seconds(beside, at(1), NIGHT) == pytest.approx(60 + 10 + walked, rel=1e-4)


def test_a_place_off_the_map_is_estimated_by_distance(travel):
    far = np.array([[SOUTH + 0.1, WEST]])

    plain = DistanceTravelTimes(ZONE, start_up_s=60.0).seconds(far, at(0, 1), NIGHT)

    assert travel.seconds(far, at(0, 1), NIGHT) == pytest.approx(plain)


def test_an_unknown_place_cannot_be_reached(travel):
    nowhere = np.array([[np.nan, WEST]])

    assert np.isinf(travel.seconds(nowhere, at(0), NIGHT)).all()
    assert np.isinf(travel.seconds(at(0), nowhere, NIGHT)).all()


def test_the_hour_slows_the_driving_and_not_the_setting_off(square):
    slow_at_two = tuple(3.0 if hour == 2 else 1.0 for hour in range(24))

    travel = RoadTravelTimes(square, ZONE, start_up_s=60.0, slowness_by_hour=slow_at_two)

    assert travel.seconds(at(0), at(1), NIGHT) == pytest.approx(60 + 30)
    assert travel.seconds(at(0), at(1), NIGHT + timedelta(hours=1)) == pytest.approx(60 + 10)


def test_a_closed_street_is_gone_around_while_it_is_closed(travel):
    middle = (SOUTH, WEST + STEP / 2)
    travel.close([Closure(*middle, 20.0, NIGHT, NIGHT + timedelta(hours=1))])

    assert travel.seconds(at(0), at(1), NIGHT) == pytest.approx(60 + 30)
    assert travel.seconds(at(0), at(1), NIGHT + timedelta(hours=1)) == pytest.approx(60 + 10)


def test_with_every_way_closed_there_is_no_way(travel):
    travel.close([Closure(SOUTH, WEST, 1000.0, NIGHT, NIGHT + timedelta(hours=1))])

    assert np.isinf(travel.seconds(at(0), at(1), NIGHT)).all()


def test_nothing_to_go_to_or_from_is_an_empty_table(travel):
    nobody = np.zeros((0, 2))

    assert travel.seconds(nobody, at(0), NIGHT).shape == (0, 1)
    assert travel.seconds(at(0), nobody, NIGHT).shape == (1, 0)


def test_a_saved_graph_comes_back_the_same(square, tmp_path):
    square.save(tmp_path / "roads.npz")

    again = RoadGraph.load(tmp_path / "roads.npz")

    for name in square.__slots__:
        assert np.array_equal(getattr(again, name), getattr(square, name))


def test_another_file_is_refused_with_what_to_do(tmp_path):
    file = tmp_path / "roads.npz"
    file.write_bytes(b"no graph")

    with pytest.raises(NotARoadGraph, match="flask roads build"):
        RoadGraph.load(file)


GRAPHML = """<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="y" for="node" attr.name="y" attr.type="string"/>
<key id="x" for="node" attr.name="x" attr.type="string"/>
<key id="l" for="edge" attr.name="length" attr.type="string"/>
<key id="h" for="edge" attr.name="highway" attr.type="string"/>
<key id="m" for="edge" attr.name="maxspeed" attr.type="string"/>
<graph edgedefault="directed">
<node id="a"><data key="y">30.30</data><data key="x">120.15</data></node>
<node id="b"><data key="y">30.30</data><data key="x">120.16</data></node>
<edge source="a" target="b"><data key="l">1000</data><data key="h">['primary', 'trunk']</data></edge>
<edge source="a" target="b"><data key="l">900</data><data key="h">residential</data></edge>
<edge source="b" target="a">
<data key="l">1000</data><data key="h">primary</data><data key="m">75</data>
</edge>
</graph></graphml>"""

OSM = """<osm version="0.6">
<node id="1" lat="30.300" lon="120.150"/><node id="2" lat="30.300" lon="120.152"/>
<node id="3" lat="30.302" lon="120.152"/><node id="4" lat="30.310" lon="120.152"/>
<way id="10"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/><tag k="oneway" v="yes"/></way>
<way id="11"><nd ref="2"/><nd ref="3"/><nd ref="1"/><tag k="highway" v="residential"/></way>
<way id="12"><nd ref="3"/><nd ref="4"/><tag k="highway" v="footway"/></way>
<way id="13"><nd ref="3"/><nd ref="4"/><tag k="highway" v="service"/><tag k="access" v="private"/></way>
</osm>"""


def test_a_graphml_map_gives_the_quickest_of_two_parallel_ways_and_heeds_a_posted_limit(tmp_path):
    file = tmp_path / "map.graphml"
    file.write_text(GRAPHML)

    graph = road_files.read(file)

    assert graph.head.tolist() == [1, 0]
    assert graph.seconds.tolist() == pytest.approx([1000 * 3.6 / 45 + 2, 1000 * 3.6 / 60 + 2])


def test_an_osm_map_gives_what_cars_may_drive_in_the_direction_they_may(tmp_path):
    file = tmp_path / "map.osm"
    file.write_text(OSM)

    graph = road_files.read(file)

    ways = set(zip(graph.tail.tolist(), graph.head.tolist(), strict=True))
    assert ways == {(0, 1), (1, 2), (2, 1), (2, 0), (0, 2)}
    assert graph.metres.max() < 500


def test_a_map_without_streets_and_a_file_of_another_kind_are_refused(tmp_path):
    empty = tmp_path / "map.osm"
    empty.write_text('<osm version="0.6"><node id="1" lat="30.3" lon="120.1"/></osm>')

    with pytest.raises(road_files.NoRoads, match=r"map\.osm holds no street"):
        road_files.read(empty)
    with pytest.raises(ValueError, match=r"neither \.graphml nor"):
        road_files.read(tmp_path / "map.shp")
