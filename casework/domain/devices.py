"""Devices: what is declared of each, when it was heard, and when its silence or its noise is an alarm."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

TOUCH_S = 60.0
"""A device or source that is heard all the time is written as seen at most this often."""
_SHARE = 0.25
RATE_PER_S = 10.0
"""What a device may send for long where nothing is declared of it."""
BURST_S = 100.0
"""A device may send what its rate makes of so many seconds at once: at the default a full batch."""
_LEAST_BURST = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """The working side of a device; its kind, place and what it senses stand in the register of assets.

    `interval_s`: it declares to be heard at least so often; None: its silence means nothing.
    """

    id: str
    source: str | None
    owner: str
    interval_s: float | None
    rate_per_s: float | None
    registered_at: datetime
    last_seen_at: datetime | None = None
    silent_at: datetime | None = None
    offline_since: datetime | None = None
    battery: float | None = None


def touch_every_s(interval_s: float | None) -> float:
    """Answer how seldom a sign of life may be written, in seconds."""
    return TOUCH_S if interval_s is None else min(TOUCH_S, interval_s * _SHARE)


def silent_at(seen_at: datetime, interval_s: float | None) -> datetime | None:
    """Answer when somebody seen at an instant counts as silent.

    The signs of life of the last moments may not have been written, so their pause is waited for too: an
    alarm is late by at most that, and never early.
    """
    if interval_s is None:
        return None
    return seen_at + timedelta(seconds=interval_s + touch_every_s(interval_s))


def declared(known: Device | None, wanted: Device) -> Device:
    """Answer a device as a register declares it, with what was observed of it kept."""
    if known is None:
        return wanted
    seen = known.last_seen_at
    return replace(
        known,
        source=wanted.source,
        owner=wanted.owner,
        interval_s=wanted.interval_s,
        rate_per_s=wanted.rate_per_s,
        silent_at=None if seen is None else silent_at(seen, wanted.interval_s),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """A device that sends more than it may: what is beyond its rate is kept and not judged."""

    source: str
    device: str
    began_at: datetime
    last_at: datetime
    held: int
    ended_at: datetime | None = None

    @property
    def key(self) -> str:
        """How alarms name it."""
        return storm_key(self.source, self.device)


def storm_key(source: str, device: str) -> str:
    """Name a device's storm."""
    return f"{source}/{device}"[:500]


class Meter:
    """Tells for many devices whether one more message is within the rate: one number a device.

    The generic cell rate algorithm: kept is the instant at which a device would have used up its burst.
    """

    MOST = 200_000

    def __init__(self) -> None:
        self._until: dict[tuple[str, str], float] = {}

    def admits(self, device: tuple[str, str], rate_per_s: float, now_s: float) -> bool:
        """Count one message; answer False where it is too many, which leaves the count as it was."""
        step = 1.0 / rate_per_s
        burst_s = max(BURST_S, _LEAST_BURST * step)
        until = max(self._until.get(device, now_s), now_s) + step
        if until - now_s > burst_s + step * 1e-6:
            return False
        if len(self._until) >= self.MOST and device not in self._until:
            self._forget(now_s)
        self._until[device] = until
        return True

    def _forget(self, now_s: float) -> None:
        """Drop those who have their whole burst again; where nobody has, everybody starts anew."""
        self._until = {device: until for device, until in self._until.items() if until > now_s}
        if len(self._until) >= self.MOST:
            self._until = {}


def battery_of(data: Mapping[str, object]) -> float | None:
    """Read a battery's percentage out of a device's data."""
    told = data.get("battery")
    usable = isinstance(told, int | float) and not isinstance(told, bool)
    return float(told) if usable and 0 <= told <= 100 else None  # type: ignore[operator, arg-type]  # noqa: PLR2004
