from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from notifications import addresses, drill, errors, fakes
from notifications.channel import Accepted, Channel, OutgoingText
from notifications.console_channel import ConsoleChannel

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
CREW, RESIDENT = addresses.drill_number(1), addresses.drill_number(2)
LINK = "新任务 http://g.cn/a/AbCdEfGh-_123456 回复1接单"


def text(outbox_id: str = "o1", body: str = LINK, to: str = CREW) -> OutgoingText:
    return OutgoingText(outbox_id, to, body, "zh", 60, None)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def provider(clock: Clock) -> fakes.FakeSms:
    return fakes.FakeSms(clock)


def test_the_shipped_channels_keep_the_protocol(provider: fakes.FakeSms) -> None:
    channels: list[Channel] = [ConsoleChannel(), provider, drill.OnlyUnroutable(provider)]

    assert [one.name for one in channels] == ["console", "fake_sms", "fake_sms"]
    assert all(one.can_reconcile for one in channels)


def test_the_console_logs_the_text_without_the_whole_number() -> None:
    console = ConsoleChannel()

    with capture_logs() as lines:
        accepted = console.send(text())

    assert lines[0]["to"] == "+86 260****0001"
    assert lines[0]["body"] == LINK
    assert console.find(text(), since=NOON) == accepted
    assert console.find(text("o2"), since=NOON) is None


def test_the_console_keeps_only_the_last_texts() -> None:
    console = ConsoleChannel(keep=2)

    for outbox_id in "abc":
        console.send(text(outbox_id))

    assert [kept.id for kept in console.last()] == ["b", "c"]


def test_scripted_failures_come_first(provider: fakes.FakeSms) -> None:
    provider.fail_next(errors.TryLater("20429", retry_after_s=2), errors.Refused("21610"))

    with pytest.raises(errors.TryLater) as later:
        provider.send(text())
    with pytest.raises(errors.Refused) as refused:
        provider.send(text())

    assert (later.value.permanent, later.value.retry_after_s) == (False, 2)
    assert refused.value.permanent
    assert provider.send(text()).segments == 1
    assert provider.texts_to(CREW) == [LINK]


def test_a_text_taken_in_silence_is_found_by_its_link(provider: fakes.FakeSms) -> None:
    provider.take_silently_next()
    with pytest.raises(errors.OutcomeUnknown):
        provider.send(text())

    assert provider.find(text(), since=NOON) is not None
    assert provider.find(text(body=LINK.replace("AbC", "XyZ")), since=NOON) is None


def test_a_link_is_recognised_behind_a_trial_account_s_own_sentence(provider: fakes.FakeSms) -> None:
    provider.send(text(body="Sent from your Twilio trial account - " + LINK))

    assert provider.find(text(), since=NOON) is not None


def test_two_identical_texts_to_one_person_are_told_apart_by_what_is_claimed(provider: fakes.FakeSms) -> None:
    first = provider.send(text("o1", "已派出", RESIDENT))
    second = provider.send(text("o2", "已派出", RESIDENT))

    def find(*claimed: str) -> Accepted | None:
        return provider.find(text("o3", "已派出", RESIDENT), since=NOON, claimed=claimed)

    assert find() == first
    assert find(first.provider_id) == second
    assert find(first.provider_id, second.provider_id) is None


def test_without_knowing_the_claims_a_text_like_another_stays_unknown(provider: fakes.FakeSms) -> None:
    provider.send(text("o1", "已派出", RESIDENT))

    with pytest.raises(errors.OutcomeUnknown):
        provider.find(text("o2", "已派出", RESIDENT), since=NOON)


def test_yesterday_s_identical_text_is_another_one(provider: fakes.FakeSms, clock: Clock) -> None:
    provider.send(text("o1", "已派出", RESIDENT))
    clock.now += timedelta(days=1)

    assert provider.find(text("o2", "已派出", RESIDENT), since=clock.now) is None


def test_the_same_words_to_another_person_are_another_text(provider: fakes.FakeSms) -> None:
    provider.send(text("o1", "已派出", RESIDENT))

    assert provider.find(text("o2", "已派出", CREW), since=NOON, claimed=()) is None


def test_a_drill_sends_nothing_to_a_real_number(provider: fakes.FakeSms) -> None:
    guarded = drill.OnlyUnroutable(provider)

    with pytest.raises(errors.Refused, match="drill_real_number"):
        guarded.send(text(to="+8613812340001"))

    assert provider.received == []
    assert guarded.send(text()) == guarded.find(text(), since=NOON)
