import json
import math
from dataclasses import replace
from datetime import datetime

import pytest

from routing import assignment, changes
from routing.plan import HARD_REASONS, Explanation
from routing.problem import CandidateCrew, Policy, WaitingCase
from routing.travel import TravelTimes

POTHOLE = WaitingCase("pothole", 30.31, 120.15, 3, frozenset({"road_repair"}), "gongchenqiao", 500.0, 300.0)
ROAD_CREW = CandidateCrew(
    "road-00", 30.31, 120.151, 10.0, frozenset({"road_repair"}), True, None, "available", 0, 1,
    "gongchenqiao", True, 1,
)  # fmt: skip


def row_of_crews(count: int) -> list[CandidateCrew]:
    return [
        replace(ROAD_CREW, id=f"road-{n:02}", lon=120.151 + n / 1000, jobs_done=n % 3, on_shift=n % 4 != 3)
        for n in range(count)
    ]


@pytest.fixture
def explanation(policy: Policy, travel: TravelTimes, at: datetime) -> Explanation:
    return assignment.candidates(POTHOLE, row_of_crews(100), policy=policy, travel=travel, at=at)


def test_the_terms_of_every_crew_add_up_to_its_cost(explanation: Explanation) -> None:
    priced = [crew for crew in (explanation.chosen, *explanation.others) if crew and crew.cost_s is not None]

    assert len(priced) > 20
    for crew in priced:
        assert round(math.fsum(crew.terms.values()), 1) == crew.cost_s


def test_the_list_is_bounded_and_the_counts_cover_every_crew(explanation: Explanation) -> None:
    assert len(explanation.others) == 40
    assert sum(explanation.counts.values()) == 99
    assert explanation.counts == {"costs_more": 74, "off_shift": 25}
    assert explanation.not_listed == 59


def test_the_cheapest_crews_come_first_and_then_the_nearest_that_are_out(explanation: Explanation) -> None:
    able, out = explanation.others[:20], explanation.others[20:]

    assert [crew.cost_s for crew in able] == sorted(crew.cost_s or 0.0 for crew in able)
    assert [crew.crew_id for crew in out[:3]] == ["road-03", "road-07", "road-11"]


def test_the_runner_up_loses_by_the_margin(explanation: Explanation) -> None:
    [runner_up] = [crew for crew in explanation.others if crew.crew_id == explanation.runner_up]

    assert explanation.margin_s == runner_up.more_s
    assert runner_up.change == {"cheaper_by_s": explanation.margin_s}


def test_the_explanation_is_json(explanation: Explanation) -> None:
    read_back = json.loads(json.dumps(explanation.to_json(), allow_nan=False))

    assert read_back["chosen"]["crew_id"] == "road-00"
    assert read_back["eta_source"] == "distance"
    assert read_back["others"][-1] == {
        "crew_id": read_back["others"][-1]["crew_id"],
        "verdict": "off_shift",
        "eta_s": read_back["others"][-1]["eta_s"],
    }


@pytest.mark.parametrize(
    ("reason", "crew", "change"),
    [
        ("no_capability", replace(ROAD_CREW, capabilities=frozenset()), {"missing": ["road_repair"]}),
        ("shift_ends", replace(ROAD_CREW, shift_ends_in_s=500.0), {"shift_longer_by_s": 220.0}),
        ("not_available", replace(ROAD_CREW, status="en_route"), {"status": "available", "is": "en_route"}),
        ("busy", replace(ROAD_CREW, load=1), {"load_below": 1, "is": 1}),
        (
            "stale_position",
            replace(ROAD_CREW, position_age_s=900.0),
            {"position_age_at_most_s": 300.0, "is": 900.0},
        ),
        (
            "out_of_area",
            replace(ROAD_CREW, mutual_aid=False),
            {"mutual_aid": True, "home_area": "gongchenqiao"},
        ),
        ("off_shift", ROAD_CREW, {}),
    ],
)
def test_it_says_what_would_have_to_change(
    reason: str, crew: CandidateCrew, change: dict[str, object], policy: Policy
) -> None:
    assert reason in HARD_REASONS
    assert changes.needed(reason, POTHOLE, crew, policy, 120.0) == change
