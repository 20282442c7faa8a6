"""However official warnings overtake and repeat each other, the same ones are in force in the end."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from casework.domain import cap
from casework.domain.cap import ACTUAL, Alert, Link, Reference, Standing

SENT = datetime(2026, 5, 4, tzinfo=UTC)
NAMES = [f"W-{number}" for number in range(6)]


@st.composite
def messages(draw):
    """Messages that name earlier ones, as their senders wrote them; some are exercises."""
    made = []
    for number, name in enumerate(NAMES[: draw(st.integers(1, len(NAMES)))]):
        kind = draw(st.sampled_from(["Alert", "Update", "Cancel", "Ack"] if number else ["Alert"]))
        status = draw(st.sampled_from([ACTUAL, ACTUAL, ACTUAL, "Exercise", "Test"]))
        named = (
            draw(st.lists(st.sampled_from(NAMES[:number]), min_size=1, unique=True))
            if kind != "Alert"
            else []
        )
        refs = frozenset(Reference("met", one, SENT).key for one in named)
        made.append(Link(Reference("met", name, SENT).key, kind, status, refs))
    return made


def settled(arrived):
    """What a register knows after messages have come one by one: each settles those that it names."""
    known = {}
    for link in arrived:
        known[link.key] = link
    return {key: cap.standing(link, known.values())[0] for key, link in known.items()}


@given(messages(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_and_repeats_change_nothing(sent, random):
    shuffled = [*sent, *random.choices(sent, k=3)]
    random.shuffle(shuffled)

    assert settled(shuffled) == settled(sent)


@given(messages())
def test_an_exercise_is_never_in_force_and_cancels_nothing_real(sent):
    actual = [link for link in sent if link.status == ACTUAL]

    found = settled(sent)

    assert all(found[link.key] is Standing.NOT_ACTUAL for link in sent if link.status != ACTUAL)
    assert {key: found[key] for key in settled(actual)} == settled(actual)


@given(messages())
def test_what_an_actual_cancel_names_is_cancelled(sent):
    found = settled(sent)
    warning = {link.key for link in sent if link.kind in cap.SPEAKING and link.status == ACTUAL}

    for link in sent:
        if link.kind == "Cancel" and link.status == ACTUAL:
            assert all(found[key] is Standing.CANCELLED for key in link.refs & warning)


@given(messages())
def test_only_warnings_that_nobody_replaced_or_cancelled_are_in_force(sent):
    found = settled(sent)
    ending = [link for link in sent if link.status == ACTUAL and link.kind in {"Update", "Cancel"}]
    named = frozenset().union(*(link.refs for link in ending))

    for link in sent:
        in_force = link.status == ACTUAL and link.kind in cap.SPEAKING and link.key not in named
        assert (found[link.key] is Standing.IN_FORCE) == in_force


@given(st.permutations(["W-1", "W-2", "W-3"]))
def test_a_chain_is_named_after_its_first_message_however_its_references_are_written(names):
    references = [Reference("met", name, SENT.replace(hour=int(name[-1]))) for name in names]
    update = Alert(
        sender="met",
        identifier="W-9",
        sent=SENT,
        status=ACTUAL,
        kind="Update",
        scope="Public",
        references=references,
    )

    assert cap.chain_of(update, {}) == Reference("met", "W-1", SENT.replace(hour=1)).key
