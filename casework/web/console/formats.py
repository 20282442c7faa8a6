"""Filters of the templates: a text in the person's language, a countdown, an age."""

from datetime import datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from flask import Flask
from flask_babel import gettext
from jinja2 import pass_context
from jinja2.runtime import Context

from casework.analytics.views import Light, RunningClock, Text, light_of
from casework.services import photos
from casework.web.console import language, words
from casework.web.console.parts import parts
from casework.web.console.stream import millis


def say(text: Text | None) -> str:
    """Give a text in the language of the request, or in the other where it has only that."""
    if not text:
        return ""
    return text.get(language.current()) or next(iter(text.values()))


def countdown(seconds: float) -> str:
    """Write what is left as `0:41`, `-1:12` or `1:02:05`."""
    whole = int(abs(seconds))
    sign = "-" if seconds < 0 and whole else ""
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{sign}{hours}:{minutes:02d}:{secs:02d}" if hours else f"{sign}{minutes}:{secs:02d}"


def age(instant: datetime | None) -> str:
    """Write how long ago something was, in the one unit that matters."""
    if instant is None:
        return "-"
    seconds = max(0, int((parts().clock() - instant).total_seconds()))
    if seconds < 100:  # noqa: PLR2004  (two digits of seconds read faster than "1 min")
        return str(gettext("%(n)s s", n=seconds))
    minutes = seconds // 60
    if minutes < 100:  # noqa: PLR2004
        return str(gettext("%(n)s min", n=minutes))
    hours = minutes // 60
    if hours < 48:  # noqa: PLR2004
        return str(gettext("%(n)s h", n=hours))
    return str(gettext("%(n)s d", n=hours // 24))


def left_s(due_at: datetime) -> float:
    """Count the seconds until an instant; negative when it is past."""
    return (due_at - parts().clock()).total_seconds()


def clock_light(clock: RunningClock) -> Light:
    """Tell the light of a running clock at present."""
    return light_of(clock.due_at, clock.target_s, parts().clock())


def eta(seconds: float | None) -> str:
    """Write a travel time as a person says it: `45 s`, `14 min`."""
    if seconds is None:
        return "-"
    whole = max(0, round(seconds))
    if whole < 90:  # noqa: PLR2004  (as an age: seconds while they are few)
        return str(gettext("%(n)s s", n=whole))
    return str(gettext("%(n)s min", n=round(whole / 60)))


def kept(what: str) -> str:
    """Tell where a photo is: `here`, `elsewhere` at an address of the web, or nowhere that can be shown."""
    if photos.is_name(what):
        return "here"
    return "elsewhere" if what.startswith(("https://", "http://")) else ""


def metres(distance: float) -> str:
    """Write a distance for a person."""
    kilometre = 1000
    return f"{distance / kilometre:.1f} km" if distance >= kilometre else f"{distance:.0f} m"


@pass_context
def word(_context: Context, code: str, kind: str) -> str:
    """Give the word for a code; it takes the context so that Jinja never folds it while compiling."""
    return _word(language.current(), code, kind)


@lru_cache(maxsize=1_000)
def _word(_language: str, code: str, kind: str) -> str:
    """Keep the words by language: the catalogues never change while the process lives."""
    return words.word(code, kind)


def at(instant: datetime) -> str:
    """Write an instant in full, in the console's time zone."""
    return f"{instant.astimezone(_zone(parts().timezone)):%Y-%m-%d %H:%M:%S}"


def hms(instant: datetime) -> str:
    """Write a time of day with its seconds."""
    return f"{instant.astimezone(_zone(parts().timezone)):%H:%M:%S}"


def hm(instant: datetime) -> str:
    """Write a time of day."""
    return f"{instant.astimezone(_zone(parts().timezone)):%H:%M}"


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def install(app: Flask) -> None:
    """Give the templates their filters and the names that every page uses."""
    app.jinja_env.filters.update(
        say=say,
        countdown=countdown,
        eta=eta,
        age=age,
        left_s=left_s,
        clock_light=clock_light,
        metres=metres,
        kept=kept,
        word=word,
        millis=millis,
        at=at,
        hms=hms,
        hm=hm,
    )
    app.jinja_env.globals["asks"] = words.ASKS
