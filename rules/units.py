"""Quantities with their units in rule files, and remarks that carry a hint."""

import math
import re
from collections.abc import Mapping
from typing import Any, Self

from marshmallow import ValidationError, fields

_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_METRES = {"m": 1.0, "km": 1000.0}
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?) *([a-z]+)")


class Remark(str):
    """What is wrong with a value, with a hint how to mend it."""

    hint: str
    __slots__ = ("hint",)

    def __new__(cls, what: str, hint: str) -> Self:
        """Make the remark."""
        remark = super().__new__(cls, what)
        remark.hint = hint
        return remark


class Amount(fields.Field[float]):
    """A quantity with its unit, such as `60 min` or `30 m`; a bare number has the smallest unit."""

    def __init__(self, units: Mapping[str, float], most: float, **options: Any) -> None:  # noqa: ANN401  (marshmallow's own)
        super().__init__(**options)
        self._units = units
        self._most = most

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> float:  # noqa: ANN401  (marshmallow's own)
        amount = self._amount(value)
        if amount is None or not math.isfinite(amount):
            units = ", ".join(self._units)
            raise ValidationError([Remark(f"'{value}' is not an amount", f"a number and one of: {units}")])
        if not 0 <= amount <= self._most:
            raise ValidationError([Remark(f"'{value}' is out of range", f"at most {self._most:g}")])
        return amount

    def _amount(self, value: object) -> float | None:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        found = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
        if found is None or found[2] not in self._units:
            return None
        return float(found[1]) * self._units[found[2]]


def duration(**options: Any) -> Amount:  # noqa: ANN401  (marshmallow's own)
    """Make a field for a duration, loaded in seconds, at most a year."""
    return Amount(_SECONDS, 366 * 86400.0, **options)


def distance(**options: Any) -> Amount:  # noqa: ANN401  (marshmallow's own)
    """Make a field for a distance, loaded in metres, at most 100 km."""
    return Amount(_METRES, 100_000.0, **options)
