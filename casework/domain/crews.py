"""Crews, their shifts and their status."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from casework.ids import AreaId, CrewId


class CrewStatus(StrEnum):
    """What a crew is doing."""

    AVAILABLE = "available"
    NOTIFIED = "notified"
    ACKNOWLEDGED = "acknowledged"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    CLEARED = "cleared"
    DELAYED = "delayed"
    OUT_OF_SERVICE = "out_of_service"


READY = frozenset({CrewStatus.AVAILABLE, CrewStatus.CLEARED})
AT_WORK = (CrewStatus.NOTIFIED, CrewStatus.ACKNOWLEDGED, CrewStatus.EN_ROUTE, CrewStatus.ON_SCENE)
"""What a crew does that holds a case, the farther advanced the later."""
SETTABLE = frozenset({CrewStatus.AVAILABLE, CrewStatus.OUT_OF_SERVICE})
"""What a dispatcher may set by hand; the others follow from assignments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """A handling crew: staff, contractor or volunteers."""

    id: CrewId
    code: str
    name_zh: str
    name_en: str
    capabilities: frozenset[str]
    phone: str | None
    language: str
    status: CrewStatus
    status_since: datetime
    lat: float | None = None
    lon: float | None = None
    position_at: datetime | None = None
    home_area: AreaId | None = None
    capacity: int = 1
    mutual_aid: bool = True

    def name(self, language: str) -> str:
        """The crew's name in a language."""
        return self.name_en if language == "en" else self.name_zh


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A stretch of duty of one crew."""

    crew_id: CrewId
    starts_at: datetime
    ends_at: datetime


def takes_more(crew: Crew, held: int) -> bool:
    """Tell whether a crew that holds so many cases may be given one more."""
    return held < crew.capacity and (crew.status in READY or (held > 0 and crew.status in AT_WORK))


def busiest(statuses: Iterable[CrewStatus]) -> CrewStatus:
    """Answer what a crew is doing that holds several cases: what it has got farthest with."""
    return max(statuses, key=AT_WORK.index, default=CrewStatus.AVAILABLE)


def shift_end(shifts: Iterable[Shift], now: datetime) -> datetime | None:
    """Answer when the duty that covers this instant ends; None means off shift."""
    ends = [shift.ends_at for shift in shifts if shift.starts_at <= now < shift.ends_at]
    return max(ends, default=None)
