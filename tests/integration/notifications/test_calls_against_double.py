"""Calls through the provider's library against the double: it rings, is asked for, is found on the list."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from notifications import addresses, errors
from notifications.channel import OutgoingText
from notifications.double import Running
from notifications.double.listener import Listener
from notifications.twilio_sms import TwilioAccount
from notifications.twilio_voice import TwilioVoice

YES, AWAY = "+862600000071", "+862600000079"
ASK = '<Response><Gather action="{url}/keys"><Say>按1</Say></Gather></Response>'


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  (the double runs in real time here)


@pytest.fixture
def asked() -> Iterator[Listener]:
    with Listener() as listener:
        listener.answer = ASK.format(url=listener.url)
        yield listener


@pytest.fixture
def voice(double: Running, asked: Listener) -> TwilioVoice:
    account = TwilioAccount(double.double.config.account_sid, "a-token", sender="+15005550006")
    return TwilioVoice(account, public_url=asked.url, api_base=double.url, timeout_s=2.0)


def call(to: str, asked: Listener) -> OutgoingText:
    return OutgoingText("0190-1", to, "修好了请按1", "zh", None, f"{asked.url}/status?message=0190-1")


def test_the_telephone_rings_the_hook_is_asked_and_the_key_comes_back(
    voice: TwilioVoice, asked: Listener
) -> None:
    accepted = voice.send(call(YES, asked))

    calls = asked.wait_for(3)
    assert accepted.provider_id.startswith("CA")
    assert calls[0].url == f"{asked.url}/hooks/twilio/voice/ask?message=0190-1"
    assert calls[1].fields["Digits"] == "1"
    assert all(one.signature for one in calls)


def test_nobody_at_home_is_reported(voice: TwilioVoice, asked: Listener) -> None:
    voice.send(call(AWAY, asked))

    (status,) = asked.wait_for(1)
    assert status.fields["CallStatus"] == "no-answer"


def test_a_call_whose_answer_was_lost_is_found_on_the_list(voice: TwilioVoice, asked: Listener) -> None:
    began = now() - timedelta(seconds=1)
    first = voice.send(call(AWAY, asked))

    assert voice.find(call(AWAY, asked), since=began, claimed=()) == first
    assert voice.find(call(AWAY, asked), since=began, claimed=(first.provider_id,)) is None
    assert voice.find(call(YES, asked), since=began, claimed=()) is None


def test_a_number_that_is_none_is_refused_and_a_provider_away_tried_later(
    voice: TwilioVoice, double: Running, asked: Listener
) -> None:
    with pytest.raises(errors.Refused, match="21211"):
        voice.send(call("+862600091211", asked))
    double.double.faults.change({"outage": True})
    with pytest.raises(errors.TryLater):
        voice.send(call(YES, asked))
    with pytest.raises(errors.TryLater):
        voice.find(call(YES, asked), since=now(), claimed=())


def test_calls_need_a_number_of_their_own() -> None:
    account = TwilioAccount("AC1", "t", messaging_service_sid="MG1")

    with pytest.raises(ValueError, match="TWILIO_FROM"):
        TwilioVoice(account, public_url="https://gongzhi.example")
    assert addresses.is_unroutable(YES)
