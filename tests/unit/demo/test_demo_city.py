"""The generated city holds together and can be loaded as it stands."""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from casework.demo import city as cities
from casework.demo import geometry
from casework.domain.crews import Shift, shift_end
from casework.domain.people import Role, Scope
from casework.ids import CrewId
from notifications import addresses

CITY = cities.demo_city()
SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_the_district_has_its_18_streets_and_174_communities() -> None:
    assert Counter(area.level for area in CITY.areas) == {"district": 1, "street": 18, "community": 174}
    assert {area.name["zh"] for area in CITY.streets} >= {"湖墅街道", "天水街道", "祥符街道"}


def test_every_area_stands_after_its_parent_and_only_the_outline_of_the_district_is_real() -> None:
    seen: set[str | None] = {None}
    for area in CITY.areas:
        assert area.parent_code in seen
        assert area.synthetic == (area.level != "district")
        seen.add(area.code)


def test_every_crew_and_part_of_the_city_stands_in_its_area() -> None:
    areas = {area.code: area for area in CITY.areas}

    for thing in (*CITY.assets, *CITY.devices, *CITY.crews):
        rings = geometry.outer_rings(areas[thing.area_code].outline)
        assert any(geometry.is_inside(ring, thing.lon, thing.lat) for ring in rings), thing.code


def test_it_is_as_big_as_a_demonstration_needs() -> None:
    assert len(CITY.crews) == 60
    assert len(CITY.assets) + len(CITY.devices) == 400


def test_codes_identifiers_and_telephones_are_each_given_once() -> None:
    codes = [thing.code for thing in (*CITY.assets, *CITY.devices)]

    for values in (codes, [crew.id for crew in CITY.crews], [crew.phone for crew in CITY.crews]):
        assert len(set(values)) == len(values)
    assert {UUID(crew.id).version for crew in CITY.crews} == {7}


def test_no_number_of_the_demo_can_reach_a_person() -> None:
    numbers = [person.phone for person in (*CITY.crews, *CITY.users)]

    assert all(addresses.is_unroutable(number) for number in numbers)


def test_every_underpass_has_a_gauge_and_a_level_at_which_it_is_closed() -> None:
    underpasses = {asset.code: asset for asset in CITY.assets if asset.kind == "underpass"}
    watched = {device.senses for device in CITY.devices if device.kind == "water_gauge"}

    assert watched == underpasses.keys()
    assert all(20 <= asset.attributes["threshold"] <= 40 for asset in underpasses.values())


@pytest.mark.parametrize("hour", range(24))
def test_at_every_hour_crews_of_every_capability_are_on_duty(hour: int) -> None:
    now = datetime(2026, 3, 2, hour, 30, tzinfo=SHANGHAI).astimezone(UTC)

    on_duty = [crew for crew in CITY.crews if _on_duty(crew, now)]

    assert len(on_duty) >= 36
    needed = {"drainage", "road_repair", "enforcement", "sanitation", "lighting", "rescue", "patrol"}
    assert needed <= frozenset().union(*(crew.capabilities for crew in on_duty))


def _on_duty(crew: cities.DemoCrew, now: datetime) -> bool:
    shifts = [
        Shift(crew_id=CrewId(crew.id), starts_at=begins, ends_at=ends)
        for begins, ends in cities.duty(crew.shifts, date(2026, 3, 2), 2, SHANGHAI)
    ]
    return shift_end(shifts, now) is not None


def test_the_night_shift_before_the_first_day_is_on_duty_in_its_first_hours() -> None:
    stretches = cities.duty(("night",), date(2026, 3, 2), 1, SHANGHAI)

    assert stretches[0][0] == datetime(2026, 3, 1, 14, 0, tzinfo=UTC)
    assert all(ends - begins == timedelta(hours=8) for begins, ends in stretches)


def test_roles_scopes_and_names_are_those_of_the_product() -> None:
    assert {user.role for user in CITY.users} <= {role.value for role in Role}
    assert {scope for source in CITY.sources for scope in source.scopes} <= {scope.value for scope in Scope}
    assert all(re.fullmatch(r"demo-[a-z-]+", source.name) for source in CITY.sources)


def test_a_point_between_two_islands_is_in_neither() -> None:
    square = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]

    assert geometry.is_inside(square, 0.5, 0.5)
    assert not geometry.is_inside(square, 1.5, 0.5)
    assert not geometry.is_inside(square, 0.5, -0.1)


def test_a_thousandth_of_a_degree_to_the_north_is_111_metres() -> None:
    assert geometry.distance_m((30.3, 120.15), (30.301, 120.15)) == pytest.approx(111.3, abs=0.1)
    assert geometry.distance_m((30.3, 120.15), (30.3, 120.151)) == pytest.approx(96.1, abs=0.1)
