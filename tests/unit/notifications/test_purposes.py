from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import purposes
from notifications.purposes import QuietHours

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = purposes.read_quiet_hours("22:00-07:00")


@pytest.mark.parametrize(
    ("purpose", "class_name"),
    [
        ("crew_offer", "duty"),
        ("escalation_over", "duty"),
        ("chat_reply", "answer"),
        ("resident_received", "answer"),
        ("resident_resolved", "news"),
        ("something_of_a_pack", "news"),
    ],
)
def test_each_purpose_has_a_class_and_an_unknown_one_may_be_refused(purpose: str, class_name: str) -> None:
    assert purposes.class_of(purpose).name == class_name


def test_the_rule_says_on_what_ground_in_both_languages() -> None:
    for one in purposes.rule().classes:
        assert one.why.keys() == {"zh", "en"}
    assert not purposes.class_of("resident_progress").after_stop
    assert purposes.goes_first(["crew_offer", "resident_progress"]) == {"crew_offer"}


@pytest.mark.parametrize(
    ("at", "over"),
    [
        ((4, 21, 59), None),
        ((4, 22, 0), (5, 7, 0)),
        ((5, 0, 30), (5, 7, 0)),
        ((5, 6, 59), (5, 7, 0)),
        ((5, 7, 0), None),
    ],
)
def test_quiet_over_midnight_ends_on_the_right_morning(at, over) -> None:
    found = NIGHT.over_at(datetime(2026, 5, *at, tzinfo=SHANGHAI))

    assert found == (datetime(2026, 5, *over, tzinfo=SHANGHAI) if over else None)


def test_quiet_at_noon_ends_the_same_day() -> None:
    rest = purposes.read_quiet_hours("12:00-14:00")

    assert rest.over_at(datetime(2026, 5, 4, 13, 0, tzinfo=SHANGHAI)) == datetime(
        2026, 5, 4, 14, 0, tzinfo=SHANGHAI
    )
    assert rest.over_at(datetime(2026, 5, 4, 11, 0, tzinfo=SHANGHAI)) is None


@given(st.times(), st.times(), st.integers(0, 60 * 24 * 400))
def test_what_waits_for_the_end_of_quiet_may_go_then(start: time, end: time, minutes: int) -> None:
    quiet = QuietHours(start, end)
    at = datetime(2026, 1, 1, tzinfo=SHANGHAI) + timedelta(minutes=minutes)

    over = quiet.over_at(at)

    if over is not None:
        assert over > at
        assert quiet.over_at(over) is None


@pytest.mark.parametrize("written", ["", "22:00", "22-25:00", "a-b", "22:00-"])
def test_hours_that_cannot_be_read_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match="22:00-07:00"):
        purposes.read_quiet_hours(written)
