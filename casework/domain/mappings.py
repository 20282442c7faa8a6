"""Mappings as they are kept, and the topics of a message broker that bring payloads."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """How a source's foreign payloads become events: YAML, with a sample to try it on."""

    source: str
    name: str
    text: str
    sample: str
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Which source sends on the topics of a filter, and by which mapping; None: CloudEvents as they are."""

    filter: str
    source: str
    mapping: str | None
