"""Where the time comes from: a callable, so that a night can be replayed in a second."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Answers the present as an aware datetime in UTC."""


def system_clock() -> datetime:
    """Answer the machine's wall clock in UTC: the one place that may ask it."""
    return datetime.now(UTC)  # noqa: TID251  (every other module is handed this function)


class FakeClock:
    """A clock that stands still until told to move; ships with the product for tests and replays."""

    def __init__(self, start: datetime | None = None) -> None:
        self.now = start or datetime(2026, 1, 5, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:  # noqa: D102  (a Clock)
        return self.now

    def advance(self, **duration: float) -> datetime:
        """Move on by a `timedelta(**duration)` and answer the new time."""
        self.now += timedelta(**duration)
        return self.now

    def set(self, instant: datetime) -> None:
        """Stand at another instant."""
        self.now = instant
