"""Times in rules: hours of the day, days of the week, and named days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days by name: those listed, and certain weekdays of a stretch without the exceptions."""

    name: str
    dates: frozenset[date] = frozenset()
    weekdays: frozenset[int] = frozenset()
    first: date | None = None
    last: date | None = None
    exceptions: frozenset[date] = frozenset()

    def has(self, day: date) -> bool:
        """Tell whether a day belongs to it."""
        if day in self.dates:
            return True
        within = (self.first is None or self.first <= day) and (self.last is None or day <= self.last)
        return within and day.weekday() in self.weekdays and day not in self.exceptions


@dataclass(frozen=True, slots=True)
class Span:
    """When something is so: every part that is given must hold.

    `hours` are stretches of minutes since midnight, the end not included; one that ends before it
    begins goes on after midnight and belongs to the day on which it began.
    """

    hours: tuple[tuple[int, int], ...] = ()
    weekdays: frozenset[int] = frozenset()
    calendar: Calendar | None = None

    def holds(self, local_time: object) -> bool:
        """Tell whether a local time (`2026-11-21T22:05`) falls into it."""
        try:
            at = datetime.fromisoformat(str(local_time))
        except ValueError:
            return False
        return any(self._is_of(day) for day in self._days(at))

    def shown(self) -> dict[str, object]:
        """Answer the span as plain data for a trace."""
        told: dict[str, object] = {}
        if self.hours:
            told["hours"] = [f"{clock(start)}-{clock(end)}" for start, end in self.hours]
        if self.weekdays:
            told["weekdays"] = [WEEKDAYS[day] for day in sorted(self.weekdays)]
        if self.calendar is not None:
            told["calendar"] = self.calendar.name
        return told

    def _days(self, at: datetime) -> Iterable[date]:
        """List the days to which a moment belongs by the hours asked for."""
        minute = at.hour * 60 + at.minute
        if not self.hours:
            return [at.date()]
        days = []
        for start, end in self.hours:
            if start < end:
                days += [at.date()] if start <= minute < end else []
            elif minute >= start:
                days.append(at.date())
            elif minute < end:
                days.append(at.date() - timedelta(days=1))
        return days

    def _is_of(self, day: date) -> bool:
        fits = not self.weekdays or day.weekday() in self.weekdays
        return fits and (self.calendar is None or self.calendar.has(day))


def clock(minute: int) -> str:
    """Write minutes since midnight as `22:05`."""
    return f"{minute // 60:02}:{minute % 60:02}"


def minutes(text: str) -> int | None:
    """Read `22:05` as minutes since midnight, or answer None; `24:00` is the end of the day."""
    hour, _, minute = text.strip().partition(":")
    if not (hour.isascii() and minute.isascii() and hour.isdigit() and minute.isdigit() and len(minute) == 2):  # noqa: PLR2004  (two digits)
        return None
    total = int(hour[:3]) * 60 + int(minute)
    return total if int(minute) < 60 and 0 <= total <= MINUTES else None  # noqa: PLR2004  (minutes an hour)


def stretch(text: str) -> tuple[int, int] | None:
    """Read `22:00-06:00`, or answer None."""
    start, dash, end = text.partition("-")
    bounds = minutes(start), minutes(end)
    if not dash or bounds[0] is None or bounds[1] is None or bounds[0] in {bounds[1], MINUTES}:
        return None
    return bounds[0], bounds[1]
