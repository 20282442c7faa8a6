"""Every chat vendor, the second provider of texts and the webhook, against doubles that misbehave."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from notifications import addresses, errors
from notifications.aliyun_sms import AliyunAccount, AliyunSms
from notifications.channel import Channel, OutgoingText
from notifications.dingtalk import Application as DingTalkApplication
from notifications.dingtalk import DingTalkChat, DingTalkRobot, Robot
from notifications.double.vendors import RunningVendors, VendorConfig
from notifications.telegram import Telegram
from notifications.webhook_channel import Webhook
from notifications.wecom import Application as WeComApplication
from notifications.wecom import WeComChat, WeComRobot

SECRET = "SECdemo"
SHORT_S = 0.3
PERSON = addresses.drill_number(7)


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  (the doubles run in real time here)


def text(outbox_id: str = "o1", body: str = "已派出", to: str = "zhang") -> OutgoingText:
    return OutgoingText(outbox_id, to, body, "zh", None, None, purpose="resident_progress")


@pytest.fixture
def vendors() -> Iterator[RunningVendors]:
    with RunningVendors(VendorConfig(now)) as running:
        yield running


def _robot(url: str) -> Channel:
    return DingTalkRobot(Robot("token", SECRET), clock=now, api_base=url, timeout_s=SHORT_S)


def _dingtalk(url: str) -> Channel:
    return DingTalkChat(DingTalkApplication("key", SECRET, "robot"), api_base=url, timeout_s=SHORT_S)


def _wecom_robot(url: str) -> Channel:
    return WeComRobot(SECRET, api_base=url, timeout_s=SHORT_S)


def _wecom(url: str) -> Channel:
    return WeComChat(WeComApplication("corp", SECRET, 7), api_base=url, timeout_s=SHORT_S)


def _telegram(url: str) -> Channel:
    return Telegram(SECRET, api_base=url, timeout_s=SHORT_S)


def _aliyun(url: str, secret: str = SECRET) -> AliyunSms:
    account = AliyunAccount("id", secret, "共治", "SMS_1")
    return AliyunSms(account, clock=now, api_base=url, timeout_s=SHORT_S)


CHANNELS: list[tuple[str, Callable[[str], Channel], str]] = [
    ("dingtalk", _robot, "group"),
    ("dingtalk_chat", _dingtalk, "zhang"),
    ("wecom", _wecom_robot, "group"),
    ("wecom_chat", _wecom, "zhang"),
    ("telegram", _telegram, "12"),
    ("aliyun", _aliyun, PERSON),
]
each = pytest.mark.parametrize(("name", "make", "to"), CHANNELS, ids=[name for name, _, _ in CHANNELS])


@each
def test_a_text_arrives_as_it_was_written(
    vendors: RunningVendors, name: str, make: Callable[[str], Channel], to: str
) -> None:
    channel = make(vendors.url)

    accepted = channel.send(text(to=to, body="路灯不亮 100%已派出\n请看"))

    assert channel.name == name
    assert 0 < len(accepted.provider_id) <= 64
    assert vendors.doubles.bodies(name) == ["路灯不亮 100%已派出\n请看"]


@each
def test_a_vendor_that_says_too_fast_is_tried_later(
    vendors: RunningVendors, name: str, make: Callable[[str], Channel], to: str
) -> None:
    vendors.doubles.faults.change({"rate_429": 1.0})

    with pytest.raises(errors.TryLater):
        make(vendors.url).send(text(to=to))

    assert vendors.doubles.bodies(name) == []


@each
def test_a_vendor_that_takes_a_text_and_keeps_silent_leaves_it_unknown(
    vendors: RunningVendors, name: str, make: Callable[[str], Channel], to: str
) -> None:
    vendors.doubles.faults.change({"accept_then_hang": 1.0, "hang_s": 2.0})

    with pytest.raises(errors.OutcomeUnknown):
        make(vendors.url).send(text(to=to))

    assert vendors.doubles.bodies(name) == ["已派出"]


@each
def test_a_vendor_that_is_not_there_is_tried_later(
    name: str, make: Callable[[str], Channel], to: str
) -> None:
    with pytest.raises(errors.TryLater):
        make("http://127.0.0.1:9").send(text(to=to))


def test_telegram_s_wish_to_wait_is_kept(vendors: RunningVendors) -> None:
    vendors.doubles.faults.change({"rate_429": 1.0})

    with pytest.raises(errors.TryLater) as later:
        _telegram(vendors.url).send(text(to="12"))

    assert later.value.retry_after_s == 3


def test_who_has_blocked_the_bot_is_not_written_to_again(vendors: RunningVendors) -> None:
    with pytest.raises(errors.Refused, match="telegram:403"):
        _telegram(vendors.url).send(text(to="403"))


@pytest.mark.parametrize("make", [_dingtalk, _wecom])
def test_a_person_whom_the_vendor_does_not_know_is_refused_for_good(
    vendors: RunningVendors, make: Callable[[str], Channel]
) -> None:
    with pytest.raises(errors.Refused):
        make(vendors.url).send(text(to="nobody"))


@pytest.mark.parametrize("make", [_dingtalk, _wecom])
def test_a_token_that_ends_early_is_fetched_anew_and_loses_nothing(
    vendors: RunningVendors, make: Callable[[str], Channel]
) -> None:
    channel = make(vendors.url)
    channel.send(text("o1", "one"))
    vendors.doubles.end_tokens()

    with pytest.raises(errors.TryLater):
        channel.send(text("o2", "two"))
    channel.send(text("o2", "two"))

    assert vendors.doubles.bodies(channel.name) == ["one", "two"]


def test_a_wrong_secret_holds_robots_texts_back_by_name(vendors: RunningVendors) -> None:
    robot = DingTalkRobot(Robot("token", "wrong"), clock=now, api_base=vendors.url)

    with pytest.raises(errors.Refused, match="dingtalk:310000"):
        robot.send(text())


def test_wecom_shows_a_text_once_that_was_sent_again_after_a_lost_answer(vendors: RunningVendors) -> None:
    channel = _wecom(vendors.url)
    vendors.doubles.faults.change({"accept_then_hang": 1.0, "hang_s": 2.0})
    with pytest.raises(errors.OutcomeUnknown):
        channel.send(text())
    vendors.doubles.faults.change({"accept_then_hang": 0.0})

    channel.send(text())

    assert vendors.doubles.bodies("wecom_chat") == ["已派出"]


def test_aliyun_tells_by_our_own_id_what_it_holds(vendors: RunningVendors) -> None:
    channel = _aliyun(vendors.url)
    vendors.doubles.faults.change({"accept_then_hang": 1.0, "hang_s": 2.0})
    with pytest.raises(errors.OutcomeUnknown):
        channel.send(text("lost", to=PERSON))

    assert channel.find(text("lost", to=PERSON), since=now()) is not None
    assert channel.find(text("other", to=PERSON), since=now()) is None
    vendors.doubles.faults.change({"outage": True})
    with pytest.raises(errors.TryLater):
        channel.find(text("lost", to=PERSON), since=now())


def test_aliyun_refuses_a_call_with_another_secret(vendors: RunningVendors) -> None:
    with pytest.raises(errors.Refused, match="SignatureDoesNotMatch"):
        _aliyun(vendors.url, "wrong").send(text(to=PERSON))


WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def _webhook(**options: object) -> Webhook:
    return Webhook(WEBHOOK_SECRET, clock=now, timeout_s=SHORT_S, **options)  # type: ignore[arg-type]


def test_a_webhook_is_signed_and_keeps_its_id_when_it_is_made_again(vendors: RunningVendors) -> None:
    channel = _webhook(allow_private=True)
    to = f"{vendors.url}/webhook?x=1"
    vendors.doubles.faults.change({"accept_then_hang": 1.0, "hang_s": 2.0})
    with pytest.raises(errors.TryLater):
        channel.send(text("o9", to=to))
    vendors.doubles.faults.change({"accept_then_hang": 0.0})

    channel.send(text("o9", to=to))

    assert [(one.id, one.body) for one in vendors.doubles.taken] == [("o9", "已派出")] * 2


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "10.0.0.8", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]", "192.168.1.1", "100.64.0.1"],
)
def test_a_webhook_never_calls_a_private_host_unless_that_is_allowed(host: str) -> None:
    with pytest.raises(errors.Refused, match="webhook:private"):
        _webhook().send(text(to=f"http://{host}/hook"))


def test_a_name_that_points_inside_is_private_too() -> None:
    channel = _webhook(resolve=lambda _host, _port: ["93.184.216.34", "10.0.0.8"])

    with pytest.raises(errors.Refused, match="webhook:private"):
        channel.send(text(to="https://hooks.example/"))


def test_the_call_goes_to_the_very_address_that_was_checked(vendors: RunningVendors) -> None:
    port = int(vendors.url.rpartition(":")[2])
    channel = _webhook(allow_private=True, resolve=lambda _host, _port: ["127.0.0.1"])

    channel.send(text(to=f"http://hooks.example:{port}/webhook"))

    assert [one.to for one in vendors.doubles.taken] == [f"hooks.example:{port}"]


@pytest.mark.parametrize("to", ["ftp://h/", "http:///x", "http://h:99999/", "nonsense"])
def test_an_address_that_is_none_is_refused(to: str) -> None:
    with pytest.raises(errors.Refused, match="webhook:address"):
        _webhook(allow_private=True).send(text(to=to))


def test_an_unknown_page_of_the_receiver_is_refused_for_good_and_its_failure_tried_later(
    vendors: RunningVendors,
) -> None:
    channel = _webhook(allow_private=True)
    with pytest.raises(errors.Refused, match="http:404"):
        channel.send(text(to=f"{vendors.url}/elsewhere"))
    vendors.doubles.faults.change({"rate_503": 1.0})

    with pytest.raises(errors.TryLater, match="http:500"):
        channel.send(text(to=f"{vendors.url}/webhook"))


def test_what_a_rule_tells_another_system_arrives_as_data_and_not_as_words(vendors: RunningVendors) -> None:
    _webhook(allow_private=True).send(text("o1", '{"case": {"number": 7}}', f"{vendors.url}/webhook"))

    assert json.loads(vendors.doubles.bodies("webhook")[0]) == {"id": "o1", "case": {"number": 7}}
