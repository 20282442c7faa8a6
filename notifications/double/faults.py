"""Switches for all that goes wrong with a provider, drawn from a seeded stream to be repeatable."""

import random
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

from notifications.pace import Pace

Fate = Literal["accept", "too_many", "unavailable", "hang"]
_LONGEST_S = 600.0


@dataclass(frozen=True, slots=True)
class Faults:
    """Rates are shares from 0 to 1 of the texts sent; times are seconds.

    `accept_then_hang` takes the text, keeps silent for `hang_s` and drops the line; `outage` answers 503 to
    all; `per_s` is the pace above which texts are answered 429, 0 for none; `list_lag_s` is how long a new
    text stays off the list. Of the callbacks `lost_callbacks` never arrive, `repeated_callbacks` arrive
    twice, and those of `shuffled_callbacks` texts come last state first.
    """

    latency_s: float = 0.0
    rate_429: float = 0.0
    per_s: float = 0.0
    rate_503: float = 0.0
    accept_then_hang: float = 0.0
    hang_s: float = 30.0
    lost_callbacks: float = 0.0
    repeated_callbacks: float = 0.0
    shuffled_callbacks: float = 0.0
    list_lag_s: float = 0.0
    outage: bool = False
    seed: int = 0


class FaultSwitch:
    """Holds the present faults and draws what happens to each request; many threads may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults = Faults()
        self._pace: Pace | None = None
        self._random = random.Random(0)  # noqa: S311  (a repeatable stream of failures, no secret)

    @property
    def now(self) -> Faults:
        """The faults that are switched on."""
        return self._faults

    def change(self, wanted: Mapping[str, Any]) -> Faults:
        """Change the named faults, leave the others; a seed starts the stream anew.

        Raises `ValueError` with the field's name for an unknown or unusable one.
        """
        changes: dict[str, Any] = {name: _checked(name, value) for name, value in wanted.items()}
        with self._lock:
            faults = replace(self._faults, **changes)
            if faults.rate_429 + faults.rate_503 + faults.accept_then_hang > 1:
                raise ValueError("rate_429, rate_503 and accept_then_hang add up to more than 1")
            if "seed" in changes:
                self._random.seed(faults.seed)
            if "per_s" in changes:
                self._pace = Pace(faults.per_s) if faults.per_s else None
            self._faults = faults
            return faults

    def draw(self) -> Fate:
        """Draw what happens to the next text."""
        with self._lock:
            faults, drawn = self._faults, self._random.random()
        if faults.outage or drawn < faults.rate_503:
            return "unavailable"
        too_fast = self._pace is not None and not self._pace.take(1)
        if too_fast or drawn < faults.rate_503 + faults.rate_429:
            return "too_many"
        return "hang" if drawn < faults.rate_503 + faults.rate_429 + faults.accept_then_hang else "accept"

    def loses_callback(self) -> bool:
        """Draw whether a call back is lost on the way."""
        with self._lock:
            return self._random.random() < self._faults.lost_callbacks

    def repeats_callback(self) -> bool:
        """Draw whether a call back is made twice."""
        with self._lock:
            return self._random.random() < self._faults.repeated_callbacks

    def shuffles_callbacks(self) -> bool:
        """Draw whether a text's reports come in the wrong order."""
        with self._lock:
            return self._random.random() < self._faults.shuffled_callbacks

    def shown(self) -> dict[str, Any]:
        """Answer the faults as JSON shows them."""
        return asdict(self._faults)


_KINDS: Mapping[str, type] = {one.name: type(one.default) for one in fields(Faults)}


def _checked(name: str, value: object) -> float | int | bool:
    kind = _KINDS.get(name)
    if kind is None:
        raise ValueError(f"{name}: there is no such fault")
    if kind is bool or isinstance(value, bool):
        if kind is bool and isinstance(value, bool):
            return value
        raise ValueError(f"{name}: true or false stands where it should not, or is missing")
    if not isinstance(value, int | float):
        raise ValueError(f"{name}: a number is needed")  # noqa: TRY004  (answered as unusable input)
    if kind is int:
        return int(value)
    highest = _LONGEST_S if name.endswith("_s") else 1.0
    if not 0 <= value <= highest:
        raise ValueError(f"{name}: between 0 and {highest:g}")
    return float(value)
