"""Response cards, crews on the road, work interrupted and queues, against trying everything."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import ability, assignment, costs
from routing.plan import Plan
from routing.problem import CandidateCrew, Policy, WaitingCase
from routing.travel import DistanceTravelTimes

AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
TRAVEL = DistanceTravelTimes(timezone(timedelta(hours=8)))
SKILLS = ("drainage", "enforcement")

places = st.sampled_from([30.30, 30.302, 30.31, 30.32, 30.33])
wishes = st.sampled_from([frozenset({"drainage"}), frozenset({"enforcement"}), frozenset()])


@st.composite
def moments(draw: st.DrawFn) -> tuple[list[WaitingCase], list[CandidateCrew]]:
    """Draw waiting cases, some of several crews, and crews idle, on the road to one of them, or at work."""
    crews = [
        CandidateCrew(
            id=f"crew-{number}",
            lat=draw(places),
            lon=120.15,
            position_age_s=draw(st.sampled_from([0.0, 20.0])),
            capabilities=frozenset(draw(st.sets(st.sampled_from(SKILLS), min_size=1))),
            on_shift=True,
            shift_ends_in_s=None,
            status="available",
            load=0,
            capacity=draw(st.integers(1, 3)),
            home_area=None,
            mutual_aid=True,
            jobs_done=0,
            coverage_s=draw(st.sampled_from([0.0, 33.3])),
        )
        for number in range(draw(st.integers(1, 4)))
    ]
    cases: list[WaitingCase] = []
    for number in range(draw(st.integers(1, 3))):
        case = WaitingCase(
            id=f"case-{number}",
            lat=draw(places),
            lon=120.15,
            priority=draw(st.integers(1, 4)),
            capabilities=draw(wishes),
            area=None,
            age_s=draw(st.sampled_from([0.0, 250.0, 4000.0])),
            arrival_target_s=300.0,
            also=tuple(draw(st.lists(wishes, max_size=1 if number else 2))),
            together=draw(st.booleans()),
        )
        match draw(st.sampled_from(["new", "new", "offered", "under way", "at work elsewhere"])), number:
            case "offered" | "under way" as how, j if j < len(crews):
                on_road = how == "under way"
                turned = draw(st.integers(0, 2))
                case = replace(case, offered_to=f"crew-{j}", under_way=on_road, diversions=turned)
                crews[j] = replace(crews[j], status="en_route" if on_road else "notified", load=1, capacity=1)
            case "at work elsewhere", j if j < len(crews):
                crews[j] = replace(crews[j], status="on_scene", load=1, capacity=1, works_on=3)
        cases.append(case)
    return cases, crews


def decide(cases: list[WaitingCase], crews: list[CandidateCrew]) -> Plan:
    return assignment.assign(
        cases, crews, policy=Policy(nearest_k=2, solve_within_s=60.0), travel=TRAVEL, at=AT
    )


def best_by_trying_all(cases: list[WaitingCase], crews: list[CandidateCrew]) -> int:
    sheet = costs.lay_out(cases, crews, Policy(), TRAVEL, AT)
    able = ability.reason_codes(sheet) == ability.ABLE
    total = costs.totals(sheet, able).astype(np.int64)
    nobody = costs.nobody(sheet, total.astype(np.int32))
    best = int(nobody.sum())
    bound = [case.together and bool(case.also) for case in sheet.cases]
    for way in product(range(-1, len(crews)), repeat=len(sheet.cases)):
        sent = [j for j in way if j >= 0]
        if len(sent) != len(set(sent)) or any(j >= 0 and not able[i, j] for i, j in enumerate(way)):
            continue
        served: dict[str, set[bool]] = {}
        for i, j in enumerate(way):
            if bound[i]:
                served.setdefault(sheet.cases[i].id, set()).add(j >= 0)
        if any(len(some) > 1 for some in served.values()):
            continue
        best = min(best, sum(int(nobody[i] if j < 0 else total[i, j]) for i, j in enumerate(way)))
    return best + int(costs.base(sheet).sum())


@given(moments())
@settings(max_examples=200, deadline=None)
def test_no_other_plan_costs_less(moment: tuple[list[WaitingCase], list[CandidateCrew]]) -> None:
    plan = decide(*moment)

    assert plan.proven_optimal
    assert round(plan.objective_s * 10) == best_by_trying_all(*moment)
    assert plan.bound_s == plan.objective_s


@given(moments())
@settings(max_examples=150, deadline=None)
def test_the_terms_of_what_was_decided_add_up_to_the_objective(
    moment: tuple[list[WaitingCase], list[CandidateCrew]],
) -> None:
    plan = decide(*moment)

    tenths = sum(round(10 * term) for offer in plan.offers for term in offer.terms.values())
    tenths += sum(round(10 * left.explanation.nobody_cost_s) for left in plan.nobody)
    assert tenths == round(10 * plan.objective_s)
    for offer in (*plan.offers, *plan.planned):
        assert round(sum(offer.terms.values()), 1) == offer.cost_s


@given(moments())
@settings(max_examples=150, deadline=None)
def test_crews_that_must_go_together_all_go_or_none(
    moment: tuple[list[WaitingCase], list[CandidateCrew]],
) -> None:
    plan = decide(*moment)

    sent = [offer.case_id for offer in plan.offers]
    for case in moment[0]:
        if case.together:
            assert sent.count(case.id) in {0, 1 + len(case.also)}


@given(moments())
@settings(max_examples=150, deadline=None)
def test_a_crew_or_case_that_was_turned_twice_keeps_its_way(
    moment: tuple[list[WaitingCase], list[CandidateCrew]],
) -> None:
    plan = decide(*moment)

    sent = {(offer.case_id, offer.slot): offer.crew_id for offer in plan.offers}
    for case in moment[0]:
        if case.under_way and case.diversions == 2 and not (case.together and case.also):
            crew = next(crew for crew in moment[1] if crew.id == case.offered_to)
            able = case.capabilities <= crew.capabilities
            assert sent.get((case.id, 0)) == (crew.id if able else None)


@given(moments())
@settings(max_examples=150, deadline=None)
def test_only_the_most_urgent_case_calls_a_crew_away_from_its_work(
    moment: tuple[list[WaitingCase], list[CandidateCrew]],
) -> None:
    plan = decide(*moment)

    at_work = {crew.id for crew in moment[1] if crew.works_on is not None}
    priority = {case.id: case.priority for case in moment[0]}
    for offer in plan.offers:
        if offer.crew_id in at_work:
            assert priority[offer.case_id] == 1
            assert offer.terms["preemption"] > 0


@given(moments())
@settings(max_examples=150, deadline=None)
def test_a_plan_ahead_keeps_capability_room_and_order(
    moment: tuple[list[WaitingCase], list[CandidateCrew]],
) -> None:
    cases, crews = moment
    plan = decide(cases, crews)

    by_crew = {crew.id: crew for crew in crews}
    by_case = {case.id: case for case in cases}
    now = {offer.crew_id: offer for offer in plan.offers}
    assert len({offer.case_id for offer in plan.planned}) == len(plan.planned)
    for crew_id, crew in by_crew.items():
        queue = [offer for offer in plan.planned if offer.crew_id == crew_id]
        assert len(queue) + 1 <= crew.capacity or not queue
        assert [offer.position for offer in queue] == list(range(2, len(queue) + 2))
        reached = now[crew_id].eta_s if queue else 0.0
        for offer in queue:
            assert by_case[offer.case_id].capabilities <= crew.capabilities
            assert offer.eta_s > reached + 1199
            assert offer.case_id not in {sent.case_id for sent in plan.offers}
            reached = offer.eta_s
