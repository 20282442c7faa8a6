from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

import pytest

from routing import assignment
from routing.plan import Plan
from routing.problem import CandidateCrew, Policy, WaitingCase
from routing.travel import TravelTimes

Decide = Callable[..., Plan]

FLOODED_UNDERPASS = WaitingCase(
    id="underpass",
    lat=30.31,
    lon=120.15,
    priority=2,
    capabilities=frozenset({"drainage"}),
    area="mishixiang",
    age_s=20.0,
    arrival_target_s=300.0,
)
BLOCKED_GULLY = replace(FLOODED_UNDERPASS, id="gully", priority=4, lat=30.312)
NEAR_CREW = CandidateCrew(
    id="near",
    lat=30.311,
    lon=120.15,
    position_age_s=0.0,
    capabilities=frozenset({"drainage", "rescue"}),
    on_shift=True,
    shift_ends_in_s=None,
    status="available",
    load=0,
    capacity=1,
    home_area="mishixiang",
    mutual_aid=True,
    jobs_done=0,
)
FAR_CREW = replace(NEAR_CREW, id="far", lat=30.33)


@pytest.fixture
def decide(policy: Policy, travel: TravelTimes, at: datetime) -> Decide:
    return partial(assignment.assign, policy=policy, travel=travel, at=at)


def pairs(plan: Plan) -> dict[str, str]:
    return {offer.case_id: offer.crew_id for offer in plan.offers}


def verdict_on(plan: Plan, crew_id: str) -> str:
    [nobody] = plan.nobody
    [other] = [other for other in nobody.explanation.others if other.crew_id == crew_id]
    return other.verdict


def test_the_nearer_of_two_crews_is_sent(decide: Decide) -> None:
    plan = decide([FLOODED_UNDERPASS], [FAR_CREW, NEAR_CREW])

    assert pairs(plan) == {"underpass": "near"}
    assert plan.proven_optimal
    assert plan.solver == "min_cost_flow"


def test_the_last_crew_goes_to_the_more_urgent_case_even_when_that_is_farther(decide: Decide) -> None:
    beside_the_gully = replace(NEAR_CREW, lat=BLOCKED_GULLY.lat)
    long_overdue = {"age_s": 400.0}

    plan = decide(
        [replace(BLOCKED_GULLY, **long_overdue), replace(FLOODED_UNDERPASS, **long_overdue)],
        [beside_the_gully],
    )

    assert pairs(plan) == {"underpass": "near"}
    assert [(left.case_id, left.reason) for left in plan.nobody] == [("gully", "crews_needed_elsewhere")]


def test_a_nearer_crew_is_left_to_the_case_that_no_other_crew_can_take(decide: Decide) -> None:
    needs_rescue = replace(BLOCKED_GULLY, capabilities=frozenset({"rescue"}))
    no_rescuers = replace(FAR_CREW, capabilities=frozenset({"drainage"}))

    plan = decide([FLOODED_UNDERPASS, needs_rescue], [NEAR_CREW, no_rescuers])

    assert pairs(plan) == {"gully": "near", "underpass": "far"}
    [offer] = [offer for offer in plan.offers if offer.case_id == "underpass"]
    [near] = offer.explanation.others
    assert (near.verdict, near.sent_to) == ("sent_elsewhere", "gully")
    assert near.more_s is not None
    assert near.more_s < 0
    assert near.price_s is not None
    assert near.price_s >= -near.more_s


@pytest.mark.parametrize(
    ("flaw", "reason"),
    [
        ({"capabilities": frozenset({"lighting"})}, "no_capability"),
        ({"on_shift": False}, "off_shift"),
        ({"shift_ends_in_s": 60.0}, "shift_ends"),
        ({"status": "acknowledged"}, "not_available"),
        ({"status": "notified"}, "not_available"),
        ({"status": "out_of_service"}, "not_available"),
        ({"load": 1}, "busy"),
        ({"lat": None, "lon": None}, "no_position"),
        ({"position_age_s": 300.1}, "stale_position"),
        ({"position_age_s": None}, "stale_position"),
        ({"home_area": "tianshui", "mutual_aid": False}, "out_of_area"),
        ({"lat": float("nan")}, "unreachable"),
    ],
)
def test_a_crew_that_may_not_go_is_not_sent_and_the_reason_is_kept(
    decide: Decide, flaw: dict[str, object], reason: str
) -> None:
    plan = decide([FLOODED_UNDERPASS], [replace(NEAR_CREW, **flaw)])

    assert plan.offers == ()
    assert plan.nobody[0].reason == "no_able_crew"
    assert plan.nobody[0].counts == {reason: 1}
    assert verdict_on(plan, "near") == reason


def test_a_crew_that_refused_the_case_is_not_asked_again(decide: Decide) -> None:
    plan = decide([replace(FLOODED_UNDERPASS, refused_by=frozenset({"near", "gone"}))], [NEAR_CREW])

    assert plan.nobody[0].counts == {"refused": 1}


def test_only_the_first_reason_is_named(decide: Decide) -> None:
    hopeless = replace(NEAR_CREW, on_shift=False, status="on_scene", load=1, lat=None)

    plan = decide([FLOODED_UNDERPASS], [hopeless])

    assert plan.nobody[0].counts == {"off_shift": 1}


def test_a_position_of_exactly_the_allowed_age_still_counts(decide: Decide) -> None:
    plan = decide([FLOODED_UNDERPASS], [replace(NEAR_CREW, position_age_s=300.0)])

    assert pairs(plan) == {"underpass": "near"}
    assert plan.offers[0].terms["position_age"] == 30.0


def test_help_from_outside_costs_and_is_taken_where_it_is_still_cheaper(decide: Decide) -> None:
    neighbour = replace(NEAR_CREW, home_area="tianshui")

    plan = decide([FLOODED_UNDERPASS], [neighbour, FAR_CREW])

    assert pairs(plan) == {"underpass": "near"}
    assert plan.offers[0].terms["mutual_aid"] == 45.0


def test_help_from_outside_is_not_taken_where_the_home_crew_is_almost_as_near(decide: Decide) -> None:
    neighbour = replace(NEAR_CREW, home_area="tianshui")
    home_crew = replace(NEAR_CREW, id="home", lat=30.3115)

    plan = decide([FLOODED_UNDERPASS], [neighbour, home_crew])

    assert pairs(plan) == {"underpass": "home"}


def test_of_two_equal_crews_the_one_with_fewer_jobs_is_sent(decide: Decide) -> None:
    tired = replace(NEAR_CREW, id="a-tired", jobs_done=4)

    plan = decide([FLOODED_UNDERPASS], [tired, NEAR_CREW])

    assert pairs(plan) == {"underpass": "near"}
    assert plan.offers[0].terms["fairness"] == -6.0


def test_of_two_crews_alike_in_everything_the_first_by_id_is_sent_in_any_order(decide: Decide) -> None:
    twins = [replace(NEAR_CREW, id=id_) for id_ in ("beta", "alpha", "gamma")]

    assert pairs(decide([FLOODED_UNDERPASS], twins)) == {"underpass": "alpha"}
    assert pairs(decide([FLOODED_UNDERPASS], twins[::-1])) == {"underpass": "alpha"}


def test_an_open_offer_stays_where_moving_it_gains_less_than_the_switch_costs(decide: Decide) -> None:
    asked = replace(NEAR_CREW, id="asked", lat=30.312, status="notified", load=1)

    plan = decide([replace(FLOODED_UNDERPASS, offered_to="asked")], [asked, NEAR_CREW])

    assert pairs(plan) == {"underpass": "asked"}
    assert "switching" not in plan.offers[0].terms


def test_an_open_offer_moves_where_that_gains_more_than_the_switch_costs(decide: Decide) -> None:
    asked = replace(FAR_CREW, id="asked", status="notified", load=1)

    plan = decide([replace(FLOODED_UNDERPASS, offered_to="asked")], [asked, NEAR_CREW])

    assert pairs(plan) == {"underpass": "near"}
    assert plan.offers[0].terms["switching"] == 60.0


def test_nothing_waiting_is_an_empty_plan(decide: Decide) -> None:
    plan = decide([], [NEAR_CREW])

    assert (plan.offers, plan.nobody, plan.objective_s, plan.proven_optimal) == ((), (), 0.0, True)


def test_without_any_crew_every_case_is_left_and_says_so(decide: Decide) -> None:
    plan = decide([FLOODED_UNDERPASS, BLOCKED_GULLY], [])

    assert [(left.case_id, left.reason) for left in plan.nobody] == [
        ("gully", "no_crews"),
        ("underpass", "no_crews"),
    ]
    assert plan.proven_optimal


def test_an_able_crew_is_sent_however_far_it_is(decide: Decide) -> None:
    in_another_city = replace(NEAR_CREW, lat=31.3)

    plan = decide([FLOODED_UNDERPASS], [in_another_city])

    assert pairs(plan) == {"underpass": "near"}
    assert plan.offers[0].eta_s > 3000


def test_one_id_twice_is_refused(decide: Decide) -> None:
    with pytest.raises(ValueError, match="near comes twice"):
        decide([FLOODED_UNDERPASS], [NEAR_CREW, NEAR_CREW])


def test_where_the_solver_gives_up_the_greedy_plan_is_given_and_says_so(
    decide: Decide,
) -> None:
    no_time = Policy(solve_within_s=0.0)

    plan = decide([FLOODED_UNDERPASS, BLOCKED_GULLY], [NEAR_CREW, FAR_CREW], policy=no_time)

    assert pairs(plan) == {"underpass": "near", "gully": "far"}
    assert (plan.solver, plan.proven_optimal) == ("greedy", False)
    assert plan.notes == ("solver_out_of_time",)
    assert plan.bound_s <= plan.objective_s


def test_candidates_explain_one_case_without_the_others(
    policy: Policy, travel: TravelTimes, at: datetime
) -> None:
    off = replace(NEAR_CREW, id="off", on_shift=False)

    explanation = assignment.candidates(
        FLOODED_UNDERPASS, [FAR_CREW, NEAR_CREW, off], policy=policy, travel=travel, at=at
    )

    assert explanation.chosen is not None
    assert explanation.chosen.crew_id == "near"
    assert explanation.runner_up == "far"
    assert [other.verdict for other in explanation.others] == ["costs_more", "off_shift"]
