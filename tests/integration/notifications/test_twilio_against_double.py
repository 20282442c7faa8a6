import http.client
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from notifications import addresses, errors, signatures, tokens
from notifications.channel import Accepted, Channel, OutgoingText
from notifications.double import Running
from notifications.double.book import Entry
from notifications.double.listener import Listener
from notifications.twilio_sms import TwilioSms

TOKEN = "a-token"
CREW, RESIDENT = addresses.drill_number(1), addresses.drill_number(2)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def offer(
    outbox_id: str = "o1", to: str = CREW, callback: str | None = None, body: str | None = None
) -> OutgoingText:
    body = body or f"新任务 http://g.cn/a/{tokens.new_token()} 回复1接单"
    return OutgoingText(outbox_id, to, body, "zh", 60, callback)


def held(double: Running, accepted: Accepted | None) -> Entry:
    """Answer the text that the double holds under this id."""
    assert accepted is not None
    entry = double.double.book.find(accepted.provider_id)
    assert entry is not None
    return entry


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  (the double runs in real time here)


def test_the_channel_keeps_the_protocol(sms: TwilioSms) -> None:
    channel: Channel = sms

    assert (channel.name, channel.can_reconcile, channel.reports_delivery) == ("twilio", True, True)


def test_a_text_arrives_as_it_was_handed_over(sms: TwilioSms, double: Running) -> None:
    text = offer()

    accepted = sms.send(text)

    entry = held(double, accepted)
    assert (entry.to, entry.body, entry.sender, entry.validity_s) == (CREW, text.body, "+15005550006", 60)
    assert accepted.segments == 1


def test_a_messaging_service_sends_in_place_of_a_number(
    make_sms: Callable[..., TwilioSms], double: Running
) -> None:
    sms = make_sms(service="MG" + "1" * 32)

    accepted = sms.send(offer())

    assert held(double, accepted).service_sid == "MG" + "1" * 32


def test_each_state_is_reported_in_order_and_truly_signed(sms: TwilioSms, product: Listener) -> None:
    url = f"{product.url}/hooks/twilio/status?outbox=o1"

    accepted = sms.send(offer(callback=url))

    calls = product.wait_for(3)
    assert [call.fields["MessageStatus"] for call in calls] == ["queued", "sent", "delivered"]
    for call in calls:
        assert (call.url, call.fields["MessageSid"]) == (url, accepted.provider_id)
        signatures.verify_twilio_form([TOKEN], url, call.fields, call.signature)


@pytest.mark.parametrize("code", ["30003", "30005", "30007", "30008"])
def test_a_number_that_cannot_be_reached_is_reported_with_its_code(
    sms: TwilioSms, product: Listener, code: str
) -> None:
    sms.send(offer(to=f"+8626000900{code[-2:]}", callback=f"{product.url}/status"))

    fields = product.wait_for(3)[-1].fields
    assert (fields["MessageStatus"], fields["ErrorCode"]) == ("undelivered", code)


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("+15005550001", "21211"),
        ("+15005550004", "21610"),
        ("+15005550009", "21614"),
        ("+862600091610", "21610"),
        ("12345", "21211"),
    ],
)
def test_a_refusal_for_good_is_permanent_and_names_its_code(
    sms: TwilioSms, double: Running, to: str, code: str
) -> None:
    with pytest.raises(errors.Refused) as caught:
        sms.send(offer(to=to))

    assert (caught.value.code, caught.value.permanent) == (code, True)
    assert to not in str(caught.value)
    assert double.double.book.counts()["total"] == 0


def test_too_many_requests_ask_to_wait_and_say_how_long(sms: TwilioSms, double: Running) -> None:
    double.double.faults.change({"rate_429": 1})

    with pytest.raises(errors.TryLater) as caught:
        sms.send(offer())

    assert (caught.value.code, caught.value.retry_after_s) == ("20429", 1.0)


def test_an_outage_is_temporary_for_sending_and_for_asking(sms: TwilioSms, double: Running) -> None:
    double.double.faults.change({"outage": True})

    with pytest.raises(errors.TryLater):
        sms.send(offer())
    with pytest.raises(errors.TryLater):
        sms.find(offer(), since=LONG_AGO)


def test_wrong_credentials_hold_the_text_back(make_sms: Callable[..., TwilioSms]) -> None:
    with pytest.raises(errors.TryLater) as caught:
        make_sms(auth_token="wrong").send(offer())

    assert caught.value.code == "20003"


def test_a_provider_that_is_not_there_has_taken_nothing(make_sms: Callable[..., TwilioSms]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"

        with pytest.raises(errors.TryLater) as caught:
            make_sms(api_base=nobody).send(offer())

    assert caught.value.code == "connect"


def test_a_text_taken_without_an_answer_is_unknown_and_then_found(sms: TwilioSms, double: Running) -> None:
    text = offer()
    double.double.faults.change({"accept_then_hang": 1, "hang_s": 0})
    with pytest.raises(errors.OutcomeUnknown) as caught:
        sms.send(text)

    found = sms.find(text, since=now() - timedelta(seconds=1))

    assert caught.value.code == "connection_lost"
    assert held(double, found).body == text.body


def test_a_provider_that_falls_silent_is_unknown_after_the_time_out(
    make_sms: Callable[..., TwilioSms], double: Running
) -> None:
    double.double.faults.change({"accept_then_hang": 1, "hang_s": 30})

    with pytest.raises(errors.OutcomeUnknown) as caught:
        make_sms(timeout_s=0.2).send(offer())

    assert caught.value.code == "timeout"


def test_a_text_that_never_left_is_not_found(sms: TwilioSms) -> None:
    sms.send(offer("o1"))

    assert sms.find(offer("o2"), since=LONG_AGO) is None


def test_a_text_that_waits_in_the_provider_s_queue_is_found_too(sms: TwilioSms, double: Running) -> None:
    double.double.reporter.close()  # no text leaves the queue any more, so that none has a date of sending
    text = offer()
    accepted = sms.send(text)

    assert sms.find(text, since=LONG_AGO) == accepted


def test_a_text_that_the_list_shows_late_is_not_found_before(sms: TwilioSms, double: Running) -> None:
    text = offer()
    double.double.faults.change({"list_lag_s": 60})
    accepted = sms.send(text)

    assert sms.find(text, since=LONG_AGO) is None
    double.double.faults.change({"list_lag_s": 0})
    assert sms.find(text, since=LONG_AGO) == accepted


def test_identical_texts_are_booked_once_each(sms: TwilioSms) -> None:
    since = now()
    texts = [offer(f"o{i}", RESIDENT, body="已派出") for i in range(2)]
    sent = {sms.send(text).provider_id for text in texts}

    first = sms.find(texts[0], since=since, claimed=())
    assert first is not None
    second = sms.find(texts[1], since=since, claimed={first.provider_id})
    third = sms.find(offer("o9", RESIDENT, body="已派出"), since=since, claimed=sent)

    assert second is not None
    assert {first.provider_id, second.provider_id} == sent
    assert third is None


def test_a_broken_answer_after_sending_is_an_unknown_outcome(
    make_sms: Callable[..., TwilioSms], product: Listener
) -> None:
    product.answer = "<html>gateway</html>"

    with pytest.raises(errors.OutcomeUnknown) as caught:
        make_sms(api_base=product.url).send(offer())

    assert caught.value.code == "broken_answer"


def test_all_pages_of_the_list_are_read(sms: TwilioSms, double: Running) -> None:
    book, clock = double.double.book, double.double.config.clock
    wanted = offer()
    first = sms.send(wanted)
    for number in range(450):
        entry = book.add(
            direction="outbound-api",
            to=CREW,
            sender="+15005550006",
            body=str(number),
            now=clock(),
            status="queued",
        )
        book.advance(entry.sid, "sent", clock())

    assert sms.find(wanted, since=now() - timedelta(seconds=1)) == first


def test_a_validity_beyond_the_provider_s_range_is_brought_into_it(sms: TwilioSms, double: Running) -> None:
    text = OutgoingText("o1", CREW, "x", "zh", 1_000_000, None)

    accepted = sms.send(text)

    assert held(double, accepted).validity_s == 36_000


def test_the_whole_api_wants_the_account_s_credentials(double: Running) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(double.url.rpartition(":")[2]))
    sid = double.double.config.account_sid

    for method, path in [("GET", "Messages.json"), ("POST", "Messages.json"), ("GET", "Messages/SM1.json")]:
        connection.request(method, f"/2010-04-01/Accounts/{sid}/{path}", headers={"Authorization": "Basic x"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 401
    connection.close()
