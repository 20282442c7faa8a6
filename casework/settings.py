"""Settings from the environment; an unknown name or an unusable value stops the start with a sentence."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from dotenv import dotenv_values

PREFIX = "GONGZHI_"
_PASSWORD = re.compile(r"//[^/]*@")
ROOT = Path(__file__).resolve().parent.parent
SHORTEST_SECRET = 32
DEMO_SECRET = "demo-only-not-a-secret"  # noqa: S105  (refused outside the demo)


class SettingsError(Exception):
    """The settings cannot be used."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this house is set up; see docs/operating.md for each name."""

    database_url: str
    secret_key: str = DEMO_SECRET
    public_url: str = "http://127.0.0.1:8000"
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    language: str = "zh"
    scenarios: tuple[Path, ...] = (ROOT / "scenarios",)
    sms: str = "console"
    twilio_account_sid: str | None = None
    twilio_auth_token: str | None = None
    twilio_from: str | None = None
    twilio_messaging_service_sid: str | None = None
    twilio_api_base: str | None = None
    chat_secrets: tuple[str, ...] = ()
    demo: bool = False
    matcher: str = "durable"
    web_processes: int = 2
    worker_processes: int = 1
    media: Path = ROOT / "var" / "media"
    proxies: int = 0
    open311_public: bool = False

    @property
    def one_process(self) -> bool:
        """Whether web and workers live in one process: always and only on SQLite."""
        return self.database_url.startswith("sqlite")


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


NAMES: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "GONGZHI_DATABASE_URL": ("database_url", _database),
    "GONGZHI_SECRET_KEY": ("secret_key", str),
    "GONGZHI_PUBLIC_URL": ("public_url", _url(("http", "https"))),
    "GONGZHI_TIMEZONE": ("timezone", _zone),
    "GONGZHI_LANGUAGE": ("language", _choice("zh", "en")),
    "GONGZHI_SCENARIOS": ("scenarios", _folders),
    "GONGZHI_SMS": ("sms", _choice("console", "twilio")),
    "GONGZHI_TWILIO_API_BASE": ("twilio_api_base", _url(("http", "https"))),
    "GONGZHI_CHAT_SECRETS": ("chat_secrets", _words),
    "GONGZHI_DEMO": ("demo", _flag),
    "GONGZHI_MATCHER": ("matcher", _choice("durable", "plain")),
    "GONGZHI_WEB_PROCESSES": ("web_processes", _processes),
    "GONGZHI_WORKER_PROCESSES": ("worker_processes", _processes),
    "GONGZHI_MEDIA": ("media", Path),
    "GONGZHI_OPEN311_PUBLIC": ("open311_public", _flag),
    "GONGZHI_PROXIES": ("proxies", _count(0, 8)),
    "TWILIO_ACCOUNT_SID": ("twilio_account_sid", str),
    "TWILIO_AUTH_TOKEN": ("twilio_auth_token", str),
    "TWILIO_FROM": ("twilio_from", str),
    "TWILIO_MESSAGING_SERVICE_SID": ("twilio_messaging_service_sid", str),
}

_LATER = frozenset({"GONGZHI_MQTT_URL", "GONGZHI_STREAM_URL"})
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
    if settings.sms == "twilio":
        needed = {
            "TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
            "TWILIO_AUTH_TOKEN": settings.twilio_auth_token,
            "TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID": settings.twilio_from
            or settings.twilio_messaging_service_sid,
        }
        wrong += [f"GONGZHI_SMS=twilio needs {name}" for name, value in needed.items() if not value]
    return wrong
