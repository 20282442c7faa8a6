"""Settings from the environment; an unknown name or an unusable value stops the start with a sentence."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from dotenv import dotenv_values

from notifications import prices, purposes, vendor_crypto
from notifications.prices import Prices
from notifications.purposes import QuietHours

PREFIX = "GONGZHI_"
_PASSWORD = re.compile(r"//[^/]*@")
ROOT = Path(__file__).resolve().parent.parent
SHORTEST_SECRET = 32
MOST_PER_S = 10_000
LONGEST_HOOK = 200
"""Longest address of another system, in characters: what a row of the outbox holds."""
DEMO_SECRET = "demo-only-not-a-secret"  # noqa: S105  (refused outside the demo)


class SettingsError(Exception):
    """The settings cannot be used."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True, slots=True)
class SmtpAddress:
    """A mail server as `smtp://user:password@host:587` names it; `smtp+plain://` goes without STARTTLS."""

    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)
    encrypted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this house is set up; see docs/operating.md for each name."""

    database_url: str
    secret_key: str = DEMO_SECRET
    public_url: str = "http://127.0.0.1:8000"
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    language: str = "zh"
    scenarios: tuple[Path, ...] = (ROOT / "scenarios",)
    sms: tuple[str, ...] = ("console",)
    voice: str = "none"
    whatsapp_from: str | None = None
    twilio_account_sid: str | None = None
    twilio_auth_token: str | None = field(default=None, repr=False)
    twilio_from: str | None = None
    twilio_messaging_service_sid: str | None = None
    twilio_api_base: str | None = None
    aliyun_key_id: str | None = None
    aliyun_key_secret: str | None = field(default=None, repr=False)
    aliyun_sign_name: str | None = None
    aliyun_template: str | None = None
    aliyun_hook_key: str | None = field(default=None, repr=False)
    aliyun_api_base: str | None = None
    dingtalk_robot_token: str | None = field(default=None, repr=False)
    dingtalk_robot_secret: str | None = field(default=None, repr=False)
    dingtalk_app_key: str | None = None
    dingtalk_app_secret: str | None = field(default=None, repr=False)
    dingtalk_robot_code: str | None = None
    dingtalk_token: str | None = field(default=None, repr=False)
    dingtalk_aes_key: str | None = field(default=None, repr=False)
    dingtalk_api_base: str | None = None
    wecom_robot_key: str | None = field(default=None, repr=False)
    wecom_corporation: str | None = None
    wecom_secret: str | None = field(default=None, repr=False)
    wecom_agent: int | None = None
    wecom_token: str | None = field(default=None, repr=False)
    wecom_aes_key: str | None = field(default=None, repr=False)
    wecom_api_base: str | None = None
    telegram_token: str | None = field(default=None, repr=False)
    telegram_hook_secret: str | None = field(default=None, repr=False)
    telegram_api_base: str | None = None
    smtp: SmtpAddress | None = None
    smtp_from: str | None = None
    webhook_secret: str | None = field(default=None, repr=False)
    webhook_private: bool = False
    webhooks: Mapping[str, str] = field(default_factory=dict)
    role_channels: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    quiet_hours: Mapping[str, QuietHours] = field(default_factory=dict)
    prices: Prices = field(default_factory=prices.shipped)
    chat_secrets: tuple[str, ...] = field(default=(), repr=False)
    demo: bool = False
    matcher: str = "durable"
    rule_approval: bool = False
    web_processes: int = 2
    worker_processes: int = 1
    media: Path = ROOT / "var" / "media"
    mqtt_url: str | None = field(default=None, repr=False)
    """May hold a password."""
    mqtt_group: str = "gongzhi"
    mqtt_ca: Path | None = None
    mqtt_cert: Path | None = None
    mqtt_key: Path | None = None
    roads: Path | None = None
    osrm_url: str | None = None
    proxies: int = 0
    open311_public: bool = False

    @property
    def one_process(self) -> bool:
        """Whether web and workers live in one process: always and only on SQLite."""
        return self.database_url.startswith("sqlite")

    @property
    def group_channels(self) -> tuple[str, ...]:
        """The channels that a role can be told by, besides its people's numbers."""
        set_up = {
            "dingtalk": self.dingtalk_robot_token,
            "wecom": self.wecom_robot_key,
            "telegram": self.telegram_token,
            "email": self.smtp,
            "webhook": self.webhook_secret,
        }
        return tuple(name for name, value in set_up.items() if value)


def _url(schemes: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        parts = urlsplit(text)
        if parts.scheme not in schemes or not parts.netloc:
            raise ValueError(f"must be an address that begins with {' or '.join(schemes)}://")
        return text.rstrip("/")

    return read


def _database(text: str) -> str:
    if text.startswith("postgresql://"):
        return text.replace("postgresql://", "postgresql+psycopg://", 1)
    if text.startswith(("sqlite:///", "postgresql+psycopg://")):
        return text
    raise ValueError("must begin with sqlite:/// or postgresql://")


def _choice(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return text

    return read


def _zone(text: str) -> ZoneInfo:
    if text not in available_timezones():
        raise ValueError("is no time zone; write it like Asia/Shanghai")
    return ZoneInfo(text)


def _folders(text: str) -> tuple[Path, ...]:
    folders = tuple(Path(part).expanduser().resolve() for part in text.split(":") if part)
    for folder in folders:
        if not folder.is_dir():
            raise ValueError(f"{folder} is no folder")
    return folders


def _file(text: str) -> Path:
    file = Path(text).expanduser().resolve()
    if not file.is_file():
        raise ValueError(f"{file} is no file")
    return file


def _topic_level(text: str) -> str:
    if any(mark in text for mark in "/+#"):
        raise ValueError("is one level of a topic: without /, + and #")
    return text


def _flag(text: str) -> bool:
    if text.lower() not in {"0", "1", "true", "false", "yes", "no"}:
        raise ValueError("must be yes or no")
    return text.lower() in {"1", "true", "yes"}


def _count(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit()) or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return read


_processes = _count(1, 64)


def _words(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _sms(text: str) -> tuple[str, ...]:
    providers = _words(text)
    if (
        not providers
        or set(providers) - {"console", "twilio", "aliyun"}
        or len(set(providers)) < len(providers)
    ):
        raise ValueError("must be console, twilio, aliyun, or two of them in the order of their turn")
    if "console" in providers and len(providers) > 1:
        raise ValueError("must not mix the console with a provider")
    return providers


def _smtp(text: str) -> SmtpAddress:
    parts = urlsplit(text)
    if parts.scheme not in {"smtp", "smtp+plain"} or not parts.hostname:
        raise ValueError("must be like smtp://user:password@host:587, or smtp+plain:// without encryption")
    encrypted = parts.scheme == "smtp"
    user, password = (unquote(part) if part else None for part in (parts.username, parts.password))
    return SmtpAddress(parts.hostname, parts.port or (587 if encrypted else 25), user, password, encrypted)


def _pairs(text: str) -> Mapping[str, str]:
    pairs = [part.partition("=") for part in _words(text)]
    if not all(equals and name.strip() and value.strip() for name, equals, value in pairs):
        raise ValueError("must be pairs like name=value, with commas between")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _hooks(text: str) -> Mapping[str, str]:
    hooks = _pairs(text)
    for address in hooks.values():
        if _url(("http", "https"))(address) and len(address) > LONGEST_HOOK:
            raise ValueError(f"an address has at most {LONGEST_HOOK} characters")
    return hooks


def _rates(text: str) -> Mapping[str, float]:
    rates = {name: float(value) for name, value in _pairs(text).items()}
    if not all(0 < rate <= MOST_PER_S for rate in rates.values()):
        raise ValueError(f"a rate is more than 0 and at most {MOST_PER_S} texts a second")
    return rates


def _quiet(text: str) -> Mapping[str, QuietHours]:
    pairs = _pairs(text) if "=" in text else {"*": text}
    return {name: purposes.read_quiet_hours(hours) for name, hours in pairs.items()}


def _role_channels(text: str) -> Mapping[str, tuple[tuple[str, str], ...]]:
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for pair in _words(text):
        role, equals, outlet = pair.partition("=")
        channel, _, address = outlet.strip().partition(":")
        if not (equals and role.strip() and channel):
            raise ValueError("must be like duty_officer=email:desk@example.org, shift_lead=dingtalk")
        found[role.strip()] = (*found.get(role.strip(), ()), (channel, address or "group"))
    return found


def _prices(text: str) -> Prices:
    return prices.load(Path(text).expanduser())


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError("must be a whole number")
    return int(text)


NAMES: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "GONGZHI_DATABASE_URL": ("database_url", _database),
    "GONGZHI_SECRET_KEY": ("secret_key", str),
    "GONGZHI_PUBLIC_URL": ("public_url", _url(("http", "https"))),
    "GONGZHI_TIMEZONE": ("timezone", _zone),
    "GONGZHI_LANGUAGE": ("language", _choice("zh", "en")),
    "GONGZHI_SCENARIOS": ("scenarios", _folders),
    "GONGZHI_SMS": ("sms", _sms),
    "GONGZHI_VOICE": ("voice", _choice("none", "twilio")),
    "GONGZHI_WHATSAPP_FROM": ("whatsapp_from", str),
    "GONGZHI_ALIYUN_KEY_ID": ("aliyun_key_id", str),
    "GONGZHI_ALIYUN_KEY_SECRET": ("aliyun_key_secret", str),
    "GONGZHI_ALIYUN_SIGN_NAME": ("aliyun_sign_name", str),
    "GONGZHI_ALIYUN_TEMPLATE": ("aliyun_template", str),
    "GONGZHI_ALIYUN_HOOK_KEY": ("aliyun_hook_key", str),
    "GONGZHI_ALIYUN_API_BASE": ("aliyun_api_base", _url(("http", "https"))),
    "GONGZHI_DINGTALK_ROBOT_TOKEN": ("dingtalk_robot_token", str),
    "GONGZHI_DINGTALK_ROBOT_SECRET": ("dingtalk_robot_secret", str),
    "GONGZHI_DINGTALK_APP_KEY": ("dingtalk_app_key", str),
    "GONGZHI_DINGTALK_APP_SECRET": ("dingtalk_app_secret", str),
    "GONGZHI_DINGTALK_ROBOT_CODE": ("dingtalk_robot_code", str),
    "GONGZHI_DINGTALK_TOKEN": ("dingtalk_token", str),
    "GONGZHI_DINGTALK_AES_KEY": ("dingtalk_aes_key", str),
    "GONGZHI_DINGTALK_API_BASE": ("dingtalk_api_base", _url(("http", "https"))),
    "GONGZHI_WECOM_ROBOT_KEY": ("wecom_robot_key", str),
    "GONGZHI_WECOM_CORPORATION": ("wecom_corporation", str),
    "GONGZHI_WECOM_SECRET": ("wecom_secret", str),
    "GONGZHI_WECOM_AGENT": ("wecom_agent", _number),
    "GONGZHI_WECOM_TOKEN": ("wecom_token", str),
    "GONGZHI_WECOM_AES_KEY": ("wecom_aes_key", str),
    "GONGZHI_WECOM_API_BASE": ("wecom_api_base", _url(("http", "https"))),
    "GONGZHI_TELEGRAM_TOKEN": ("telegram_token", str),
    "GONGZHI_TELEGRAM_HOOK_SECRET": ("telegram_hook_secret", str),
    "GONGZHI_TELEGRAM_API_BASE": ("telegram_api_base", _url(("http", "https"))),
    "GONGZHI_SMTP_URL": ("smtp", _smtp),
    "GONGZHI_SMTP_FROM": ("smtp_from", str),
    "GONGZHI_WEBHOOK_SECRET": ("webhook_secret", str),
    "GONGZHI_WEBHOOK_PRIVATE": ("webhook_private", _flag),
    "GONGZHI_WEBHOOKS": ("webhooks", _hooks),
    "GONGZHI_ROLE_CHANNELS": ("role_channels", _role_channels),
    "GONGZHI_RATES": ("rates", _rates),
    "GONGZHI_QUIET_HOURS": ("quiet_hours", _quiet),
    "GONGZHI_PRICES": ("prices", _prices),
    "GONGZHI_TWILIO_API_BASE": ("twilio_api_base", _url(("http", "https"))),
    "GONGZHI_CHAT_SECRETS": ("chat_secrets", _words),
    "GONGZHI_DEMO": ("demo", _flag),
    "GONGZHI_MATCHER": ("matcher", _choice("durable", "plain")),
    "GONGZHI_RULE_APPROVAL": ("rule_approval", _flag),
    "GONGZHI_WEB_PROCESSES": ("web_processes", _processes),
    "GONGZHI_WORKER_PROCESSES": ("worker_processes", _processes),
    "GONGZHI_MEDIA": ("media", Path),
    "GONGZHI_MQTT_URL": ("mqtt_url", _url(("mqtt", "mqtts"))),
    "GONGZHI_MQTT_GROUP": ("mqtt_group", _topic_level),
    "GONGZHI_MQTT_CA": ("mqtt_ca", _file),
    "GONGZHI_MQTT_CERT": ("mqtt_cert", _file),
    "GONGZHI_MQTT_KEY": ("mqtt_key", _file),
    "GONGZHI_ROADS": ("roads", _file),
    "GONGZHI_OSRM_URL": ("osrm_url", _url(("http", "https"))),
    "GONGZHI_OPEN311_PUBLIC": ("open311_public", _flag),
    "GONGZHI_PROXIES": ("proxies", _count(0, 8)),
    "TWILIO_ACCOUNT_SID": ("twilio_account_sid", str),
    "TWILIO_AUTH_TOKEN": ("twilio_auth_token", str),
    "TWILIO_FROM": ("twilio_from", str),
    "TWILIO_MESSAGING_SERVICE_SID": ("twilio_messaging_service_sid", str),
}

_LATER = frozenset({"GONGZHI_STREAM_URL"})
"""Names of the contract that this release does not serve yet: they stop the start, rather than be ignored."""


def load(extra: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `.env`, the environment and `extra`, each outranking the one before."""
    written = {name: value for name, value in dotenv_values(ROOT / ".env").items() if value is not None}
    return parse({**written, **os.environ, **(extra or {})})


def parse(environment: Mapping[str, str]) -> Settings:
    """Make settings of names and values; raise `SettingsError` with a sentence for each thing wrong."""
    values: dict[str, Any] = {"database_url": f"sqlite:///{ROOT / 'var' / 'gongzhi.sqlite3'}"}
    wrong = []
    for name, text in sorted(environment.items()):
        if name in NAMES and text.strip():
            key, read = NAMES[name]
            try:
                values[key] = read(text.strip())
            except ValueError as error:
                wrong.append(f"{name}={_PASSWORD.sub('//…@', text)!r}: {error}")
        elif name in _LATER:
            wrong.append(f"{name} is not served by this release; remove it")
        elif name.startswith(PREFIX) and name not in NAMES:
            wrong.append(f"{name} is no setting of Gongzhi; known are {', '.join(sorted(NAMES))}")
    settings = Settings(**values)
    wrong += _together(settings)
    if wrong:
        raise SettingsError(wrong)
    return settings


def _together(settings: Settings) -> list[str]:
    wrong = []
    if settings.secret_key == DEMO_SECRET and not settings.demo:
        wrong.append("GONGZHI_SECRET_KEY must be set outside the demo; use 32 random characters or more")
    elif len(settings.secret_key) < SHORTEST_SECRET and not settings.demo:
        wrong.append(f"GONGZHI_SECRET_KEY must have {SHORTEST_SECRET} characters or more")
    return wrong + _incomplete(settings) + _unusable_channels(settings) + _unusable_broker(settings)


_ALIYUN = ("KEY_ID", "KEY_SECRET", "SIGN_NAME", "TEMPLATE")
_TOGETHER = (
    ("GONGZHI_DINGTALK_ROBOT_TOKEN", "GONGZHI_DINGTALK_ROBOT_SECRET"),
    ("GONGZHI_DINGTALK_APP_KEY", "GONGZHI_DINGTALK_APP_SECRET", "GONGZHI_DINGTALK_ROBOT_CODE"),
    ("GONGZHI_DINGTALK_TOKEN", "GONGZHI_DINGTALK_AES_KEY", "GONGZHI_DINGTALK_APP_KEY"),
    ("GONGZHI_WECOM_CORPORATION", "GONGZHI_WECOM_SECRET", "GONGZHI_WECOM_AGENT"),
    ("GONGZHI_WECOM_TOKEN", "GONGZHI_WECOM_AES_KEY", "GONGZHI_WECOM_CORPORATION"),
    ("GONGZHI_TELEGRAM_HOOK_SECRET", "GONGZHI_TELEGRAM_TOKEN"),
    ("GONGZHI_SMTP_URL", "GONGZHI_SMTP_FROM"),
    ("GONGZHI_WEBHOOKS", "GONGZHI_WEBHOOK_SECRET"),
)
"""The first name of each row is of no use without the others."""


def _incomplete(settings: Settings) -> list[str]:
    def is_set(name: str) -> bool:
        return bool(getattr(settings, NAMES[name][0]))

    wrong = []
    account = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
    if "twilio" in settings.sms:
        wrong += [f"GONGZHI_SMS=twilio needs {name}" for name in account if not is_set(name)]
        if not (settings.twilio_from or settings.twilio_messaging_service_sid):
            wrong.append("GONGZHI_SMS=twilio needs TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID")
    if settings.voice == "twilio":
        wrong += [f"GONGZHI_VOICE=twilio needs {n}" for n in (*account, "TWILIO_FROM") if not is_set(n)]
    if settings.whatsapp_from:
        wrong += [f"GONGZHI_WHATSAPP_FROM needs {name}" for name in account if not is_set(name)]
    if "aliyun" in settings.sms:
        names = [f"GONGZHI_ALIYUN_{part}" for part in _ALIYUN]
        wrong += [f"GONGZHI_SMS=aliyun needs {name}" for name in names if not is_set(name)]
    for first, *others in _TOGETHER:
        if is_set(first):
            wrong += [f"{first} needs {name}" for name in others if not is_set(name)]
    return wrong


def _unusable_channels(settings: Settings) -> list[str]:
    """Say what is wrong with secrets, without showing them, and with names of channels."""
    wrong = []
    keys = {"DINGTALK": settings.dingtalk_aes_key, "WECOM": settings.wecom_aes_key}
    for vendor, key in keys.items():
        try:
            if key:
                vendor_crypto.Envelope("", key, "")
        except ValueError as error:
            wrong.append(f"GONGZHI_{vendor}_AES_KEY: {error}")
    unknown = {channel for pairs in settings.role_channels.values() for channel, _ in pairs} - set(
        settings.group_channels
    )
    if unknown:
        usable = ", ".join(settings.group_channels) or "none"
        wrong.append(
            f"GONGZHI_ROLE_CHANNELS: {', '.join(sorted(unknown))} is not set up; usable are {usable}"
        )
    return wrong


def _unusable_broker(settings: Settings) -> list[str]:
    wrong = []
    if (settings.mqtt_ca or settings.mqtt_cert) and not (settings.mqtt_url or "").startswith("mqtts://"):
        wrong.append("GONGZHI_MQTT_CA and GONGZHI_MQTT_CERT need a GONGZHI_MQTT_URL with mqtts://")
    if bool(settings.mqtt_cert) != bool(settings.mqtt_key):
        wrong.append("GONGZHI_MQTT_CERT and GONGZHI_MQTT_KEY go together")
    return wrong
