"""What happens in the demo city: what residents, gauges and inspection vehicles send. Pure, seeded."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from casework.demo import accounts, geometry, texts
from casework.demo.accounts import DemoSource
from casework.demo.city import DemoAsset, DemoCity, DemoDevice

REPORT_EVERY_S = 9.0
DETECTION_EVERY_S = 25.0
READING_EVERY_S = 10.0
OPENING_S = 120.0
"""For so long after the start the city is busy at any hour, so that a visitor at night sees it work too."""

_LEAST_BUSY = 0.25
_FLOOD_EVERY_S = 240.0
_FLOOD_RISE_S, _FLOOD_STAND_S, _FLOOD_FALL_S = 40.0, 120.0, 90.0
_RESIDENTS = 600
_LABELS = ("pothole", "crack", "alligator_crack", "rut", "broken_kerb", "subsidence", "puddle")
_LABEL_WEIGHTS = (30, 25, 15, 12, 10, 1, 7)
_KNOWN_HOLES = 40


@dataclass(frozen=True, slots=True)
class Signal:
    """Something to post: an event of a source, to be wrapped as a CloudEvent."""

    source: DemoSource
    type: str
    data: Mapping[str, Any]
    subject: str | None = None


def busyness(hour: float, since_start_s: float = math.inf) -> float:
    """How much happens at an hour of the day (0 to 24), from 0.25 at night to 1 at half past eight and six.

    Two bumps on a low floor, as calls to a hotline have; in the first two minutes always 1.
    """
    if since_start_s < OPENING_S:
        return 1.0
    morning = math.exp(-(((hour - 8.5) / 2.5) ** 2))
    evening = math.exp(-(((hour - 18.0) / 3.5) ** 2))
    day = 0.45 if 7 <= hour < 21 else 0.0  # noqa: PLR2004  (hours of the day)
    return min(1.0, max(_LEAST_BUSY, day, morning, evening))


def next_in_s(mean_s: float, busy: float, random: Random) -> float:
    """Draw the seconds to the next of independent happenings (exponential), never more than four means."""
    return min(random.expovariate(busy / mean_s), 4 * mean_s / busy)


@dataclass(slots=True)
class Residents:
    """People who report; some troubles are reported by several of them."""

    city: DemoCity
    random: Random
    _last: tuple[str, DemoAsset | None, tuple[float, float]] | None = None

    def report(self) -> Signal:
        """Make one report; every sixth is about what the one before was about."""
        category, asset, point = (
            self._last if self._last and self.random.random() < 1 / 6 else self._trouble()
        )
        self._last = (category, asset, point)
        language = "en" if self.random.random() < 0.2 else "zh"  # noqa: PLR2004  (one in five)
        place = asset.name[language] if asset else self._address(language)
        lat, lon = geometry.near(point, 15, self.random)
        data: dict[str, Any] = {
            "text": self.random.choice(texts.REPORTS[category][language]).format(place=place),
            "lat": lat,
            "lon": lon,
            "address": place,
            "reporter": {
                "phone": resident_phone(self.random.randrange(_RESIDENTS)),
                "channel": "sms",
                "language": language,
            },
        }
        # Not everybody picks a category in the app.
        if self.random.random() < 0.7:  # noqa: PLR2004  (seven in ten do)
            data["category"] = category
        return Signal(accounts.RESIDENTS, "report", data)

    def _trouble(self) -> tuple[str, DemoAsset | None, tuple[float, float]]:
        category = self.random.choices(list(texts.WEIGHTS), list(texts.WEIGHTS.values()))[0]
        kind = texts.CATEGORY_PLACES.get(category)
        if kind:
            asset = self.random.choice([asset for asset in self.city.assets if asset.kind == kind])
            return category, asset, (asset.lat, asset.lon)
        return (
            category,
            None,
            geometry.random_point(self.random.choice(self.city.streets).outline, self.random),
        )

    def _address(self, language: str) -> str:
        street, number = self.random.choice(self.city.streets).name, self.random.randrange(1, 300)
        return f"{street['zh']}{number}号" if language == "zh" else f"{number} {street['en']}"


def resident_phone(index: int) -> str:
    """Answer a number that can never ring, apart from those of crews and users."""
    return f"+86260000{2000 + index:04d}"


@dataclass(slots=True)
class Gauges:
    """Water-level gauges of underpasses; every few minutes one underpass is flooded and runs dry again."""

    city: DemoCity
    random: Random
    _floods: dict[str, float] = field(default_factory=dict)
    _next_flood_s: float = 8.0

    def readings(self, since_start_s: float) -> Sequence[Signal]:
        """Read every gauge, and let the next flood begin when it is time."""
        if since_start_s >= self._next_flood_s:
            device = self.random.choice([device for device in self.city.devices if device.senses])
            self._floods[device.code] = since_start_s
            self._next_flood_s = since_start_s + next_in_s(_FLOOD_EVERY_S, 1.0, self.random)
        gauges = [device for device in self.city.devices if device.kind == "water_gauge"]
        return [self._read(device, since_start_s) for device in gauges]

    def _read(self, device: DemoDevice, since_start_s: float) -> Signal:
        began = self._floods.get(device.code)
        depth = flood_depth_cm(since_start_s - began) if began is not None else 0.0
        value = round(max(0.0, depth + self.random.uniform(0.0, 3.0)), 1)
        data = {
            "quantity": "water_level",
            "value": value,
            "unit": "cm",
            "lat": device.lat,
            "lon": device.lon,
        }
        return Signal(accounts.GAUGES, "reading", data, subject=device.code)


def flood_depth_cm(since_begin_s: float) -> float:
    """Answer the depth of water: up to 45 cm in 40 s, there for two minutes, gone in another 90 s."""
    highest = 45.0
    if since_begin_s < 0:
        return 0.0
    if since_begin_s < _FLOOD_RISE_S:
        return highest * since_begin_s / _FLOOD_RISE_S
    falling_s = since_begin_s - _FLOOD_RISE_S - _FLOOD_STAND_S
    return highest * min(1.0, max(0.0, 1 - falling_s / _FLOOD_FALL_S))


class Vehicles:
    """Inspection vehicles that pass the same holes again and again: many detections, one case each."""

    def __init__(self, city: DemoCity, random: Random) -> None:
        self._random = random
        self._vehicles = [device for device in city.devices if device.kind == "vehicle_sensor"]
        sections = [asset for asset in city.assets if asset.kind == "road_section"]
        self._holes = [
            (self._label(), geometry.near((asset.lat, asset.lon), 80, random))
            for asset in random.choices(sections, k=_KNOWN_HOLES)
        ]

    def detection(self) -> Signal:
        """See one hole, a few metres beside where it was seen before; every tenth is a new one."""
        if self._random.random() < 0.1:  # noqa: PLR2004  (one in ten)
            index = self._random.randrange(len(self._holes))
            _, point = self._holes[index]
            self._holes[index] = (self._label(), geometry.near(point, 400, self._random))
        label, point = self._random.choice(self._holes)
        lat, lon = geometry.near(point, 6, self._random)
        data = {
            "label": label,
            "confidence": round(self._random.betavariate(6, 2), 2),
            "lat": lat,
            "lon": lon,
        }
        return Signal(accounts.VEHICLES, "detection", data, subject=self._random.choice(self._vehicles).code)

    def _label(self) -> str:
        return self._random.choices(_LABELS, _LABEL_WEIGHTS)[0]


def cloud_event(signal: Signal, event_id: str, now: datetime) -> dict[str, Any]:
    """Wrap a signal as a CloudEvent 1.0 in its structured form."""
    event = {
        "specversion": "1.0",
        "id": event_id,
        "source": signal.source.name,
        "type": signal.type,
        "time": now.isoformat(timespec="milliseconds"),
        "datacontenttype": "application/json",
        "data": signal.data,
    }
    return event | ({"subject": signal.subject} if signal.subject else {})
