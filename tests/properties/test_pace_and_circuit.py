"""What must always hold of the pace of a channel and of the circuit of a provider, whatever comes when."""

from hypothesis import given
from hypothesis import strategies as st

from notifications.circuit import Circuit, Limits, State
from notifications.pace import Pace

STEPS = st.lists(st.tuples(st.floats(0, 5), st.integers(0, 40)), max_size=60)


class Elapsed:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@given(steps=STEPS, per_s=st.floats(0.1, 50), burst=st.integers(1, 50))
def test_in_no_span_of_time_more_goes_through_than_burst_and_rate_allow(steps, per_s, burst):
    elapsed = Elapsed()
    pace = Pace(per_s, burst, elapsed=elapsed)
    gone = []
    for wait, wanted in steps:
        elapsed.now += wait
        taken = pace.take(wanted)
        assert 0 <= taken <= wanted
        gone.append((elapsed.now, taken))

    for first, (since, _) in enumerate(gone):
        for last in range(first, len(gone)):
            through = sum(taken for _, taken in gone[first : last + 1])
            assert through <= burst + (gone[last][0] - since) * per_s + 1e-6


@given(pause=st.floats(0.1, 100), wait=st.floats(0, 200))
def test_a_pause_that_the_provider_asks_for_is_kept(pause, wait):
    elapsed = Elapsed()
    pace = Pace(10, 10, elapsed=elapsed)
    pace.pause(pause)
    elapsed.now = wait

    assert pace.ready() == (wait >= pause)
    assert bool(pace.take(1)) == (wait >= pause)


@given(
    events=st.lists(st.tuples(st.floats(0, 20), st.sampled_from(["enter", "ok", "bad"])), max_size=80),
    fewest=st.integers(1, 6),
)
def test_a_circuit_is_open_only_after_failures_and_probes_with_one_call_at_a_time(events, fewest):
    elapsed = Elapsed()
    circuit = Circuit(Limits(window_s=30, fewest=fewest, threshold=0.5, open_s=10), elapsed=elapsed)
    under_way = []
    failed = False
    for wait, event in events:
        elapsed.now += wait
        before = circuit.standing().state
        if event == "enter":
            ticket = circuit.enter()
            if ticket is not None:
                under_way.append((ticket, circuit.standing().state))
        elif under_way:
            ticket, _ = under_way.pop(0)
            failed = failed or event == "bad"
            circuit.leave(ticket, ok=event == "ok")
        after = circuit.standing().state
        if before is State.CLOSED and after is State.OPEN:
            assert failed
        if after is State.HALF_OPEN:
            assert circuit.enter() is None, "a second probe"


@given(failures=st.integers(5, 20), wait=st.floats(0, 60))
def test_an_open_circuit_is_left_alone_for_its_time_and_then_tried(failures, wait):
    elapsed = Elapsed()
    circuit = Circuit(Limits(fewest=5, open_s=30), elapsed=elapsed)
    for _ in range(failures):
        ticket = circuit.enter()
        if ticket is not None:
            circuit.leave(ticket, ok=False)
    elapsed.now += wait

    ticket = circuit.enter()

    assert (ticket is not None) == (wait >= 30)
    if ticket is not None:
        circuit.leave(ticket, ok=True)
        assert circuit.standing().state is State.CLOSED
