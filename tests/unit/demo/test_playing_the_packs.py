"""The demo shows every pack's stream within minutes, dated so that it means what the pack says."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest

import rules
from casework.demo import accounts, playing
from casework.demo.stream import cloud_event
from notifications import addresses
from rules.samples import Sample, SampleEvent

SAMPLES = [
    pack.sample
    for pack in rules.load_packs([Path(__file__).parents[3] / "scenarios"]).packs
    if pack.sample is not None
]
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 5, 4, 10, 0, tzinfo=SHANGHAI)


def stream(*at_s: float, until_s: float = 0.0, begins: str = "") -> Sample:
    events = tuple(
        SampleEvent(at, f"e{number}", "sensors", "reading", None, MappingProxyType({}), number)
        for number, at in enumerate(at_s, start=1)
    )
    return Sample("pack", events, (), (), max(until_s, *at_s), begins)


def test_every_shipped_stream_has_begun_and_ended_within_seven_minutes() -> None:
    played = list(playing.plan(SAMPLES))

    assert len(played) == sum(len(sample.events) for sample in SAMPLES)
    assert max(event.at_s for event in played) < 420


def test_every_event_of_a_shipped_stream_has_a_sender_with_a_key() -> None:
    assert {event.source for sample in SAMPLES for event in sample.events} <= accounts.SENDERS.keys()


def test_no_number_in_a_shipped_stream_can_reach_a_person() -> None:
    numbers = [
        event.data["reporter"]["phone"]
        for sample in SAMPLES
        for event in sample.events
        if "reporter" in event.data
    ]

    assert numbers
    assert all(addresses.is_unroutable(number) for number in numbers)


@pytest.mark.parametrize("speed", [1.0, 4.0])
def test_a_short_stream_is_played_as_it_is_and_ends_when_its_last_event_is_sent(speed: float) -> None:
    played = list(playing.plan([stream(0, 20, 40)]))

    times = [event.happened(NOW, speed, SHANGHAI) for event in played]
    assert [event.at_s for event in played] == [playing.FIRST_S, playing.FIRST_S + 20, playing.FIRST_S + 40]
    assert [later - times[0] for later in times] == [timedelta(seconds=s) for s in (0, 20, 40)]
    assert times[-1] == NOW + timedelta(seconds=played[-1].at_s / speed)


def test_a_day_is_shown_in_a_minute_and_a_half_and_ends_now() -> None:
    first, last = playing.plan([stream(0, 86_400.0)])

    assert last.at_s - first.at_s == playing.LONGEST_S
    assert last.happened(NOW, 1.0, SHANGHAI) == NOW + timedelta(seconds=last.at_s)
    assert last.happened(NOW, 1.0, SHANGHAI) - first.happened(NOW, 1.0, SHANGHAI) == timedelta(days=1)


@pytest.mark.parametrize(
    ("now", "day"),
    [(datetime(2026, 5, 4, 10, 0), 3), (datetime(2026, 5, 4, 22, 30), 3), (datetime(2026, 5, 4, 23, 30), 4)],  # noqa: DTZ001
)
def test_a_stream_of_the_night_has_the_last_night_that_is_over(now: datetime, day: int) -> None:
    first, second = playing.plan([stream(0, 60, begins="22:30")])

    began = now.replace(tzinfo=SHANGHAI).astimezone(UTC)

    assert first.happened(began, 1.0, SHANGHAI) == datetime(2026, 5, day, 22, 30, tzinfo=SHANGHAI)
    assert second.happened(began, 1.0, SHANGHAI) == datetime(2026, 5, day, 22, 31, tzinfo=SHANGHAI)


def test_an_unknown_sender_speaks_through_the_citys_sensors() -> None:
    odd = Sample("odd", (SampleEvent(0, "e", "nobody", "reading", None, MappingProxyType({}), 1),), (), (), 0)

    (event,) = playing.plan([odd])

    assert event.signal.source is accounts.SENSORS


def test_every_event_can_be_written_as_it_is_sent() -> None:
    for number, event in enumerate(playing.plan(SAMPLES)):
        sent = cloud_event(event.signal, f"e-{number}", event.happened(NOW, 1.0, SHANGHAI))

        assert json.loads(json.dumps(sent))["data"] == event.signal.data
