"""How long a dead child rests, and when the parent says that the service is ready."""

import pytest

from casework.cli import children, supervise

Printed = pytest.CaptureFixture[str]


def test_the_pause_doubles_with_each_death_in_a_row_up_to_half_a_minute() -> None:
    pauses = [children.restart_pause_s(deaths) for deaths in (2, 3, 4, 7, 8, 9, 5000)]

    assert pauses == [0.5, 1.0, 2.0, 16.0, 30.0, 30.0, 30.0]


def test_one_death_alone_costs_no_pause() -> None:
    assert children.restart_pause_s(1) == 0.0


def test_a_minute_of_health_forgives_earlier_deaths() -> None:
    assert children.deaths_in_a_row(4, lived_s=59.9) == 5
    assert children.deaths_in_a_row(4, lived_s=60.0) == 1


def test_the_address_is_printed_once_and_only_when_the_service_is_ready(
    capsys: Printed,
) -> None:
    now, ready = [0.0], [False]
    announcement = supervise.Announcement(["here"], ready=lambda: ready[0], elapsed=lambda: now[0])

    announcement.look()
    assert capsys.readouterr().out == ""

    now[0], ready[0] = 1.0, True
    announcement.look()
    announcement.look()
    assert capsys.readouterr().out == "here\n"


def test_a_service_that_is_not_ready_after_a_minute_is_said_to_be_late_once(
    capsys: Printed,
) -> None:
    now = [0.0]
    announcement = supervise.Announcement(["here"], ready=lambda: False, elapsed=lambda: now[0])

    for now[0] in (59.0, 60.0, 61.0, 62.0):
        announcement.look()

    assert capsys.readouterr().out.count("Not ready after a minute") == 1
