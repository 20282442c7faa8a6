from datetime import UTC, datetime

import numpy as np
import pytest

from routing import learning
from routing.learning import LearnedTravelTimes, Trip
from routing.travel import DistanceTravelTimes

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def trips(count, ratio, *, hour=12, area="mishixiang", source="road"):
    return [Trip(hour, area, 200.0, source, 200.0 * ratio) for _ in range(count)]


def test_too_few_trips_teach_nothing():
    assert learning.learn(trips(29, 2.0)) is None


def test_trips_that_take_half_as_long_again_teach_a_factor_of_one_and_a_half():
    learned = learning.learn(trips(30, 1.5))

    assert learned.factor(12, "mishixiang") == 1.5
    assert (learned.all.n, learned.all.before_s) == (30, 100.0)
    assert learned.all.after_s == pytest.approx(0.0, abs=1e-6)


def test_an_hour_unlike_the_others_gets_a_factor_of_its_own_the_surer_the_more_trips_it_has():
    sure = learning.learn(trips(200, 1.0, hour=12) + trips(100, 2.0, hour=8))
    unsure = learning.learn(trips(200, 1.0, hour=12) + trips(5, 2.0, hour=8))

    assert 1.7 < sure.factor(8, "mishixiang") <= 2.0
    assert 1.0 < unsure.factor(8, "mishixiang") < 1.3
    assert sure.factor(12, "mishixiang") == sure.factor(3, None) == 1.0


def test_a_forgotten_tap_moves_nothing():
    learned = learning.learn(trips(30, 1.0) + trips(14, 9.0) + trips(10, 200.0))

    assert learned.factor(12, "mishixiang") == 1.0
    assert learned.all.n == 44


def test_what_an_estimate_contained_already_is_not_learned_twice():
    corrected = learning.learn(trips(30, 1.0, source="road x1.50"))

    assert corrected.factor(12, "mishixiang") == 1.5


def test_every_corrected_estimate_says_by_how_much():
    plain = DistanceTravelTimes(UTC)
    here, there = np.array([[30.3, 120.1]]), np.array([[30.31, 120.1], [30.5, 120.1]])
    residuals = learning.learn(trips(100, 1.2, area="mishixiang") + trips(400, 1.0, area="hushu"))

    travel = LearnedTravelTimes(plain, residuals, UTC, lambda lat, _: "mishixiang" if lat < 30.4 else "far")

    factor = residuals.factor(12, "mishixiang")
    assert factor > 1.1
    assert travel.sources(there, NOON) == [f"distance x{factor:.2f}", "distance"]
    assert travel.seconds(here, there, NOON) == pytest.approx(
        plain.seconds(here, there, NOON) * [factor, 1.0]
    )
