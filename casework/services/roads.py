"""Closing streets and opening them again; every decision sees those that are closed when it is made."""

from datetime import datetime, timedelta

import structlog

from casework import ids
from casework.clock import Clock
from casework.domain import errors
from casework.domain.roads import RoadClosure
from casework.services.house import House
from casework.services.ports import UnitOfWork, UnitsOfWork
from routing.travel import Closure, HeedsClosures, TravelTimes

log = structlog.get_logger(__name__)

WIDEST_M = 5000.0


def close(
    lat: float,
    lon: float,
    *,
    radius_m: float,
    lasts: timedelta,
    reason: str,
    actor: str,
    uows: UnitsOfWork,
    clock: Clock,
) -> RoadClosure:
    """Close every street within a circle from now on, for as long as is said."""
    now = clock()
    wrong = {
        "lat": [] if -90 <= lat <= 90 else ["lies between -90 and 90"],  # noqa: PLR2004  (a sphere)
        "lon": [] if -180 <= lon <= 180 else ["lies between -180 and 180"],  # noqa: PLR2004  (as above)
        "radius_m": [] if 0 < radius_m <= WIDEST_M else [f"lies between 0 and {WIDEST_M:.0f} m"],
        "lasts": [] if timedelta(0) < lasts <= timedelta(days=366) else ["lies between 0 and 366 days"],
    }
    if any(wrong.values()):
        raise errors.InvalidInput({name: said for name, said in wrong.items() if said})
    closure = RoadClosure(
        id=str(ids.new()),
        lat=lat,
        lon=lon,
        radius_m=radius_m,
        begins_at=now,
        ends_at=now + lasts,
        reason=reason[:200],
        closed_by=actor[:100],
    )
    with uows() as uow:
        uow.road_closures.add(closure)
        uow.commit()
    log.info("road_closed", closure_id=closure.id, radius_m=radius_m, actor=actor)
    return closure


def reopen(closure_id: str, *, actor: str, uows: UnitsOfWork, clock: Clock) -> None:
    """Open before its time what was closed; raises `errors.NotFound` where nothing is."""
    with uows() as uow:
        if not uow.road_closures.end(closure_id, clock()):
            raise errors.NotFound("there is no such closure in force")
        uow.commit()
    log.info("road_opened", closure_id=closure_id, actor=actor)


def travel(uow: UnitOfWork, house: House, now: datetime) -> TravelTimes:
    """Give the house's travel times, told what is closed now; those that know no roads need not be told."""
    if isinstance(house.travel, HeedsClosures):
        house.travel.close(
            [
                Closure(closure.lat, closure.lon, closure.radius_m, closure.begins_at, closure.ends_at)
                for closure in uow.road_closures.not_over(now)
            ]
        )
    return house.travel
