"""What and where an event is about."""

import pytest

from casework.services import subjects


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ({"lat": 30.3, "lon": 120}, (30.3, 120.0)),
        ({"lat": 30.3}, None),
        ({"lat": "30.3", "lon": "120"}, None),
        ({"lat": 1e15, "lon": 120}, None),
        ({"lat": float("nan"), "lon": 120}, None),
    ],
)
def test_only_a_place_on_the_globe_is_one(data: dict[str, object], place: tuple[float, float] | None) -> None:
    assert subjects.said_place(data) == place
