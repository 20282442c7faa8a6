"""What a rehearsal reads and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


class Stored(NamedTuple):
    """An event as it is read back; `at` is when it happened, in seconds since 1970."""

    seq: int
    source: str
    type: str
    subject: str | None
    at: float
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What the cases of a category took: each crew's seconds from being sent to done, and all their texts."""

    cases: int
    took_s: tuple[float, ...]
    texts: int
    segments: int
