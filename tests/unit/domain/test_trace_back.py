"""A load is followed back to where it probably came from, and what nobody saw is said."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain import trace_back
from casework.domain.trace_back import Sighting, Site

NOON = datetime(2026, 5, 4, 4, 0, tzinfo=UTC)
NORTH = Site("site-north", "北工地", "North site", 30.36, 120.15)
SOUTH = Site("site-south", "南工地", "South site", 30.28, 120.15)
FAR = Site("site-far", "远工地", "Far site", 31.20, 121.40)


def seen(minute, lat, lon=120.15, *, loaded=None):
    return Sighting(f"e{minute}", NOON + timedelta(minutes=minute), lat, lon, loaded)


def test_the_site_that_the_truck_passed_between_empty_and_loaded_is_the_likeliest():
    found = trace_back.trace_back(
        [
            seen(0, 30.34, loaded=False),
            seen(15, 30.358, loaded=True),
            seen(25, 30.33, loaded=True),
            seen(35, 30.282, loaded=True),
        ],
        [SOUTH, NORTH, FAR],
    )

    assert [suspect.site.id for suspect in found.suspects] == ["site-north"]
    assert found.suspects[0].confidence > 0.6
    assert found.suspects[0].nearest_m == pytest.approx(222, abs=2)
    assert (found.began_empty, found.gaps) == (True, ())
    assert found.suspects[0].confidence + found.unknown == pytest.approx(1, abs=0.002)


def test_nobody_loads_between_two_sightings_of_the_loaded_truck():
    found = trace_back.trace_back([seen(0, 30.281, loaded=True), seen(60, 30.281, loaded=True)], [SOUTH])

    assert found.suspects == ()
    assert found.unknown == 1


def test_a_site_too_far_to_drive_to_load_and_come_back_is_none():
    near_in_time = [seen(0, 30.281, loaded=False), seen(3, 30.281, loaded=True)]

    assert trace_back.trace_back(near_in_time, [SOUTH]).suspects == ()


def test_a_long_gap_leaves_more_unknown_and_is_shown():
    short = trace_back.trace_back([seen(0, 30.35, loaded=False), seen(15, 30.359, loaded=True)], [NORTH])
    long = trace_back.trace_back([seen(0, 30.35, loaded=False), seen(90, 30.359, loaded=True)], [NORTH])

    assert long.unknown > short.unknown
    assert [leg.lasted for leg in long.gaps] == [timedelta(minutes=90)]


def test_a_trip_whose_beginning_nobody_saw_is_less_sure():
    known = trace_back.trace_back([seen(0, 30.35, loaded=False), seen(15, 30.359, loaded=True)], [NORTH])
    unknown = trace_back.trace_back([seen(0, 30.35), seen(15, 30.359, loaded=True)], [NORTH])

    assert not unknown.began_empty
    assert unknown.suspects[0].confidence < known.suspects[0].confidence


def test_only_the_last_trip_counts_and_the_way_back_empty_does_not():
    found = trace_back.trace_back(
        [
            seen(0, 30.30, loaded=False),
            seen(15, 30.281, loaded=True),
            seen(60, 30.34, loaded=False),
            seen(80, 30.359, loaded=True),
            seen(100, 30.30, loaded=False),
        ],
        [NORTH, SOUTH],
    )

    assert found.suspects[0].site is NORTH
    assert [leg.earlier.event for leg in found.legs] == ["e60"]


def test_a_plate_at_two_ends_of_the_city_within_a_minute_is_not_one_truck():
    found = trace_back.trace_back([seen(0, 30.26, loaded=False), seen(1, 30.38, loaded=True)], [NORTH])

    assert [leg.is_possible for leg in found.legs] == [False]
    assert found.suspects == ()


@pytest.mark.parametrize("sightings", [[], [seen(0, 30.3)], [seen(0, 30.3, loaded=True)]])
def test_of_a_truck_hardly_seen_nothing_is_said(sightings):
    found = trace_back.trace_back(sightings, [NORTH])

    assert (found.legs, found.suspects, found.unknown) == ((), (), 1)


@given(
    st.lists(
        st.builds(
            lambda minute, lat, loaded: seen(minute, lat, loaded=loaded),
            st.integers(0, 300),
            st.floats(30.2, 30.4),
            st.sampled_from([True, False, None]),
        ),
        max_size=12,
    )
)
def test_confidence_is_shared_out_and_the_order_of_arrival_does_not_matter(sightings):
    found = trace_back.trace_back(sightings, [NORTH, SOUTH, FAR])

    assert sum(suspect.confidence for suspect in found.suspects) + found.unknown == pytest.approx(1, abs=0.01)
    unique = {sighting.event: sighting for sighting in sightings}.values()
    assert trace_back.trace_back(list(unique), [NORTH, SOUTH, FAR]) == trace_back.trace_back(
        list(reversed(list(unique))), [NORTH, SOUTH, FAR]
    )
