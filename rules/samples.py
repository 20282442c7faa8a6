"""A pack's sample stream: events at relative times, the places they are about, and the cases they open."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SampleEvent:
    """An event of the stream, `at_s` seconds after its beginning; `source` is a kind of sender."""

    at_s: float
    id: str
    source: str
    type: str
    subject: str | None
    data: Mapping[str, Any]
    line: int


@dataclass(frozen=True, slots=True)
class SamplePlace:
    """A part of the city, or a device (`senses` names what it watches), that the stream is about."""

    id: str
    kind: str
    name: Mapping[str, str]
    lat: float
    lon: float
    attributes: Mapping[str, Any]
    senses: str | None


@dataclass(frozen=True, slots=True)
class SampleCase:
    """A case that the stream opens: by which event, and which ones join it, in order."""

    category: str
    priority: int | None
    opened_by: str
    joined_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """A stream with its places and exactly the cases that it opens.

    `until_s` lets time pass after the last event; `begins` is the hour of the day at which it makes sense,
    such as "22:30", empty where any will do.
    """

    pack: str
    events: tuple[SampleEvent, ...]
    places: tuple[SamplePlace, ...]
    cases: tuple[SampleCase, ...]
    until_s: float
    begins: str = ""
