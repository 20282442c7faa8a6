import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from routing import geo
from routing.travel import DistanceTravelTimes

WULIN_SQUARE = (30.2741, 120.1551)
GONGCHEN_BRIDGE = (30.3225, 120.1330)


def test_a_degree_of_latitude_is_111_km() -> None:
    assert geo.distance_m(30.0, 120.0, 31.0, 120.0) == pytest.approx(111_195, abs=1)


def test_the_distance_across_the_date_line_is_short() -> None:
    assert geo.distance_m(0.0, 179.9, 0.0, -179.9) == pytest.approx(22_239, abs=1)


def test_travel_time_is_distance_by_detour_over_speed_and_the_time_to_set_off(
    travel: DistanceTravelTimes,
) -> None:
    noon_in_hangzhou = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)

    seconds = travel.seconds(np.array([WULIN_SQUARE]), np.array([GONGCHEN_BRIDGE]), noon_in_hangzhou)

    metres = geo.distance_m(*WULIN_SQUARE, *GONGCHEN_BRIDGE)
    assert seconds.shape == (1, 1)
    assert seconds[0, 0] == pytest.approx(60 + metres * 1.35 / (25 / 3.6), abs=0.01)


def test_the_rush_hour_is_that_of_the_city_not_of_the_server(travel: DistanceTravelTimes) -> None:
    half_past_eight_in_hangzhou = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
    noon_in_hangzhou = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
    origins, destinations = np.array([WULIN_SQUARE, GONGCHEN_BRIDGE]), np.array([GONGCHEN_BRIDGE])

    rush = travel.seconds(origins, destinations, half_past_eight_in_hangzhou)
    noon = travel.seconds(origins, destinations, noon_in_hangzhou)

    assert rush[0, 0] - 60 == pytest.approx((noon[0, 0] - 60) * 25 / 18)
    assert rush[1, 0] == noon[1, 0] == 60


def test_a_time_without_zone_is_refused(travel: DistanceTravelTimes) -> None:
    nowhere = np.zeros((1, 2))

    with pytest.raises(ValueError, match="needs a zone"):
        travel.seconds(nowhere, nowhere, datetime(2026, 3, 2, 4, 0))  # noqa: DTZ001 - what is refused here


def test_every_hour_has_a_speed(travel: DistanceTravelTimes) -> None:
    assert len(travel.speed_kmh_by_hour) == 24

    with pytest.raises(ValueError, match="24"):
        replace(travel, speed_kmh_by_hour=(25.0,) * 23)


def test_importing_the_room_loads_neither_numpy_nor_the_solver() -> None:
    look = "import sys, routing.assignment, routing.travel; print({'numpy', 'ortools'} & set(sys.modules))"

    ran = subprocess.run([sys.executable, "-c", look], check=True, capture_output=True, text=True)  # noqa: S603 - fixed words

    assert ran.stdout == "set()\n"
