"""What the demo's residents write, by category and language; `{place}` is where it is."""

from collections.abc import Mapping, Sequence

REPORTS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "drainage": {
        "zh": (
            "{place}路面积水,快没过脚踝了,行人过不去",
            "{place}下水道堵了,污水一直往外冒",
            "{place}雨水口堵塞,一下雨就内涝,麻烦来疏通",
        ),
        "en": (
            "Standing water at {place}, people cannot get across",
            "The drain at {place} is blocked and sewage comes up",
        ),
    },
    "manhole_cover": {
        "zh": ("{place}井盖不见了,电动车差点掉进去", "{place}窨井盖松动,车一过就响,晚上更危险"),
        "en": ("A manhole cover is missing at {place}", "The drain cover at {place} is loose and rattles"),
    },
    "road_damage": {
        "zh": (
            "{place}路面破损,有个大坑,骑车很危险",
            "{place}人行道地砖塌陷,老人走路容易绊倒",
            "{place}道路坑坑洼洼,盼望早点维修",
        ),
        "en": (
            "Deep pothole at {place}, a cyclist nearly fell",
            "Broken pavement at {place}, hard with a pram",
        ),
    },
    "noise": {
        "zh": ("{place}工地夜间施工,打桩声吵得睡不着", "{place}广场舞音响太吵,严重扰民"),
        "en": ("Night construction at {place}, nobody can sleep", "Very loud music at {place} every evening"),
    },
    "rubbish": {
        "zh": (
            "{place}垃圾桶满了几天没人清理,臭味很大",
            "{place}有人乱倒建筑垃圾,堵了半条路",
        ),
        "en": ("Overflowing bin at {place}, it has been days", "Somebody dumped building waste at {place}"),
    },
    "street_light": {
        "zh": ("{place}路灯不亮,晚上一片漆黑", "{place}一排路灯坏了好几天,女儿放学不敢走"),
        "en": ("Three street lights out at {place}, it is a dark street", "The lamp post at {place} leans"),
    },
    "fire_lane": {
        "zh": ("{place}消防通道被私家车堵住了", "{place}违停严重,消防车根本进不来"),
        "en": ("Cars parked in the fire lane at {place}", "Illegal parking blocks the exit at {place}"),
    },
    "street_vending": {
        "zh": ("{place}流动摊贩占道经营,油烟呛人", "{place}烧烤摊出店经营,人行道走不了"),
        "en": ("Hawkers block the pavement at {place}", "A food stall at {place} stands on the bicycle lane"),
    },
}
WEIGHTS: Mapping[str, int] = {
    "drainage": 14,
    "manhole_cover": 7,
    "road_damage": 16,
    "noise": 12,
    "rubbish": 20,
    "street_light": 11,
    "fire_lane": 12,
    "street_vending": 12,
}

NOTES: Mapping[str, Mapping[str, Sequence[str]]] = {
    "done": {
        "zh": ("已处置,现场恢复", "已清理完毕", "已修复,恢复通行"),
        "en": ("Done, the place is clear", "Repaired and open again"),
    },
    "decline": {
        "zh": ("车辆故障,去不了", "正在处理另一处,人手不够"),
        "en": ("Our vehicle broke down", "No hands free, still at another place"),
    },
    "need_help": {"zh": ("水太深,请求支援",), "en": ("Too much for us alone, please send help",)},
}

CATEGORY_PLACES: Mapping[str, str] = {
    "drainage": "manhole",
    "manhole_cover": "manhole",
    "road_damage": "road_section",
    "street_light": "street_light",
    "fire_lane": "fire_lane",
}
"""The kind of asset that a category is usually about; the others can be anywhere."""
