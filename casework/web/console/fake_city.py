"""A plausible evening in Gongshu district, generated from a seed, for tests, screenshots and benchmarks."""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from casework.analytics import views
from casework.analytics.views import CategoryView, Text

STREETS: Sequence[tuple[str, str, float, float]] = (
    ("武林街道", "Wulin", 30.2752, 120.1631),
    ("天水街道", "Tianshui", 30.2681, 120.1602),
    ("长庆街道", "Changqing", 30.2683, 120.1723),
    ("潮鸣街道", "Chaoming", 30.2724, 120.1824),
    ("朝晖街道", "Zhaohui", 30.2871, 120.1702),
    ("文晖街道", "Wenhui", 30.2922, 120.1823),
    ("东新街道", "Dongxin", 30.3103, 120.1754),
    ("石桥街道", "Shiqiao", 30.3304, 120.1902),
    ("米市巷街道", "Mishixiang", 30.2853, 120.1503),
    ("湖墅街道", "Hushu", 30.2971, 120.1472),
    ("小河街道", "Xiaohe", 30.3122, 120.1401),
    ("和睦街道", "Hemu", 30.3091, 120.1283),
    ("大关街道", "Daguan", 30.3062, 120.1554),
    ("上塘街道", "Shangtang", 30.3253, 120.1522),
    ("拱宸桥街道", "Gongchenqiao", 30.3254, 120.1371),
    ("祥符街道", "Xiangfu", 30.3301, 120.1152),
    ("康桥街道", "Kangqiao", 30.3552, 120.1403),
    ("半山街道", "Banshan", 30.3651, 120.1751),
)
CATEGORIES: Mapping[str, tuple[CategoryView, str]] = {
    code: (CategoryView(code, {"zh": zh, "en": en}, icon), capability)
    for code, zh, en, icon, capability in (
        ("flooding", "积水内涝", "Flooding", "water", "drainage"),
        ("road_damage", "道路破损", "Road damage", "road", "road_repair"),
        ("manhole", "井盖缺损", "Manhole cover", "manhole", "road_repair"),
        ("litter", "暴露垃圾", "Litter", "litter", "sanitation"),
        ("noise", "施工噪声", "Building noise", "noise", "enforcement"),
        ("parking", "违法停车", "Illegal parking", "parking", "enforcement"),
        ("street_light", "路灯故障", "Street light", "light", "lighting"),
        ("tree", "树木倒伏", "Fallen tree", "tree", "rescue"),
    )
}
STORIES: Sequence[tuple[str, str, str, int]] = (
    ("flooding", "下穿通道水位 34 cm 并在上涨", "Underpass water at 34 cm and rising", 1),
    ("tree", "行道树倒伏压住非机动车", "Fallen tree on parked bicycles", 1),
    ("manhole", "井盖缺失, 已用雪糕筒围挡", "Manhole cover missing, cones in place", 1),
    ("road_damage", "机动车道坑洞, 直径约 60 cm", "Pothole in the carriageway, about 60 cm", 2),
    ("flooding", "小区门口积水没过脚踝", "Water over the ankles at the estate gate", 2),
    ("street_light", "整条巷子路灯不亮", "No street lights in the whole lane", 2),
    ("noise", "工地夜间浇筑, 居民无法入睡", "Concrete poured at night, residents awake", 3),
    ("parking", "消防通道被车辆占用", "Cars block the fire lane", 2),
    ("litter", "垃圾桶满溢, 有异味", "Bins overflow and smell", 3),
    ("litter", "沿街堆放装修垃圾", "Builders' rubble along the street", 3),
    ("parking", "共享单车占满盲道", "Shared bikes cover the tactile paving", 4),
    ("road_damage", "人行道砖松动", "Loose paving on the footway", 4),
)
ROADS = (
    "湖墅南路",
    "莫干山路",
    "上塘路",
    "丽水路",
    "金华路",
    "石祥路",
    "德胜路",
    "登云路",
    "东新路",
    "香积寺路",
)
CAPABILITIES = ("drainage", "road_repair", "sanitation", "enforcement", "lighting", "rescue")
_CREW_WORDS = {
    "drainage": ("排水抢险", "Drainage"),
    "road_repair": ("市政养护", "Road repair"),
    "sanitation": ("环卫保洁", "Sanitation"),
    "enforcement": ("综合执法", "Enforcement"),
    "lighting": ("路灯维护", "Lighting"),
    "rescue": ("应急救援", "Rescue"),
}
_STEPS = (
    # status, running clock, its target, what the case waits for
    ("filed", "dispatch", 60.0, "dispatch"),
    ("dispatched", "dispatch", 60.0, "crew_answer"),
    ("acknowledged", "arrival", 300.0, "crew_departure"),
    ("en_route", "arrival", 300.0, "crew_arrival"),
    ("on_scene", "resolution", 1200.0, "crew_result"),
    ("resolved", "callback", 120.0, "verification"),
)


@dataclass(frozen=True, slots=True)
class City:
    """What the fake console stands on."""

    rows: Sequence[views.BoardRow]
    crews: Sequence[views.CrewRow]


def make_city(now: datetime, *, cases: int = 42, crews: int = 60, seed: int = 7) -> City:
    """Generate open cases and crews as they could be at `now`; the same seed gives the same city."""
    chance = random.Random(seed)  # noqa: S311  (a plausible city, not a secret)
    team = [make_crew(chance, index, now) for index in range(crews)]
    return City([make_row(chance, index, now, team) for index in range(cases)], team)


def make_crew(chance: random.Random, index: int, now: datetime) -> views.CrewRow:
    """Generate one crew near the middle of its street."""
    capability = CAPABILITIES[index % len(CAPABILITIES)]
    zh, en, lat, lon = STREETS[index % len(STREETS)]
    words = _CREW_WORDS[capability]
    status = chance.choices(("available", "en_route", "on_scene", "out_of_service"), (6, 2, 2, 1))[0]
    busy = status in {"en_route", "on_scene"}
    extra = [CAPABILITIES[(index + 3) % len(CAPABILITIES)]] if index % 4 == 0 else []
    return views.CrewRow(
        id=f"crew-{index + 1:02d}",
        code=f"C{index + 1:02d}",
        name={"zh": f"{zh[:2]}{words[0]}{index // 18 + 1}队", "en": f"{en} {words[1]} {index // 18 + 1}"},
        capabilities=[capability, *extra],
        status=status,
        status_since=now - timedelta(seconds=chance.randint(20, 5400)),
        position_at=now - timedelta(seconds=chance.choice((4, 11, 19, 26, 48, 75, 410))),
        lat=lat + chance.uniform(-0.007, 0.007),
        lon=lon + chance.uniform(-0.007, 0.007),
        load=1 if busy else 0,
        capacity=2,
        shift_ends_at=now + timedelta(minutes=chance.choice((35, 95, 220, 340))),
        home_area={"zh": zh, "en": en},
    )


def make_row(
    chance: random.Random, index: int, now: datetime, team: Sequence[views.CrewRow]
) -> views.BoardRow:
    """Generate one open case, somewhere on its way."""
    code, title_zh, title_en, priority = STORIES[index % len(STORIES)]
    category, capability = CATEGORIES[code]
    zh, en, lat, lon = STREETS[chance.randrange(len(STREETS))]
    step = 0 if index < len(STORIES) // 2 else chance.choices(range(len(_STEPS)), (4, 3, 3, 5, 6, 3))[0]
    status, kind, target, waiting = _STEPS[step]
    left = target * chance.choice((0.95, 0.8, 0.66, 0.5, 0.35, 0.18, 0.08, -0.2, -0.6))
    able = [crew for crew in team if capability in crew.capabilities and crew.status != "out_of_service"]
    best = min(able, key=lambda crew: math.dist((crew.lat or 0, crew.lon or 0), (lat, lon)), default=None)
    return views.BoardRow(
        id=f"case-{1042 - index}",
        number=1042 - index,
        title={"zh": title_zh, "en": title_en},
        category=category,
        priority=priority,
        status=status,
        place=dict.fromkeys(("zh", "en"), f"{chance.choice(ROADS)} {chance.randint(8, 480)} 号"),
        area={"zh": zh, "en": en},
        lat=lat + chance.uniform(-0.008, 0.008),
        lon=lon + chance.uniform(-0.008, 0.008),
        opened_at=now - timedelta(seconds=target - left),
        reporters=chance.choice((1, 1, 1, 2, 3, 7)),
        version=3,
        waiting_for=waiting,
        clock=views.RunningClock(kind, now + timedelta(seconds=left), target, paused=index % 13 == 1),
        crew=_on_case(best, status, now, chance) if step else None,
        recommended=None if step else _recommend(best, capability, lat, lon),
    )


def _on_case(
    crew: views.CrewRow | None, status: str, now: datetime, chance: random.Random
) -> views.CrewOnCase | None:
    if crew is None:
        return None
    shown = {"dispatched": "notified", "resolved": "cleared"}.get(status, status)
    return views.CrewOnCase(crew.code, crew.name, shown, now - timedelta(seconds=chance.randint(5, 400)))


def _recommend(crew: views.CrewRow | None, capability: str, lat: float, lon: float) -> views.Recommendation:
    if crew is None or crew.lat is None or crew.lon is None:
        words: Text = {"zh": f"没有可用的{_CREW_WORDS[capability][0]}队伍", "en": "No able crew is on shift"}
        return views.Recommendation(None, None, None, words)
    metres = math.hypot((crew.lat - lat) * 111_000, (crew.lon - lon) * 96_000)
    eta = metres * 1.35 / 7.5 + 25
    reason = {
        "zh": f"最近的{_CREW_WORDS[capability][0]}队伍, 空闲, 距离 {metres / 1000:.1f} km",
        "en": f"Nearest able crew, free, {metres / 1000:.1f} km away",
    }
    return views.Recommendation(crew.code, crew.name, eta, reason)


def outlines() -> dict[str, Any]:
    """Give each street a generated outline: the cell of its middle among all middles, within an oval."""
    features = [
        {
            "type": "Feature",
            "properties": {"code": f"S{index:02d}", "level": "street", "name_zh": zh, "name_en": en},
            "geometry": {"type": "Polygon", "coordinates": [_cell(index)]},
        }
        for index, (zh, en, _lat, _lon) in enumerate(STREETS)
    ]
    return {"type": "FeatureCollection", "features": features}


def _cell(index: int) -> list[list[float]]:
    _zh, _en, lat, lon = STREETS[index]
    ring = []
    for step in range(48):
        angle = 2 * math.pi * step / 48
        reach = _reach(index, math.cos(angle), math.sin(angle))
        ring.append([round(lon + reach * math.cos(angle), 6), round(lat + reach * math.sin(angle), 6)])
    return [*ring, ring[0]]


def _reach(index: int, dx: float, dy: float) -> float:
    """Go from a middle in one direction (degrees) up to where another middle is nearer."""
    _zh, _en, lat, lon = STREETS[index]
    reach = 0.02
    for other, (_z, _e, other_lat, other_lon) in enumerate(STREETS):
        ahead = (other_lon - lon) * dx + (other_lat - lat) * dy
        if other != index and ahead > 0:
            reach = min(reach, ((other_lon - lon) ** 2 + (other_lat - lat) ** 2) / (2 * ahead))
    return reach
