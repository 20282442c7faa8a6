"""Precision with its interval: numbers that anybody can check against a textbook."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.findings import FLOOR, LEAST, Precision, is_weak


@pytest.mark.parametrize(
    ("true", "n", "low", "high"),
    [(8, 10, 0.4902, 0.9433), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (50, 100, 0.4038, 0.5962)],
)
def test_the_interval_is_wilsons(true, n, low, high):
    precision = Precision(n, true)

    assert precision.low == pytest.approx(low, abs=1e-4)
    assert precision.high == pytest.approx(high, abs=1e-4)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_the_interval_holds_the_value_and_stays_within_nothing_and_certainty(counted):
    precision = Precision(*counted)

    assert 0.0 <= precision.low <= precision.value + 1e-12
    assert precision.value - 1e-12 <= precision.high <= 1.0


def test_nothing_is_said_of_nothing():
    assert (Precision(0, 0).value, Precision(0, 0).low, Precision(0, 0).high) == (None, None, None)


def test_few_findings_make_no_device_weak_and_sure_ones_do():
    assert not is_weak(Precision(LEAST - 1, 0), 0.9)
    assert not is_weak(Precision(20, 5), FLOOR)
    assert is_weak(Precision(20, 1), FLOOR)
