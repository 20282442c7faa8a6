"""How much of a target is used, in colour and in figures."""

from datetime import timedelta

import pytest

from casework.analytics import views
from casework.clock import FakeClock
from casework.web.console import formats

NOW = FakeClock()()


@pytest.mark.parametrize(
    ("left_s", "light"),
    [(60, "green"), (13, "green"), (12, "amber"), (0, "amber"), (-0.1, "red"), (-90, "red")],
)
def test_the_light_turns_at_80_and_beyond_100_percent_of_a_minute(left_s, light):
    assert views.light_of(NOW + timedelta(seconds=left_s), 60, NOW) == light


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(41, "0:41"), (0, "0:00"), (-0.4, "0:00"), (-72, "-1:12"), (3725, "1:02:05"), (-3725, "-1:02:05")],
)
def test_what_is_left_counts_down_through_zero(seconds, text):
    assert formats.countdown(seconds) == text


def test_pauses_do_not_count_as_used_time():
    ends = NOW + timedelta(minutes=10)
    pause = views.Pause(NOW + timedelta(minutes=2), 4, NOW + timedelta(minutes=7), 5)
    bar = views.ClockBar("resolution", 600, NOW, 1, ends, [pause])

    assert bar.used_s(NOW + timedelta(minutes=8)) == 180
    assert bar.light(NOW + timedelta(minutes=8)) is views.Light.GREEN


def test_a_clock_in_a_pause_stands_still():
    bar = views.ClockBar("resolution", 600, NOW, 1, NOW, [views.Pause(NOW + timedelta(minutes=2), 4)])

    assert bar.paused
    assert bar.used_s(NOW + timedelta(minutes=3)) == bar.used_s(NOW + timedelta(hours=3)) == 120
