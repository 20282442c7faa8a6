from datetime import UTC, datetime, timedelta

import pytest

from notifications import addresses, errors, fakes
from notifications.channel import Channel, OutgoingText
from notifications.circuit import Circuit, Limits, State
from notifications.failover import Failover, Provider

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
TEXT = OutgoingText("o1", addresses.drill_number(1), "已派出", "zh", None, None)
BROKEN = errors.TryLater("connect")


class Elapsed:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Named(fakes.FakeSms):
    def __init__(self, name: str) -> None:
        super().__init__(lambda: NOON)
        self.name = name


@pytest.fixture
def elapsed() -> Elapsed:
    return Elapsed()


@pytest.fixture
def first() -> Named:
    return Named("first")


@pytest.fixture
def second() -> Named:
    return Named("second")


@pytest.fixture
def both(first: Named, second: Named, elapsed: Elapsed) -> Failover:
    limits = Limits(window_s=60, fewest=3, threshold=0.5, open_s=30)
    providers = [Provider(one, Circuit(limits, elapsed=elapsed)) for one in (first, second)]
    return Failover("sms", providers, elapsed=elapsed)


def test_it_keeps_the_protocol(both: Failover) -> None:
    channel: Channel = both

    assert (channel.name, channel.can_reconcile, channel.reports_delivery) == ("sms", True, True)


def test_the_first_provider_sends_while_it_works(both: Failover, second: Named) -> None:
    assert both.send(TEXT).provider == "first"
    assert second.received == []


def test_a_text_that_was_certainly_not_taken_goes_to_the_next_at_once(both: Failover, first: Named) -> None:
    first.fail_next(BROKEN)

    assert both.send(TEXT).provider == "second"


def test_a_text_of_unknown_outcome_goes_nowhere_else(both: Failover, first: Named, second: Named) -> None:
    first.take_silently_next()

    with pytest.raises(errors.OutcomeUnknown):
        both.send(TEXT)

    assert second.received == []
    assert both.find(TEXT, since=NOON, claimed=()) is not None


def test_a_wrong_number_is_wrong_at_every_provider(both: Failover, first: Named, second: Named) -> None:
    first.fail_next(errors.Refused("21211"))

    with pytest.raises(errors.Refused):
        both.send(TEXT)

    assert second.received == []
    assert both.standings()["first"].failures == 0


def test_an_account_that_is_refused_is_the_providers_fault(both: Failover, first: Named) -> None:
    first.fail_next(errors.Refused("aliyun:isv.AMOUNT_NOT_ENOUGH"))

    assert both.send(TEXT).provider == "second"
    assert both.standings()["first"].failures == 1


def test_a_provider_that_fails_often_is_left_alone_then_tried_with_one_text(
    both: Failover, first: Named, elapsed: Elapsed
) -> None:
    first.fail_next(BROKEN, BROKEN, BROKEN, BROKEN)
    for _ in range(3):
        both.send(TEXT)
    assert both.standings()["first"].state is State.OPEN

    elapsed.now = 29
    assert both.send(TEXT).provider == "second"
    assert first.received == []
    elapsed.now = 31
    assert both.send(TEXT).provider == "second"  # the probe failed: open again
    elapsed.now = 62
    assert both.send(TEXT).provider == "first"
    assert both.standings()["first"].state is State.CLOSED


def test_being_asked_to_slow_down_opens_no_circuit(both: Failover, first: Named) -> None:
    first.fail_next(*[errors.TryLater("20429", retry_after_s=1)] * 5)

    for _ in range(5):
        assert both.send(TEXT).provider == "second"

    assert both.standings()["first"].state is State.CLOSED


def test_where_no_provider_works_the_text_waits_until_one_may(
    both: Failover, first: Named, second: Named
) -> None:
    first.fail_next(*[BROKEN] * 3)
    second.fail_next(*[BROKEN] * 3)
    for _ in range(3):
        with pytest.raises(errors.TryLater, match="connect"):
            both.send(TEXT)

    with pytest.raises(errors.TryLater, match="no_provider") as later:
        both.send(TEXT)

    assert later.value.retry_after_s == 30


def test_a_provider_that_answers_late_leaves_no_time_for_another(
    both: Failover, first: Named, second: Named, elapsed: Elapsed
) -> None:
    def slow(_text: OutgoingText) -> None:
        elapsed.now += 5
        raise BROKEN

    first.send = slow  # type: ignore[assignment]

    with pytest.raises(errors.TryLater):
        both.send(TEXT)

    assert second.received == []


def test_what_one_provider_cannot_tell_stays_unknown_although_another_has_nothing(
    both: Failover, first: Named
) -> None:
    def silent(*_: object, **__: object) -> None:
        raise errors.TryLater("connect")

    first.find = silent  # type: ignore[assignment]

    with pytest.raises(errors.TryLater):
        both.find(TEXT, since=NOON - timedelta(minutes=1), claimed=())
