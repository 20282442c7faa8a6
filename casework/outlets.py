"""Which channels this house has, by its settings, and how fast each may go."""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from casework.clock import Clock
from casework.settings import Settings, SmtpAddress
from notifications import drill
from notifications.aliyun_sms import AliyunAccount, AliyunSms
from notifications.channel import Channel
from notifications.console_channel import ConsoleChannel
from notifications.dingtalk import Application as DingTalkApplication
from notifications.dingtalk import DingTalkChat, DingTalkRobot, Robot
from notifications.email_channel import Email, MailServer
from notifications.failover import Failover, Provider
from notifications.pace import Pace
from notifications.telegram import Telegram
from notifications.twilio_sms import TwilioAccount, TwilioSms, TwilioWhatsApp
from notifications.twilio_voice import TwilioVoice
from notifications.webhook_channel import Webhook
from notifications.wecom import Application as WeComApplication
from notifications.wecom import WeComChat, WeComRobot

_TIMEOUT_S = 5.0
_HERE = frozenset({"127.0.0.1", "::1", "localhost"})
DEFAULT_RATES: Mapping[str, float] = {
    "sms": 1_000.0,
    "voice": 1.0,
    "chat:twilio": 80.0,
    "dingtalk": 20 / 60,
    "chat:dingtalk": 20.0,
    "wecom": 20 / 60,
    "chat:wecom": 20.0,
    "telegram": 30.0,
    "chat:telegram": 30.0,
    "email": 10.0,
    "webhook": 50.0,
}
"""Texts a second; the vendors' published limits where there are any (robots 20 a minute, Telegram 30/s)."""


def channels(settings: Settings, clock: Clock) -> Mapping[str, Channel]:
    """Make every channel that is set up; in the demo none of them can reach a person."""
    made: dict[str, Channel] = {}
    for add in (_twilio, _dingtalk, _wecom, _telegram, _others):
        made |= add(settings, clock)
    if settings.demo:
        made = {name: _drilled(settings, name, channel) for name, channel in made.items()}
    console = ConsoleChannel()
    return {"console": console, "sms": _sms(settings, clock) or console, **made}


def paces(settings: Settings, clock: Clock) -> Mapping[str, Pace]:
    """Make the pace of each channel; processes that work beside each other share it out."""

    def elapsed() -> float:
        return clock().timestamp()

    rates = {**DEFAULT_RATES, **settings.rates}
    workers = 1 if settings.one_process else settings.worker_processes
    return {
        name: Pace(per_s / workers, max(1, round(per_s / workers)), elapsed=elapsed)
        for name, per_s in rates.items()
    }


def uses_twilio(settings: Settings) -> bool:
    """Whether any channel goes through Twilio, which calls back with what became of a text."""
    return "twilio" in settings.sms or settings.voice == "twilio" or bool(settings.whatsapp_from)


def _sms(settings: Settings, clock: Clock) -> Channel | None:
    """Put the providers of texts behind each other, each watched by a circuit of its own."""
    makers: Mapping[str, Callable[[], Channel]] = {
        "twilio": lambda: TwilioSms(
            _account(settings), api_base=settings.twilio_api_base, timeout_s=_TIMEOUT_S
        ),
        "aliyun": lambda: _aliyun(settings, clock),
    }
    providers = [makers[name]() for name in settings.sms if name in makers]
    if settings.demo:
        providers = [drill.OnlyUnroutable(provider) for provider in providers]
    return Failover("sms", [Provider(provider) for provider in providers]) if providers else None


def _account(settings: Settings, sender: str | None = None) -> TwilioAccount:
    """Answer the account; texts without a sender of their own go by the messaging service if there is one."""
    service = None if sender else settings.twilio_messaging_service_sid
    return TwilioAccount(
        settings.twilio_account_sid or "",
        settings.twilio_auth_token or "",
        sender=None if service else sender or settings.twilio_from,
        messaging_service_sid=service,
    )


def _aliyun(settings: Settings, clock: Clock) -> Channel:
    account = AliyunAccount(
        settings.aliyun_key_id or "",
        settings.aliyun_key_secret or "",
        settings.aliyun_sign_name or "",
        settings.aliyun_template or "",
    )
    return AliyunSms(account, clock=clock, api_base=settings.aliyun_api_base, timeout_s=_TIMEOUT_S)


def _twilio(settings: Settings, _clock: Clock) -> Mapping[str, Channel]:
    made: dict[str, Channel] = {}
    if settings.voice == "twilio":
        made["voice"] = TwilioVoice(
            _account(settings, settings.twilio_from),
            public_url=settings.public_url,
            api_base=settings.twilio_api_base,
            timeout_s=_TIMEOUT_S,
        )
    if settings.whatsapp_from:
        account = _account(settings, f"whatsapp:{settings.whatsapp_from}")
        made["chat:twilio"] = TwilioWhatsApp(account, api_base=settings.twilio_api_base, timeout_s=_TIMEOUT_S)
    return made


def _dingtalk(settings: Settings, clock: Clock) -> Mapping[str, Channel]:
    made: dict[str, Channel] = {}
    base = settings.dingtalk_api_base
    if settings.dingtalk_robot_token:
        robot = Robot(settings.dingtalk_robot_token, settings.dingtalk_robot_secret or "")
        made["dingtalk"] = DingTalkRobot(robot, clock=clock, api_base=base)
    if settings.dingtalk_app_key and settings.dingtalk_robot_code:
        application = DingTalkApplication(
            settings.dingtalk_app_key, settings.dingtalk_app_secret or "", settings.dingtalk_robot_code
        )
        made["chat:dingtalk"] = DingTalkChat(application, api_base=base)
    return made


def _wecom(settings: Settings, _clock: Clock) -> Mapping[str, Channel]:
    made: dict[str, Channel] = {}
    base = settings.wecom_api_base
    if settings.wecom_robot_key:
        made["wecom"] = WeComRobot(settings.wecom_robot_key, api_base=base)
    if settings.wecom_corporation and settings.wecom_agent:
        application = WeComApplication(
            settings.wecom_corporation, settings.wecom_secret or "", settings.wecom_agent
        )
        made["chat:wecom"] = WeComChat(application, api_base=base)
    return made


def _telegram(settings: Settings, _clock: Clock) -> Mapping[str, Channel]:
    if not settings.telegram_token:
        return {}
    bot = Telegram(settings.telegram_token, api_base=settings.telegram_api_base)
    return {"telegram": bot, "chat:telegram": bot}


def _others(settings: Settings, clock: Clock) -> Mapping[str, Channel]:
    made: dict[str, Channel] = {}
    if settings.smtp:
        made["email"] = Email(_mail_server(settings.smtp, settings.smtp_from or ""))
    if settings.webhook_secret:
        made["webhook"] = Webhook(
            settings.webhook_secret, clock=clock, allow_private=settings.webhook_private
        )
    return made


def _mail_server(address: SmtpAddress, sender: str) -> MailServer:
    return MailServer(
        address.host, address.port, sender, address.user, address.password, encrypted=address.encrypted
    )


def _drilled(settings: Settings, name: str, channel: Channel) -> Channel:
    """Guard a channel: what goes by number or mailbox by its address, the others by where they lead."""
    if name in {"voice", "chat:twilio", "email"}:
        return drill.OnlyUnroutable(channel)
    bases = {
        "dingtalk": settings.dingtalk_api_base,
        "wecom": settings.wecom_api_base,
        "telegram": settings.telegram_api_base,
    }
    base = bases.get(name.removeprefix("chat:"))
    if base and urlsplit(base).hostname in _HERE:
        return channel
    return drill.OnlyUnroutable(channel, drill.is_loopback if name == "webhook" else drill.nothing)
