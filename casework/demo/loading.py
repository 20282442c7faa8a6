"""Puts the demo city into an empty database."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from casework.clock import Clock
from casework.demo import city as cities
from casework.demo import geometry
from casework.demo.accounts import DemoSource
from casework.demo.city import DemoArea, DemoAsset, DemoCity, DemoCrew, DemoDevice
from casework.domain.crews import Crew, CrewStatus, Shift
from casework.domain.devices import Device
from casework.domain.people import Role, Source
from casework.domain.places import Area, Asset
from casework.ids import AreaId, CrewId
from casework.services import accounts
from casework.services.ports import UnitsOfWork
from notifications import addresses
from rules.samples import Sample, SamplePlace

log = structlog.get_logger(__name__)

DAYS = 30


def load(
    city: DemoCity,
    *,
    samples: Sequence[Sample] = (),
    uows: UnitsOfWork,
    clock: Clock,
    zone: ZoneInfo,
) -> bool:
    """Fill an empty database with the demo city and the places of the packs' sample streams.

    Answers False, and changes nothing, where the database is not empty.
    """
    addresses.refuse_real_numbers([crew.phone for crew in city.crews] + [user.phone for user in city.users])
    now = clock()
    with uows() as uow:
        if not uow.registers.is_empty():
            return False
        uow.registers.add_areas([_area(area) for area in city.areas])
        uow.registers.add_assets([_asset(asset) for asset in city.assets])
        uow.registers.add_assets([_device(device) for device in city.devices])
        uow.devices.put([_working(device, now) for device in city.devices], [])
        for sample in samples:
            uow.registers.add_assets(place_assets(sample.places, city.areas))
        for crew in city.crews:
            uow.crews.add(_crew(crew, now))
            uow.crews.add_shifts(_shifts(crew, now, zone))
        uow.commit()
    for source in city.sources:
        accounts.put_source(_source(source), source.key, uows=uows)
    for user in city.users:
        accounts.create_user(
            user.name,
            user.password,
            Role(user.role),
            display_name=user.title["zh"],
            phone=user.phone,
            uows=uows,
        )
    log.info("demo_city_loaded", areas=len(city.areas), crews=len(city.crews), assets=len(city.assets))
    return True


def place_assets(places: Sequence[SamplePlace], areas: Sequence[DemoArea]) -> list[Asset]:
    """Make the assets and devices of a sample stream, each in the smallest of the areas that holds it."""
    return [
        Asset(
            id=place.id,
            kind=place.kind,
            name_zh=place.name["zh"],
            name_en=place.name["en"],
            lat=place.lat,
            lon=place.lon,
            area_id=_area_of(place, areas),
            attributes=dict(place.attributes),
            senses=place.senses,
        )
        for place in places
    ]


def _area_of(place: SamplePlace, areas: Sequence[DemoArea]) -> AreaId | None:
    """Areas stand with parents before their parts, so the last that holds a place is the smallest."""
    for area in reversed(areas):
        if any(geometry.is_inside(ring, place.lon, place.lat) for ring in geometry.outer_rings(area.outline)):
            return AreaId(area.code)
    return None


def renew_shifts(city: DemoCity, *, uows: UnitsOfWork, clock: Clock, zone: ZoneInfo) -> None:
    """Let the crews' rotas go on for another month, so that an old demo database still has people on duty."""
    now = clock()
    with uows() as uow:
        known = {crew.id for crew in uow.crews.all()}
        planned = {
            (shift.crew_id, shift.starts_at) for shift in uow.crews.shifts_from(now - timedelta(days=3))
        }
        for crew in city.crews:
            new = [
                shift for shift in _shifts(crew, now, zone) if (shift.crew_id, shift.starts_at) not in planned
            ]
            if crew.id in known:
                uow.crews.add_shifts(new)
        uow.commit()


def _area(area: DemoArea) -> Area:
    return Area(
        id=AreaId(area.code),
        parent_id=AreaId(area.parent_code) if area.parent_code else None,
        level=area.level,
        name_zh=area.name["zh"],
        name_en=area.name["en"],
        boundary=dict(area.outline),
        synthetic=area.synthetic,
    )


def _asset(asset: DemoAsset) -> Asset:
    return Asset(
        id=asset.code,
        kind=asset.kind,
        name_zh=asset.name["zh"],
        name_en=asset.name["en"],
        lat=asset.lat,
        lon=asset.lon,
        area_id=AreaId(asset.area_code),
        attributes=dict(asset.attributes),
    )


def _device(device: DemoDevice) -> Asset:
    return Asset(
        id=device.code,
        kind=device.kind,
        name_zh=device.name["zh"],
        name_en=device.name["en"],
        lat=device.lat,
        lon=device.lon,
        area_id=AreaId(device.area_code),
        attributes={"source": device.source},
        senses=device.senses,
    )


def _working(device: DemoDevice, now: datetime) -> Device:
    return Device(
        id=device.code, source=device.source, owner="", interval_s=None, rate_per_s=None, registered_at=now
    )


def _crew(crew: DemoCrew, now: datetime) -> Crew:
    return Crew(
        id=CrewId(crew.id),
        code=crew.code,
        name_zh=crew.name["zh"],
        name_en=crew.name["en"],
        capabilities=crew.capabilities,
        phone=crew.phone,
        language=crew.language,
        status=CrewStatus.AVAILABLE,
        status_since=now,
        lat=crew.lat,
        lon=crew.lon,
        position_at=now,
        home_area=AreaId(crew.area_code),
    )


def _shifts(crew: DemoCrew, now: datetime, zone: ZoneInfo) -> list[Shift]:
    """Join duties that follow on each other: a crew is not about to go home between two of its own."""
    joined: list[tuple[datetime, datetime]] = []
    for begins, ends in sorted(cities.duty(crew.shifts, now.astimezone(zone).date(), DAYS, zone)):
        if joined and begins <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(ends, joined[-1][1]))
        else:
            joined.append((begins, ends))
    return [Shift(crew_id=CrewId(crew.id), starts_at=begins, ends_at=ends) for begins, ends in joined]


def _source(source: DemoSource) -> Source:
    return Source(
        name=source.name,
        title=source.title["zh"],
        owner=source.owner,
        key_hashes=(),
        scopes=frozenset(source.scopes),
        rate_per_s=source.rate_per_s,
        burst=source.burst,
    )
