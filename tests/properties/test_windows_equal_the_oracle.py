"""Windows that see one event at a time decide what the whole history says, late events included."""

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import remembering
from rules.remembering import Occurrence, State
from rules.windows import Absence, Change, Count, Lasting, Sequence, Together, Window
from tests.support import window_oracle

ROLES = ("when", "while", "absent", "clears", "step:0", "step:1", "with:0")
spans = st.integers(1, 12)
radii = st.sampled_from([None, 150.0])
patterns = st.one_of(
    st.none(),
    st.builds(Count, st.integers(2, 4), spans, st.sampled_from([None, "source"]), radii),
    st.builds(Together, spans, st.just(1), radii),
    st.builds(Lasting, spans, st.none() | spans),
    st.builds(Change, st.just("value"), st.sampled_from([1.0, 2.5]), st.sampled_from([1, -1]), spans),
    st.builds(Sequence, st.lists(spans, min_size=1, max_size=2).map(tuple)),
    st.builds(Absence, spans),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Occurrence]:
    events = []
    for number in range(draw(st.integers(0, 14))):
        roles = draw(st.sets(st.sampled_from(ROLES), min_size=1, max_size=4))
        if "while" in roles:
            roles |= {"when"}
        place = draw(st.sampled_from([(31.3, 120.6), (31.3005, 120.6005), (31.31, 120.61)]))
        at = draw(st.integers(0, 40))
        events.append(
            Occurrence(
                at,
                f"e{number:02}",
                at,
                number,
                frozenset(roles),
                draw(st.sampled_from([0.0, 1.0, 2.0, 3.5])),
                draw(st.sampled_from(["a", "b", "c"])),
                place,
            )
        )
    return sorted(events, key=lambda one: (one.at, one.ref))


def roles_of(window: Window) -> frozenset[str]:
    """Answer the roles that a window's rule can ask for."""
    own = {
        Count: {"when"},
        Together: {"when", "with:0"},
        Lasting: {"when", "while"},
        Change: {"when"},
        Sequence: {"when", "step:0", "step:1"},
        Absence: {"when", "absent"},
    }.get(type(window.pattern), {"when"})
    return frozenset(own | ({"clears"} if window.clears else set()))


def asked(window: Window, history: list[Occurrence]) -> list[Occurrence]:
    """Leave of each event the roles that the window knows, and leave out what says nothing to it."""
    kept = [replace(one, roles=one.roles & roles_of(window)) for one in history]
    return [one for one in kept if one.roles - {"while"}]


def decided(window: Window, arrivals: list[Occurrence]) -> list[tuple[str, int]]:
    """Let the events arrive one by one, writing the state down and reading it back each time."""
    state: State = {}
    outcomes = []
    for one in arrivals:
        outcomes += remembering.arrive(window, state, one)
        state = json.loads(json.dumps(state))
    far = 10_000
    while (due := remembering.due(window, state)) is not None and due <= far:
        outcomes += remembering.pass_time(window, state, due)
        state = json.loads(json.dumps(state))
    return sorted((one.ref, one.at) for one in outcomes if one.held)


@settings(max_examples=400, deadline=None)
@given(patterns, st.booleans(), histories())
def test_in_order_a_window_decides_what_the_whole_history_says(pattern, clears, history):
    window = Window((), pattern, clears)
    events = asked(window, history)

    assert decided(window, events) == sorted(window_oracle.decisions(window, events))


@settings(max_examples=400, deadline=None)
@given(patterns, st.booleans(), histories(), st.integers(1, 10), st.randoms(use_true_random=False))
def test_events_late_within_the_tolerance_give_the_decisions_of_their_order(
    pattern, clears, history, tolerance, chance: random.Random
):
    window = Window((), pattern, clears, tolerance)
    events = asked(window, history)
    # Each comes up to the tolerance late, by our clock and so by the others' as well.
    shaken = sorted((one.at + chance.randint(0, tolerance), chance.random(), one.ref, one) for one in events)
    arrivals = [replace(one, arrived=arrived) for arrived, _, _, one in shaken]

    assert decided_by_the_clock(window, arrivals) == sorted(window_oracle.decisions(window, events))


@settings(max_examples=400, deadline=None)
@given(patterns, st.booleans(), histories(), st.integers(0, 5), st.randoms(use_true_random=False))
def test_what_is_forgotten_would_have_decided_nothing(
    pattern, clears, history, tolerance, chance: random.Random
):
    window = Window((), pattern, clears, tolerance)
    events = asked(window, history)
    # Without a tolerance those of one time keep their order.
    shaken = sorted(
        (one.at + chance.randint(0, tolerance), tolerance and chance.random(), one.ref, one) for one in events
    )
    arrivals = [replace(one, arrived=arrived) for arrived, _, _, one in shaken]

    with pytest.MonkeyPatch.context() as patching:
        patching.setattr(remembering, "LATE", 3)
        held = decided_by_the_clock(window, arrivals, forgetting=True)

    assert held == sorted(window_oracle.decisions(window, events))


def decided_by_the_clock(
    window: Window, arrivals: list[Occurrence], *, forgetting: bool = False
) -> list[tuple[str, int]]:
    """Let our clock go on between the arrivals too, as the sweep does."""
    state: State = {}
    outcomes = []
    last = 0
    for one in arrivals:
        while (due := remembering.due(window, state)) is not None and due <= one.arrived:
            outcomes += remembering.pass_time(window, state, due)
        if forgetting and due is None and last + remembering.keep(window, state) < one.arrived:
            state = {}
        last = one.arrived
        outcomes += remembering.arrive(window, state, one)
        state = json.loads(json.dumps(state))
    while (due := remembering.due(window, state)) is not None:
        outcomes += remembering.pass_time(window, state, due)
    return sorted((one.ref, one.at) for one in outcomes if one.held)


@settings(max_examples=200, deadline=None)
@given(patterns, st.booleans(), histories(), st.randoms(use_true_random=False))
def test_any_lateness_leaves_a_window_sound(pattern, clears, history, chance: random.Random):
    window = Window((), pattern, clears, 3)
    events = asked(window, history)
    chance.shuffle(events)

    names = [ref for ref, _ in decided(window, events)]

    assert len(names) == len(set(names))
    assert set(names) <= {one.ref for one in events}
