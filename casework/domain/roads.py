"""Streets that are closed for a time."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadClosure:
    """No way within `radius_m` of a point (degrees, WGS-84) from `begins_at` until `ends_at`."""

    id: str
    lat: float
    lon: float
    radius_m: float
    begins_at: datetime
    ends_at: datetime
    reason: str
    closed_by: str
