"""The demo's sign-ins and source keys; public, because they open a generated city and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoUser:
    """A person who may sign in; `role` is a value of `casework.domain.people.Role`."""

    name: str
    password: str
    role: str
    title: dict[str, str]
    phone: str


@dataclass(frozen=True, slots=True)
class DemoSource:
    """A system that may send; `scopes` are values of `casework.domain.people.Scope`."""

    name: str
    title: dict[str, str]
    owner: str
    key: str
    scopes: frozenset[str]
    rate_per_s: float
    burst: int


USERS = (
    DemoUser(
        "dispatcher", "demo-dispatcher", "dispatcher", {"en": "Dispatcher", "zh": "派遣员"}, "+862600000901"
    ),
    DemoUser("lead", "demo-shift-lead", "shift_lead", {"en": "Shift lead", "zh": "值班长"}, "+862600000902"),
    DemoUser(
        "officer", "demo-officer", "duty_officer", {"en": "Duty officer", "zh": "值班领导"}, "+862600000903"
    ),
    DemoUser(
        "author", "demo-author", "rule_author", {"en": "Rule author", "zh": "规则编辑"}, "+862600000904"
    ),
    DemoUser("operator", "demo-operator", "operator", {"en": "Operator", "zh": "运维员"}, "+862600000905"),
)

_EVENTS = frozenset({"events"})
RESIDENTS = DemoSource(
    "demo-residents",
    {"en": "Residents' app", "zh": "居民上报"},
    "residents' service desk",
    "demo-key-of-the-residents-app",
    _EVENTS,
    rate_per_s=20,
    burst=100,
)
GAUGES = DemoSource(
    "demo-gauges",
    {"en": "Water-level gauges", "zh": "水位计"},
    "drainage duty desk",
    "demo-key-of-the-water-gauges",
    _EVENTS,
    rate_per_s=50,
    burst=500,
)
VEHICLES = DemoSource(
    "demo-vehicles",
    {"en": "Road inspection vehicles", "zh": "道路巡检车"},
    "road maintenance desk",
    "demo-key-of-the-inspection-vehicles",
    _EVENTS,
    rate_per_s=20,
    burst=200,
)
CREW_PHONES = DemoSource(
    "demo-crew-phones",
    {"en": "Positions of the crews' phones", "zh": "队伍手机定位"},
    "dispatch desk",
    "demo-key-of-the-crews-phones",
    frozenset({"crews:write"}),
    rate_per_s=50,
    burst=200,
)


def _outsider(kind: str, zh: str, en: str, owner: str) -> DemoSource:
    """A system that is heard only when a pack's sample stream plays."""
    title = {"en": en, "zh": zh}
    return DemoSource(f"demo-{kind}", title, owner, f"demo-key-of-the-{kind}", _EVENTS, 20, 200)


SENSORS = _outsider("sensors", "物联感知", "City sensors", "sensor desk")
_OTHERS = (
    SENSORS,
    _outsider("cameras", "视频识别", "Cameras' verdicts", "video analysis desk"),
    _outsider("trucks", "渣土车监管", "Spoil truck tracking", "spoil transport desk"),
    _outsider("weather", "气象预警", "Weather service", "weather bureau"),
    _outsider("inspectors", "城管采集员", "Supervisors on the beat", "urban management centre"),
    _outsider("hotline", "12345热线", "Hotline 12345", "hotline desk"),
    _outsider("police", "110接警台", "Police desk 110", "police liaison"),
)
SENDERS: Mapping[str, DemoSource] = {
    source.name.removeprefix("demo-"): source for source in (RESIDENTS, GAUGES, VEHICLES, *_OTHERS)
}
"""Who sends a sample stream's events, by the name that the stream gives."""
SOURCES = (RESIDENTS, GAUGES, VEHICLES, CREW_PHONES, *_OTHERS)
