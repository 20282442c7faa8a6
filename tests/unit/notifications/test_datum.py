from hypothesis import given
from hypothesis import strategies as st

from notifications import datum


@given(st.floats(18, 53), st.floats(74, 134))
def test_there_and_back_is_the_same_place_to_a_centimetre(lat: float, lon: float) -> None:
    back = datum.gcj02_to_wgs84(*datum.wgs84_to_gcj02(lat, lon))

    assert abs(back[0] - lat) < 1e-7
    assert abs(back[1] - lon) < 1e-7


def test_in_hangzhou_the_two_lie_some_hundred_metres_apart() -> None:
    lat, lon = datum.wgs84_to_gcj02(30.25, 120.15)

    assert 100 < abs(lat - 30.25) * 111_000 < 500
    assert 300 < abs(lon - 120.15) * 96_000 < 700


def test_abroad_they_are_one() -> None:
    assert datum.gcj02_to_wgs84(52.5, 13.4) == (52.5, 13.4)
