"""What may still be sent to somebody who has said STOP or wants quiet: a declared rule, kept as data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources

import yaml


@dataclass(frozen=True, slots=True)
class PurposeClass:
    """Purposes that are treated alike; `why` says in "zh" and "en" on what ground."""

    name: str
    after_stop: bool
    in_quiet_hours: bool
    first: bool
    why: Mapping[str, str]
    purposes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """The whole rule; `quiet_breaking_priority` is a case's, 1 the most urgent."""

    quiet_breaking_priority: int
    classes: tuple[PurposeClass, ...]


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` until `end` by the clock on the wall; over midnight where `end` is the earlier one."""

    start: time
    end: time

    def over_at(self, local: datetime) -> datetime | None:
        """Answer when the quiet that holds at this aware local time is over, or None if none holds."""
        now = local.timetz().replace(tzinfo=None)
        if self.start == self.end:
            return None
        overnight = self.end < self.start
        quiet = now >= self.start or now < self.end if overnight else self.start <= now < self.end
        if not quiet:
            return None
        day = local.date() + timedelta(days=1 if overnight and now >= self.start else 0)
        return datetime.combine(day, self.end, local.tzinfo)


@cache
def rule() -> Rule:
    """Answer the rule in force."""
    raw = yaml.safe_load(
        resources.files("notifications").joinpath("data/purposes.yaml").read_text(encoding="utf-8")
    )
    return Rule(
        raw["quiet_breaking_priority"],
        tuple(PurposeClass(**{**one, "purposes": tuple(one["purposes"])}) for one in raw["classes"]),
    )


@cache
def class_of(purpose: str) -> PurposeClass:
    """Answer the class of a purpose; the last class has what no other one names."""
    classes = rule().classes
    named = (one for one in classes if any(fnmatchcase(purpose, pattern) for pattern in one.purposes))
    return next(named, classes[-1])


def goes_first(purposes: Iterable[str]) -> frozenset[str]:
    """Answer those of the purposes that go before what waits longer."""
    return frozenset(purpose for purpose in purposes if class_of(purpose).first)


def read_quiet_hours(written: str) -> QuietHours:
    """Read `22:00-07:00`; raises `ValueError` with a sentence."""
    start, dash, end = written.partition("-")
    try:
        if dash:
            return QuietHours(time.fromisoformat(start.strip()), time.fromisoformat(end.strip()))
    except ValueError:
        pass
    raise ValueError("must be two times of the day, like 22:00-07:00")
