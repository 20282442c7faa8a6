"""Whatever the engine can say about a crew has words in both languages."""

from datetime import UTC, datetime

import numpy as np

from casework.analytics import reasons
from routing import costs
from routing.plan import HARD_REASONS
from routing.problem import CandidateCrew, Policy, WaitingCase
from routing.travel import DistanceTravelTimes


def test_every_reason_why_a_crew_is_out_has_words():
    assert set(HARD_REASONS) <= set(reasons.VERDICTS)


def test_every_term_of_a_cost_has_words():
    case = WaitingCase("case", 30.3, 120.1, 1, frozenset(), None, 0.0, 300.0)
    crew = CandidateCrew("crew", 30.3, 120.1, 0.0, frozenset(), True, None, "available", 0, 1, None, True, 0)
    sheet = costs.lay_out(
        [case],
        [crew],
        Policy(),
        DistanceTravelTimes(UTC),
        datetime(2026, 3, 2, tzinfo=UTC),
    )

    assert set(costs.terms(sheet, np.array([0]), np.array([0]))) <= set(reasons.TERMS)
