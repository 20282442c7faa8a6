"""Which channels the settings make, what they refuse, and that a drill reaches nobody by any of them."""

import pytest

from casework import outlets, settings
from casework.clock import FakeClock
from notifications import errors
from notifications.channel import OutgoingText
from notifications.failover import Failover

BASE = {"GONGZHI_SECRET_KEY": "0123456789abcdef0123456789abcdef"}
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
TWILIO = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_FROM": "+15005550006"}
ALIYUN = {f"GONGZHI_ALIYUN_{name}": "x" for name in ("KEY_ID", "KEY_SECRET", "SIGN_NAME", "TEMPLATE")}
EVERYTHING = {
    **TWILIO,
    **ALIYUN,
    "GONGZHI_SMS": "aliyun,twilio",
    "GONGZHI_VOICE": "twilio",
    "GONGZHI_WHATSAPP_FROM": "+15005550006",
    "GONGZHI_DINGTALK_ROBOT_TOKEN": "t",
    "GONGZHI_DINGTALK_ROBOT_SECRET": "s",
    "GONGZHI_DINGTALK_APP_KEY": "k",
    "GONGZHI_DINGTALK_APP_SECRET": "s",
    "GONGZHI_DINGTALK_ROBOT_CODE": "r",
    "GONGZHI_WECOM_ROBOT_KEY": "k",
    "GONGZHI_WECOM_CORPORATION": "c",
    "GONGZHI_WECOM_SECRET": "s",
    "GONGZHI_WECOM_AGENT": "7",
    "GONGZHI_TELEGRAM_TOKEN": "1:t",
    "GONGZHI_SMTP_URL": "smtp://user:p%40ss@mail.example:2525",
    "GONGZHI_SMTP_FROM": "gongzhi@city.example",
    "GONGZHI_WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}
NAMES = {
    *("console", "sms", "voice", "email", "webhook", "dingtalk", "wecom", "telegram"),
    *("chat:twilio", "chat:dingtalk", "chat:wecom", "chat:telegram"),
}


def refusal(environment):
    with pytest.raises(settings.SettingsError) as refused:
        settings.parse(BASE | environment)
    return refused.value.sentences


def test_without_settings_there_is_the_console_alone():
    made = outlets.channels(settings.parse(BASE), FakeClock())

    assert made.keys() == {"console", "sms"}
    assert made["sms"] is made["console"]


def test_every_channel_is_made_of_its_settings_in_the_order_of_their_turn():
    made = outlets.channels(settings.parse(BASE | EVERYTHING), FakeClock())

    assert made.keys() == NAMES
    assert isinstance(made["sms"], Failover)
    assert list(made["sms"].standings()) == ["aliyun", "twilio"]


def test_no_secret_stands_in_what_may_be_logged():
    written = repr(settings.parse(BASE | EVERYTHING | {"GONGZHI_WECOM_SECRET": "very-secret"}))

    assert "very-secret" not in written
    assert "p@ss" not in written
    assert "whsec_" not in written


@pytest.mark.parametrize("channel", sorted(NAMES - {"console"}))
def test_in_the_demo_no_channel_reaches_a_person(channel):
    made = outlets.channels(settings.parse({**EVERYTHING, "GONGZHI_DEMO": "1"}), FakeClock())
    to = {"email": "a@city.cn", "webhook": "https://hooks.city.cn/"}.get(channel, "+8613812340001")

    with pytest.raises(errors.Refused, match="drill_real_number"):
        made[channel].send(OutgoingText("o1", to, "x", "zh", None, None))


def test_processes_beside_each_other_share_a_channel_s_rate():
    environment = {"GONGZHI_DATABASE_URL": "postgresql://x/y", "GONGZHI_WORKER_PROCESSES": "4"}
    parsed = settings.parse(BASE | environment | {"GONGZHI_RATES": "sms=100, telegram=8"})

    paces = outlets.paces(parsed, FakeClock())

    assert (paces["sms"].per_s, paces["telegram"].per_s) == (25, 2)
    assert paces["dingtalk"].per_s < 20 / 60 < paces["dingtalk"].per_s * 5


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"GONGZHI_SMS": "twilio,pigeon"}, "must be console, twilio, aliyun"),
        ({"GONGZHI_SMS": "console,twilio"}, "must not mix"),
        ({"GONGZHI_SMS": "aliyun"} | {"GONGZHI_ALIYUN_KEY_ID": "x"}, "needs GONGZHI_ALIYUN_KEY_SECRET"),
        ({"GONGZHI_VOICE": "twilio"}, "GONGZHI_VOICE=twilio needs TWILIO_ACCOUNT_SID"),
        ({"GONGZHI_DINGTALK_ROBOT_TOKEN": "t"}, "needs GONGZHI_DINGTALK_ROBOT_SECRET"),
        ({"GONGZHI_TELEGRAM_HOOK_SECRET": "t"}, "needs GONGZHI_TELEGRAM_TOKEN"),
        ({"GONGZHI_SMTP_URL": "smtp://mail.example"}, "needs GONGZHI_SMTP_FROM"),
        ({"GONGZHI_SMTP_URL": "mail.example"}, "must be like smtp://"),
        ({"GONGZHI_RATES": "sms=fast"}, "GONGZHI_RATES="),
        ({"GONGZHI_RATES": "sms=0"}, "more than 0"),
        ({"GONGZHI_RATES": "sms"}, "name=value"),
        ({"GONGZHI_QUIET_HOURS": "late"}, "22:00-07:00"),
        ({"GONGZHI_ROLE_CHANNELS": "duty_officer=email:a@b.example"}, "email is not set up"),
        ({"GONGZHI_ROLE_CHANNELS": "email"}, "must be like duty_officer="),
        ({"GONGZHI_PRICES": "/no/such/file.yaml"}, "file.yaml cannot be read"),
    ],
)
def test_what_cannot_be_used_is_said_by_name(environment, says):
    assert any(says in sentence for sentence in refusal(environment))


def test_a_wrong_key_is_refused_without_being_shown():
    sentences = refusal(EVERYTHING | {"GONGZHI_WECOM_TOKEN": "t", "GONGZHI_WECOM_AES_KEY": "not-a-key"})

    assert any("GONGZHI_WECOM_AES_KEY" in sentence for sentence in sentences)
    assert not any("not-a-key" in sentence for sentence in sentences)


def test_quiet_hours_and_role_channels_are_read():
    parsed = settings.parse(
        BASE
        | EVERYTHING
        | {
            "GONGZHI_QUIET_HOURS": "sms=22:00-07:00, voice=20:00-08:00",
            "GONGZHI_ROLE_CHANNELS": "shift_lead=dingtalk, shift_lead=webhook:https://h.example/x",
        }
    )

    assert parsed.quiet_hours.keys() == {"sms", "voice"}
    assert parsed.role_channels == {"shift_lead": (("dingtalk", "group"), ("webhook", "https://h.example/x"))}
