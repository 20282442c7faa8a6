from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from routing import coverage, simulation
from routing.coverage import Demand
from routing.problem import Policy
from routing.simulation import Call, District, Tactics, Unit
from routing.travel import DistanceTravelTimes

STREET = 120.15
PACE = DistanceTravelTimes(UTC, detour=1.0, start_up_s=0.0, speed_kmh_by_hour=(36.0,) * 24)  # 10 m/s
NO_WISHES = Policy(fairness_s_per_job=0.0, position_age_weight=0.0)
DISTRICT = District(PACE, datetime(2026, 3, 2, tzinfo=UTC), NO_WISHES, turnout_s=0.0)
METRE = 1 / 111_195.0
NEAREST, OPTIMAL = simulation.NEAREST, simulation.OPTIMAL


def call(number, at_s, metres, priority=3, work_s=600.0):
    return Call(f"call-{number}", at_s, place(metres), priority, frozenset({"any"}), work_s)


def unit(name, metres, **changes):
    return replace(Unit(name, place(metres), frozenset({"any"})), **changes)


def place(metres):
    return (30.30 + metres * METRE, STREET)


def waits(calls, units, tactics, district=DISTRICT):
    return simulation.play(calls, units, tactics, district).waits().round().tolist()


def test_a_lone_call_is_reached_after_the_way():
    assert waits([call(0, 0, 1000)], [unit("one", 0)], NEAREST) == [100]
    assert waits([call(0, 0, 1000)], [unit("one", 0)], OPTIMAL) == [100]


def test_setting_off_takes_its_time_once():
    slow = replace(DISTRICT, turnout_s=60.0)

    assert waits([call(0, 0, 1000)], [unit("one", 0)], OPTIMAL, slow) == [160]


def test_a_second_call_waits_until_the_crew_is_done_with_the_first():
    assert waits([call(0, 0, 1000), call(1, 10, 1000)], [unit("one", 0)], OPTIMAL) == [100, 690]


def test_nobody_comes_off_duty_and_the_call_is_taken_when_duty_begins():
    late = unit("one", 0, duty=((500.0, 5000.0),))

    assert waits([call(0, 0, 1000)], [late], OPTIMAL) == [600]
    assert waits([call(0, 0, 1000)], [unit("one", 0, duty=())], OPTIMAL) == [np.inf]


def test_an_idle_crew_can_be_sent_from_where_it_is_on_its_way_home():
    calls = [call(0, 0, 1000, work_s=0.0), call(1, 150, 500)]

    assert waits(calls, [unit("one", 0)], OPTIMAL) == [100, 0]


def test_a_crew_on_the_road_is_turned_where_that_is_better_and_only_where_it_is_allowed():
    """The crew drives north to a minor call when an urgent one comes in beside it."""
    calls = [call(0, 0, 4000, priority=4), call(1, 100, 1000, priority=1)]
    units = [unit("one", 0), unit("two", 9000, duty=((99.0, 1e9),))]

    assert waits(calls, units, OPTIMAL) == [400, 800]
    turned = simulation.play(calls, units, simulation.REDECIDE, DISTRICT)
    assert turned.waits().round().tolist() == [600, 0]
    assert turned.outcomes[0].turned == 1


def test_lesser_work_is_interrupted_for_the_most_urgent_call_and_finished_later():
    calls = [call(0, 0, 0, priority=4, work_s=900.0), call(1, 300, 1000, priority=1, work_s=300.0)]
    preempting = Tactics("preempting", preempt=True)

    assert waits(calls, [unit("one", 0)], OPTIMAL) == [0, 700]
    played = simulation.play(calls, [unit("one", 0)], preempting, DISTRICT)
    assert played.waits().round().tolist() == [0, 100]
    assert played.outcomes[0].interrupted == 1
    # 300 of 900 s were done: 600 + 60 s remain, after 100 s there, 300 s of work and 100 s back.
    assert played.busy * 300 == pytest.approx(300 + 100 + 300 + 100 + 660)


def test_a_freed_crew_goes_to_the_base_that_covers_most():
    demand = Demand(np.array([place(9000)] * 5 + [place(0)]), np.ones(6), (frozenset({"any"}),) * 6)
    units = [unit("one", 0), unit("two", 9000, duty=())]
    calls = [call(0, 0, 0, work_s=10.0), call(1, 2000, 9000)]

    told = replace(DISTRICT, demand=demand)

    assert waits(calls, units, simulation.REDECIDE, told) == [0, 900]
    assert waits(calls, units, simulation.REPOSITION, told) == [0, 0]


def test_the_same_input_gives_the_same_outcome_in_any_order():
    calls = [call(n, 40.0 * n, 700 * (n % 9), priority=1 + n % 4) for n in range(40)]
    units = [unit(f"u{n}", 900 * n) for n in range(5)]

    one = simulation.play(calls, units, simulation.FULL, DISTRICT)
    again = simulation.play(calls, units[::-1], simulation.FULL, DISTRICT)

    assert one.outcomes == again.outcomes


@pytest.mark.parametrize("tactics", simulation.ALL)
def test_every_call_is_reached_whatever_is_switched_on(tactics):
    demand = Demand(np.array([place(700 * n) for n in range(9)]), np.ones(9), (frozenset({"any"}),) * 9)
    calls = [call(n, 60.0 * n, 700 * (n % 9), priority=1 + n % 4) for n in range(60)]
    units = [unit(f"u{n}", 900 * n) for n in range(4)]

    played = simulation.play(calls, units, tactics, replace(DISTRICT, demand=demand))

    assert np.isfinite(played.waits()).all()
    assert max(outcome.turned for outcome in played.outcomes) <= 2


def test_the_only_crew_near_costs_the_next_callers_most():
    ways = np.array([[100.0, 500.0], [110.0, 900.0]])

    longer = coverage.longer_waits(ways, np.array([1.0, 1.0]), 3000.0)

    assert longer.tolist() == [(10 + 400) / 2, 0.0]
    assert coverage.longer_waits(ways[:1], np.array([1.0, 1.0]), 3000.0).tolist() == [(2900 + 2500) / 2]


def test_a_gain_is_told_with_an_interval_that_holds_it():
    ours = [np.array([100.0, 400.0]), np.array([100.0, 100.0])] * 20
    theirs = [np.array([400.0, 400.0]), np.array([100.0, 100.0])] * 20

    gain, low, high = simulation.difference(ours, theirs, 300.0)

    assert gain == 25.0
    assert 10 < low < 25 < high < 40
    assert simulation.difference(ours, ours, 300.0) == (0.0, 0.0, 0.0)
