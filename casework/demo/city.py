"""The demo city: Gongshu district with generated crews, assets and devices, the same from the same seed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from casework.demo import accounts, geometry
from casework.demo.accounts import DemoSource, DemoUser

SEED = 330105
SCENARIOS = Path(__file__).parents[2] / "scenarios"
AREAS_FILE = SCENARIOS / "demo-city" / "areas.geojson"
_CREW_PHONE = (
    "+86260000{:04d}"  # area code 026 is not assigned and no number begins with 0: it can never ring
)
_IDS_BEGIN_MS = 1_767_225_600_000  # 2026-01-01 in UTC: identifiers must not change from start to start


@dataclass(frozen=True, slots=True)
class DemoArea:
    """A node of the tree; `outline` is a GeoJSON geometry in WGS-84 order (lon, lat)."""

    code: str
    level: str
    name: dict[str, str]
    parent_code: str | None
    outline: Mapping[str, Any]
    synthetic: bool


@dataclass(frozen=True, slots=True)
class DemoAsset:
    """A part of the city."""

    code: str
    kind: str
    name: dict[str, str]
    area_code: str
    lat: float
    lon: float
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DemoDevice:
    """What senses; `senses` is the code of the asset it watches, None for one that drives about."""

    code: str
    kind: str
    name: dict[str, str]
    area_code: str
    lat: float
    lon: float
    senses: str | None
    source: str


@dataclass(frozen=True, slots=True)
class DemoShift:
    """A stretch of every day, in local time; one that ends before it begins runs over midnight."""

    code: str
    name: dict[str, str]
    begins: time
    ends: time


@dataclass(frozen=True, slots=True)
class DemoCrew:
    """A crew where it stands at the beginning; `shifts` are codes of `DemoShift`."""

    id: str
    code: str
    name: dict[str, str]
    capabilities: frozenset[str]
    phone: str
    language: str
    area_code: str
    lat: float
    lon: float
    shifts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DemoCity:
    """Everything that is loaded into an empty database."""

    areas: tuple[DemoArea, ...]
    assets: tuple[DemoAsset, ...]
    devices: tuple[DemoDevice, ...]
    crews: tuple[DemoCrew, ...]
    shifts: tuple[DemoShift, ...]
    sources: tuple[DemoSource, ...]
    users: tuple[DemoUser, ...]

    @property
    def streets(self) -> tuple[DemoArea, ...]:
        """The areas of the middle level."""
        return tuple(area for area in self.areas if area.level == "street")


SHIFTS = (
    DemoShift("morning", {"en": "Morning", "zh": "早班"}, time(6), time(14)),
    DemoShift("afternoon", {"en": "Afternoon", "zh": "中班"}, time(14), time(22)),
    DemoShift("night", {"en": "Night", "zh": "夜班"}, time(22), time(6)),
)
# Two of three, so that two thirds of the crews are on duty at any hour.
_ROTAS = (("morning", "afternoon"), ("afternoon", "night"), ("night", "morning"))

# Kind of crew: how many, what they can do, their name.
_CREW_KINDS: tuple[tuple[str, int, frozenset[str], dict[str, str]], ...] = (
    ("drainage", 12, frozenset({"drainage"}), {"en": "drainage crew", "zh": "排水抢修"}),
    ("road_repair", 11, frozenset({"road_repair"}), {"en": "road repair crew", "zh": "道路养护"}),
    ("enforcement", 12, frozenset({"enforcement"}), {"en": "enforcement crew", "zh": "综合执法"}),
    ("sanitation", 8, frozenset({"sanitation"}), {"en": "sanitation crew", "zh": "环卫保洁"}),
    ("lighting", 6, frozenset({"lighting"}), {"en": "lighting crew", "zh": "路灯维护"}),
    ("rescue", 4, frozenset({"rescue", "drainage"}), {"en": "rescue crew", "zh": "应急救援"}),
    ("community", 7, frozenset({"community", "patrol"}), {"en": "grid patrol", "zh": "网格巡查"}),
)

# What a dispatcher types: one letter for the kind, two digits for the crew.
_CREW_LETTERS: Mapping[str, str] = {
    "drainage": "D",
    "road_repair": "R",
    "enforcement": "E",
    "sanitation": "S",
    "lighting": "L",
    "rescue": "X",
    "community": "C",
}

# Kind of asset: how many, its name.
_ASSET_KINDS: tuple[tuple[str, int, dict[str, str]], ...] = (
    ("underpass", 24, {"en": "underpass", "zh": "下穿通道"}),
    ("manhole", 130, {"en": "manhole", "zh": "窨井"}),
    ("street_light", 110, {"en": "street light", "zh": "路灯"}),
    ("road_section", 56, {"en": "road section", "zh": "路段"}),
    ("fire_lane", 34, {"en": "fire lane", "zh": "消防通道"}),
)
_VEHICLES = 10
_CAMERAS = 12
# Centimetres of water at which an underpass is closed.
_FLOOD_THRESHOLDS_CM = (25, 27, 30, 35)


@cache
def demo_city() -> DemoCity:
    """Make the city: the same at every call and on every machine."""
    random = Random(SEED)  # noqa: S311  (a generated city, no secret)
    areas = tuple(read_areas(AREAS_FILE))
    communities = [area for area in areas if area.level == "community"]
    assets = tuple(_make_assets(communities, random))
    return DemoCity(
        areas=areas,
        assets=assets,
        devices=tuple(_make_devices(assets, random)),
        crews=tuple(_make_crews([area for area in areas if area.level == "street"], random)),
        shifts=SHIFTS,
        sources=accounts.SOURCES,
        users=accounts.USERS,
    )


def read_areas(file: Path) -> Iterator[DemoArea]:
    """Read what `script/demo-outline` made, parents before their parts."""
    for feature in json.loads(file.read_text(encoding="utf-8"))["features"]:
        properties = feature["properties"]
        yield DemoArea(
            code=properties["code"],
            level=properties["level"],
            name={"zh": properties["zh"], "en": properties["en"]},
            parent_code=properties["parent"],
            outline=feature["geometry"],
            synthetic=properties["synthetic"],
        )


def duty(codes: Sequence[str], first_day: date, days: int, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """Answer from when to when (UTC) a crew of these shifts is on duty, from the day before the first."""
    chosen = [shift for shift in SHIFTS if shift.code in codes]
    stretches = []
    for day in (first_day + timedelta(days=ahead) for ahead in range(-1, days)):
        for shift in chosen:
            last_day = day + timedelta(days=1) if shift.ends <= shift.begins else day
            begins = datetime.combine(day, shift.begins, zone)
            ends = datetime.combine(last_day, shift.ends, zone)
            stretches.append((begins.astimezone(UTC), ends.astimezone(UTC)))
    return stretches


def _make_assets(communities: Sequence[DemoArea], random: Random) -> Iterator[DemoAsset]:
    for kind, number, name in _ASSET_KINDS:
        for index in range(1, number + 1):
            area = random.choice(communities)
            lat, lon = geometry.random_point(area.outline, random)
            threshold = {"threshold": random.choice(_FLOOD_THRESHOLDS_CM)} if kind == "underpass" else {}
            yield DemoAsset(
                code=f"{kind.replace('_', '-')}-{index:03d}",
                kind=kind,
                name={
                    "zh": f"{area.name['zh'].split('第')[0]}{index}号{name['zh']}",
                    "en": f"{area.name['en'].split(' community')[0]} {name['en']} {index}",
                },
                area_code=area.code,
                lat=lat,
                lon=lon,
                attributes=threshold,
            )


def _make_devices(assets: Sequence[DemoAsset], random: Random) -> Iterator[DemoDevice]:
    underpasses = [asset for asset in assets if asset.kind == "underpass"]
    sections = [asset for asset in assets if asset.kind == "road_section"]
    lanes = [asset for asset in assets if asset.kind == "fire_lane"]
    for asset in underpasses:
        yield _watching("water_gauge", {"zh": "水位计", "en": "water gauge"}, asset, accounts.GAUGES.name)
    for asset in random.sample(lanes, _CAMERAS):
        yield _watching("camera", {"zh": "摄像机", "en": "camera"}, asset, accounts.VEHICLES.name)
    for index, asset in enumerate(random.sample(sections, _VEHICLES), start=1):
        name = {"zh": f"巡检车{index}号", "en": f"Inspection vehicle {index}"}
        place = (asset.area_code, asset.lat, asset.lon)
        yield DemoDevice(f"vehicle-{index:02d}", "vehicle_sensor", name, *place, None, accounts.VEHICLES.name)


def _watching(kind: str, name: dict[str, str], asset: DemoAsset, source: str) -> DemoDevice:
    return DemoDevice(
        code=f"{kind.replace('_', '-')}-{asset.code}",
        kind=kind,
        name={"zh": f"{asset.name['zh']}{name['zh']}", "en": f"{asset.name['en']}, {name['en']}"},
        area_code=asset.area_code,
        lat=asset.lat,
        lon=asset.lon,
        senses=asset.code,
        source=source,
    )


def _make_crews(streets: Sequence[DemoArea], random: Random) -> Iterator[DemoCrew]:
    numbers = count(1)
    for kind, number, capabilities, name in _CREW_KINDS:
        # One street after the other from a random one, so that each kind is spread over the district.
        first = random.randrange(len(streets))
        for index in range(number):
            street = streets[(first + index * len(streets) // number) % len(streets)]
            lat, lon = geometry.random_point(street.outline, random)
            serial = next(numbers)
            yield DemoCrew(
                id=_identifier(serial, random),
                code=f"{_CREW_LETTERS[kind]}{index + 1:02d}",
                name={
                    "zh": f"{street.name['zh'].removesuffix('街道')}{name['zh']}{index + 1}队",
                    "en": f"{street.name['en']} {name['en']} {index + 1}",
                },
                capabilities=capabilities,
                phone=_CREW_PHONE.format(serial),
                language="en" if serial % 6 == 0 else "zh",
                area_code=street.code,
                lat=lat,
                lon=lon,
                shifts=_ROTAS[index % len(_ROTAS)],
            )


def _identifier(serial: int, random: Random) -> str:
    """Make a UUIDv7 (RFC 9562, 5.7) of a fixed time, so that outsiders know a crew by it from the start."""
    number = (_IDS_BEGIN_MS + serial) << 80 | 0x7 << 76 | random.getrandbits(12) << 64
    digits = f"{number | 0b10 << 62 | random.getrandbits(62):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
