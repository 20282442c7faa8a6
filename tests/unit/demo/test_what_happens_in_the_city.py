"""When and what residents, gauges and inspection vehicles send."""

from datetime import UTC, datetime
from itertools import pairwise
from random import Random

import pytest

from casework.demo import geometry, stream, texts
from casework.demo.city import demo_city
from notifications import addresses

CITY = demo_city()


def random() -> Random:
    return Random(7)  # noqa: S311  (a story, no secret)


def test_a_day_has_a_quiet_night_and_two_busy_hours() -> None:
    assert stream.busyness(3.0) == 0.25
    assert stream.busyness(8.5) == 1.0
    assert stream.busyness(18.0) == 1.0
    assert stream.busyness(13.0) < 0.6


def test_who_comes_at_night_still_sees_the_city_busy_for_two_minutes() -> None:
    assert stream.busyness(3.0, since_start_s=119) == 1.0
    assert stream.busyness(3.0, since_start_s=120) == 0.25


def test_half_as_busy_takes_twice_as_long_on_average() -> None:
    whole, half, source = [], [], random()
    for _ in range(4_000):
        whole.append(stream.next_in_s(9, 1.0, source))
        half.append(stream.next_in_s(9, 0.5, source))

    assert sum(half) / sum(whole) == pytest.approx(2, rel=0.1)
    assert max(whole) <= 36


def test_the_same_seed_tells_the_same_story() -> None:
    first, second = stream.Residents(CITY, random()), stream.Residents(CITY, random())

    assert [first.report() for _ in range(20)] == [second.report() for _ in range(20)]


def test_reports_come_in_both_languages_about_everything_from_numbers_that_reach_nobody() -> None:
    residents = stream.Residents(CITY, random())

    reports = [residents.report().data for _ in range(400)]

    assert {report["reporter"]["language"] for report in reports} == {"zh", "en"}
    assert {report["category"] for report in reports if "category" in report} == texts.WEIGHTS.keys()
    assert any("category" not in report for report in reports)
    assert all(addresses.is_unroutable(report["reporter"]["phone"]) for report in reports)
    assert not any("{" in report["text"] for report in reports)


def test_some_troubles_are_reported_by_several_residents() -> None:
    residents = stream.Residents(CITY, random())
    points = [(signal.data["lat"], signal.data["lon"]) for signal in (residents.report() for _ in range(60))]

    again = sum(geometry.distance_m(one, next_one) < 40 for one, next_one in pairwise(points))

    assert again >= 4


def test_a_flood_rises_stands_and_runs_dry() -> None:
    depths = [stream.flood_depth_cm(second) for second in (-1, 0, 20, 40, 159, 205, 260, 10_000)]

    assert depths == [0, 0, 22.5, 45, 45, 22.5, 0, 0]


def test_gauges_are_low_until_one_underpass_is_flooded_over_its_closing_level() -> None:
    gauges = stream.Gauges(CITY, random())
    underpasses = {asset.code: asset for asset in CITY.assets}
    devices = {device.code: device for device in CITY.devices}

    before = gauges.readings(0)
    readings = [reading for second in range(10, 100, 10) for reading in gauges.readings(second)]

    assert all(reading.data["value"] < 5 for reading in before)
    flooded = {reading.subject for reading in readings if reading.data["value"] >= 25}
    assert len(flooded) == 1
    asset = underpasses[devices[flooded.pop() or ""].senses or ""]
    assert max(reading.data["value"] for reading in readings) >= asset.attributes["threshold"]


def test_a_hole_is_seen_again_and_again_within_a_few_metres() -> None:
    vehicles = stream.Vehicles(CITY, random())

    seen = [vehicles.detection().data for _ in range(300)]

    points = [(one["lat"], one["lon"]) for one in seen]
    near_the_first = sum(geometry.distance_m(points[0], point) <= 12 for point in points)
    assert near_the_first >= 3
    assert all(0 <= one["confidence"] <= 1 for one in seen)
    assert any(one["confidence"] < 0.6 for one in seen)


def test_a_signal_goes_out_as_a_cloud_event() -> None:
    signal = stream.Gauges(CITY, random()).readings(0)[0]

    event = stream.cloud_event(signal, "e-1", datetime(2026, 3, 2, 8, 0, tzinfo=UTC))

    assert event["specversion"] == "1.0"
    assert (event["source"], event["id"], event["type"]) == ("demo-gauges", "e-1", "reading")
    assert event["time"] == "2026-03-02T08:00:00.000+00:00"
    assert event["subject"] == signal.subject
