from datetime import UTC, datetime, timedelta, timezone
from itertools import permutations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from routing import ability, assignment, costs
from routing.plan import Plan
from routing.problem import CandidateCrew, Policy, WaitingCase
from routing.travel import DistanceTravelTimes

AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
TRAVEL = DistanceTravelTimes(timezone(timedelta(hours=8)))
SKILLS = ("drainage", "road_repair", "lighting")
AREAS = ("mishixiang", "tianshui", None)

# Few places and few ages, so that ties are the rule and not the exception.
places = st.sampled_from([30.30, 30.31, 30.32, 30.33])
skills = st.frozensets(st.sampled_from(SKILLS), max_size=2)


@st.composite
def waiting(draw: st.DrawFn, most: int) -> list[WaitingCase]:
    count = draw(st.integers(0, most))
    return [
        WaitingCase(
            id=f"case-{number}",
            lat=draw(places),
            lon=120.15,
            priority=draw(st.integers(1, 4)),
            capabilities=draw(skills),
            area=draw(st.sampled_from(AREAS)),
            age_s=draw(st.sampled_from([0.0, 250.0, 4000.0])),
            arrival_target_s=300.0,
            refused_by=draw(st.frozensets(st.sampled_from(["crew-0", "crew-1"]), max_size=1)),
            offered_to=draw(st.sampled_from([None, None, f"crew-{number}"])),
        )
        for number in range(count)
    ]


@st.composite
def on_the_road(draw: st.DrawFn, most: int) -> list[CandidateCrew]:
    count = draw(st.integers(0, most))
    return [
        CandidateCrew(
            id=f"crew-{number}",
            lat=draw(st.one_of(places, st.none())),
            lon=120.15,
            position_age_s=draw(st.sampled_from([0.0, 20.0, 400.0])),
            capabilities=draw(skills) | {"drainage"},
            on_shift=draw(st.sampled_from([True, True, True, False])),
            shift_ends_in_s=draw(st.sampled_from([None, None, 300.0])),
            status=draw(st.sampled_from(["available", "available", "available", "notified", "en_route"])),
            load=draw(st.sampled_from([0, 0, 0, 1])),
            capacity=draw(st.integers(1, 2)),
            home_area=draw(st.sampled_from(AREAS)),
            mutual_aid=draw(st.booleans()),
            jobs_done=draw(st.integers(0, 3)),
        )
        for number in range(count)
    ]


def decide(cases: list[WaitingCase], crews: list[CandidateCrew], policy: Policy) -> Plan:
    return assignment.assign(cases, crews, policy=policy, travel=TRAVEL, at=AT)


def matrices(
    cases: list[WaitingCase], crews: list[CandidateCrew], policy: Policy
) -> tuple[costs.IntArray, costs.BoolArray, costs.IntArray]:
    sheet = costs.lay_out(cases, crews, policy, TRAVEL, AT)
    able = ability.reason_codes(sheet) == ability.ABLE
    total = costs.totals(sheet, able)
    base = costs.base(sheet)
    return total + base[:, None], able, costs.nobody(sheet, total) + base


def best_by_trying_all(total: costs.IntArray, able: costs.BoolArray, nobody: costs.IntArray) -> int:
    cases, crews = able.shape
    slots = [*range(crews), *[-1] * cases]
    return min(
        sum(
            int(nobody[i]) if j < 0 else int(total[i, j]) if able[i, j] else 1 << 40
            for i, j in enumerate(way)
        )
        for way in set(permutations(slots, cases))
    )


def best_by_scipy(total: costs.IntArray, able: costs.BoolArray, nobody: costs.IntArray) -> int:
    """Solve the dense problem, each case with an opt-out of its own; exact below 2**53."""
    gain = np.where(able, np.minimum(total - nobody[:, None], 0), 0)
    rows, columns = linear_sum_assignment(gain)
    return int(nobody.sum() + gain[rows, columns].sum())


@given(waiting(3), on_the_road(4), st.integers(1, 4))
@settings(max_examples=80, deadline=None)
def test_no_other_plan_costs_less(cases: list[WaitingCase], crews: list[CandidateCrew], k: int) -> None:
    policy = Policy(nearest_k=k)

    plan = decide(cases, crews, policy)

    assert plan.proven_optimal
    assert round(plan.objective_s * 10) == best_by_trying_all(*matrices(cases, crews, policy))


@given(waiting(12), on_the_road(12), st.integers(1, 4))
@settings(max_examples=80, deadline=None)
def test_it_equals_the_dense_optimum_of_another_solver(
    cases: list[WaitingCase], crews: list[CandidateCrew], k: int
) -> None:
    policy = Policy(nearest_k=k)

    plan = decide(cases, crews, policy)

    assert plan.proven_optimal
    assert round(plan.objective_s * 10) == best_by_scipy(*matrices(cases, crews, policy))


@given(st.data(), waiting(8), on_the_road(8))
@settings(max_examples=60, deadline=None)
def test_the_order_of_the_input_changes_nothing(
    data: st.DataObject, cases: list[WaitingCase], crews: list[CandidateCrew]
) -> None:
    shuffled_cases, shuffled_crews = data.draw(st.permutations(cases)), data.draw(st.permutations(crews))

    assert decide(cases, crews, Policy()) == decide(shuffled_cases, shuffled_crews, Policy())


@given(waiting(10), on_the_road(10))
@settings(max_examples=80, deadline=None)
def test_only_crews_that_may_go_are_sent_and_each_once(
    cases: list[WaitingCase], crews: list[CandidateCrew]
) -> None:
    plan = decide(cases, crews, Policy())

    crew_by_id, case_by_id = {crew.id: crew for crew in crews}, {case.id: case for case in cases}
    sent = [offer.crew_id for offer in plan.offers]
    assert len(sent) == len(set(sent))
    assert sorted(case_by_id) == sorted(
        [offer.case_id for offer in plan.offers] + [left.case_id for left in plan.nobody]
    )
    for offer in plan.offers:
        case, crew = case_by_id[offer.case_id], crew_by_id[offer.crew_id]
        freed = sum(other.offered_to == crew.id for other in cases)
        assert crew.on_shift
        assert crew.lat is not None
        assert crew.load - freed < crew.capacity
        assert case.capabilities <= crew.capabilities
        assert crew.id not in case.refused_by
        assert crew.status == "available" or freed or 0 < crew.load < crew.capacity
        assert crew.mutual_aid or None in (case.area, crew.home_area) or case.area == crew.home_area


@given(waiting(8), on_the_road(8))
@settings(max_examples=80, deadline=None)
def test_no_case_waits_while_a_crew_that_may_go_stands_idle(
    cases: list[WaitingCase], crews: list[CandidateCrew]
) -> None:
    plan = decide(cases, crews, Policy())

    for left in plan.nobody:
        assert "costs_more" not in left.counts


@given(waiting(8), on_the_road(8))
@settings(max_examples=60, deadline=None)
def test_every_explanation_adds_up(cases: list[WaitingCase], crews: list[CandidateCrew]) -> None:
    plan = decide(cases, crews, Policy())

    costs_of_all = [offer.cost_s for offer in plan.offers]
    costs_of_all += [left.explanation.nobody_cost_s for left in plan.nobody]
    assert round(sum(costs_of_all), 1) == plan.objective_s
    for decided in (*plan.offers, *plan.nobody):
        told = decided.explanation
        assert len(told.others) + (told.chosen is not None) == len(crews)
        assert sum(told.counts.values()) == len(told.others)
        for crew in told.others:
            if crew.cost_s is not None:
                assert round(sum(crew.terms.values()), 1) == crew.cost_s


@given(waiting(8), on_the_road(8))
@settings(max_examples=60, deadline=None)
def test_the_price_is_what_the_others_lose_without_the_crew(
    cases: list[WaitingCase], crews: list[CandidateCrew]
) -> None:
    policy = Policy(fairness_s_per_job=0.0)
    plan = decide(cases, crews, policy)

    for offer in plan.offers:
        others = [case for case in cases if case.id != offer.case_id]
        held_back = [crew for crew in crews if crew.id != offer.crew_id]
        chosen = offer.explanation.chosen
        assert chosen is not None
        assert chosen.price_s is not None
        with_crew = matrices(cases, crews, policy)
        keep = [i for i, case in enumerate(cases) if case in others]
        columns = [j for j, crew in enumerate(crews) if crew in held_back]
        total, able, nobody = (part[keep] for part in with_crew)
        loss = best_by_scipy(total[:, columns], able[:, columns], nobody)
        assert round(chosen.price_s * 10) == loss - best_by_scipy(total, able, nobody)
