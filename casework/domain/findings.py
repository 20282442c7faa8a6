"""Whether what a rule said was true: findings, their precision, and devices that are mostly wrong."""

import math
from dataclasses import dataclass
from datetime import datetime

from casework.domain.cases import Case, CaseStatus, Disposition
from casework.domain.timeline import EntryKind

TOUCHING = frozenset(
    {EntryKind.CASE_CLOSED, EntryKind.CASE_VOIDED, EntryKind.CASE_MERGED, EntryKind.CASE_REOPENED}
)
"""Entries after which a case's finding is looked at anew."""

_FALSE = frozenset({Disposition.UNFOUNDED, Disposition.CANCELLED})
_Z = 1.959963984540054
"""The 97.5 % point of the normal distribution: two-sided 95 %."""

LEAST = 5
"""Fewer findings say nothing about a device yet."""
RECENT = 50
"""A device is judged by its latest findings, so that a mended one recovers."""
FLOOR = 0.3
"""A device that is surely right less often than this is weak, where nobody set it a floor of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How a case that a rule opened came out: `found` where something was really there.

    `by` is "disposition" where it follows from how the case ended, else the person who corrected it.
    """

    case_id: str
    pack: str | None
    rule_id: str
    rule_version: str | None
    source: str | None
    device: str | None
    category: str
    found: bool
    at: datetime
    by: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceWeight:
    """What a device's word weighs; `weak` ones open no case alone. `by` is "findings" or a person."""

    source: str
    device: str
    weak: bool
    floor: float | None
    since: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakSignal:
    """What a weak device would have opened a case for; a second device that says the same opens it."""

    event_seq: int
    category: str
    subject: str | None
    lat: float | None
    lon: float | None
    source: str
    device: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Precision:
    """How often something was right, with the 95 % interval of Wilson (1927); None where n is 0."""

    n: int
    true: int

    @property
    def value(self) -> float | None:
        """The part that was true."""
        return self.true / self.n if self.n else None

    @property
    def low(self) -> float | None:
        """The lower end of the interval."""
        return self._end(-1.0)

    @property
    def high(self) -> float | None:
        """The upper end of the interval."""
        return self._end(1.0)

    def _end(self, side: float) -> float | None:
        if not self.n:
            return None
        part, square = self.true / self.n, _Z * _Z
        middle = part + square / (2 * self.n)
        reach = _Z * math.sqrt(part * (1 - part) / self.n + square / (4 * self.n * self.n))
        return min(1.0, max(0.0, (middle + side * reach) / (1 + square / self.n)))


def outcome(case: Case) -> bool | None:
    """Say by its end whether a case was true; None while it has not ended.

    A duplicate is true: what was seen was there, and is handled under another number.
    """
    if case.status is CaseStatus.VOIDED:
        return False
    if case.status is not CaseStatus.CLOSED or case.disposition is None:
        return None
    return case.disposition not in _FALSE


def is_weak(recent: Precision, floor: float) -> bool:
    """Tell whether a device is surely below its floor: the whole interval lies under it."""
    return recent.n >= LEAST and recent.high is not None and recent.high < floor
