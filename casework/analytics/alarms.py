"""What the house must be told of: the alarms that are open."""

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from casework.analytics import wording
from casework.analytics.views import AlarmLine, Text
from casework.store import tables

LIMIT = 50
_AL, _CASE, _SENT, _REP = tables.alarms.c, tables.cases.c, tables.assignments.c, tables.reports.c
Data = Mapping[str, Any]


def read(connection: sa.Connection, rules: Mapping[str, Text]) -> list[AlarmLine]:
    """List open alarms, newest first; one about a case that has ended is not shown.

    `rules` are the titles of the rules by their id: a rule's notice is named by its rule.
    """
    case_id = sa.func.coalesce(_CASE.id, _SENT.case_id, _REP.case_id)
    query = (
        sa.select(tables.alarms, case_id.label("about"))
        .outerjoin(tables.cases, _CASE.id == _AL.key)
        .outerjoin(tables.assignments, _SENT.id == _AL.key)
        .outerjoin(tables.reports, _REP.id == _AL.key)
        .where(_AL.ended_at.is_(None))
        .order_by(_AL.id.desc())
        .limit(LIMIT)
    )
    found = connection.execute(query).all()
    about = {row.about for row in found if row.about}
    cases = {
        row.id: row
        for row in connection.execute(
            sa.select(_CASE.id, _CASE.number, _CASE.status).where(_CASE.id.in_(about))
        )
    }
    return [_line(row, cases.get(row.about), rules) for row in found if not _is_over(cases.get(row.about))]


def _is_over(case: Any) -> bool:  # noqa: ANN401  (a row of SQLAlchemy)
    return case is not None and case.status.value in {"closed", "voided"}


def _line(row: Any, case: Any, rules: Mapping[str, Text]) -> AlarmLine:  # noqa: ANN401  (rows of SQLAlchemy)
    say = _SENTENCES.get(row.kind)
    if row.kind == "rule_notice" and row.key in rules:
        text = rules[row.key]
    else:
        text = (
            say({"device": row.key, **row.data})
            if say
            else wording.text(row.kind, row.kind.replace("_", " "))
        )
    return AlarmLine(row.id, row.kind, row.key, row.at, text, case and case.id, case and case.number)


def _unheard(data: Data) -> Text:
    zh, en = wording.pair(wording.ROLES, data.get("role"))
    return wording.text(
        f"应告知{zh}, 但无人担任", f"{en.capitalize()} should be told, but nobody has that role"
    )


def _help(data: Data) -> Text:
    crew = str(data.get("actor", "")).removeprefix("crew:")
    return wording.text(f"队伍 {crew} 请求支援", f"Crew {crew} asks for help")


def _notice(data: Data) -> Text:
    code = data.get("message")
    return wording.text(f"规则提示: {code}", f"A rule says: {str(code).replace('_', ' ')}")


def _paused(data: Data) -> Text:
    title = data.get("title") or {}
    return wording.text(
        f"规则「{title.get('zh')}」立案超过 {data.get('cases')} 件, 已自行暂停, 请 {data.get('owner')} 处理",
        f"The rule '{title.get('en')}' wanted more than {data.get('cases')} cases and paused itself; "
        f"its owner is {data.get('owner')}",
    )


def _minutes(data: Data) -> int:
    return round(float(data.get("interval_s") or 0) / 60)


def _device_silent(data: Data) -> Text:
    minutes = _minutes(data)
    return wording.text(
        f"设备 {data.get('device')} 离线: 超过{minutes}分钟没有消息",
        f"Device {data.get('device')} is offline: silent for over {minutes} min",
    )


def _device_storm(data: Data) -> Text:
    device = data.get("device")
    return wording.text(
        f"设备 {device} 消息过多, 超出部分已暂存", f"Device {device} sends too much; the rest is held back"
    )


_SENTENCES: Mapping[str, Callable[[Data], Text]] = {
    "nobody_able": lambda _data: wording.text("没有可派的队伍", "Nobody can be sent"),
    "nobody_to_tell": _unheard,
    "clock_stopped": lambda _data: wording.text(
        "系统时钟异常, 计时可能不准", "The clock jumped; times may be wrong"
    ),
    "crew_needs_help": _help,
    "reporter_not_reached": lambda _data: wording.text("多次回访未果", "A reporter could not be reached"),
    "rule_notice": _notice,
    "rule_paused": _paused,
    "hook_unknown": lambda data: wording.text(
        f"规则 {data.get('rule')} 要通知的系统 {data.get('hook')} 未配置",
        f"Rule {data.get('rule')} calls the system {data.get('hook')}, which is not set up",
    ),
    "windows_evicted": lambda data: wording.text(
        f"规则记忆超过 {data.get('most')} 项, 已丢弃 {data.get('evicted')} 项",
        f"A rule remembers more than {data.get('most')} keys; {data.get('evicted')} were dropped",
    ),
    "device_silent": _device_silent,
    "source_silent": lambda data: wording.text(
        f"数据源 {data.get('device')} 超过{_minutes(data)}分钟没有消息",
        f"Source {data.get('device')} has been silent for over {_minutes(data)} min",
    ),
    "device_storm": _device_storm,
    "mqtt_unreachable": lambda _data: wording.text(
        "消息代理连接不上, 正在重试", "The message broker cannot be reached; it is tried again"
    ),
    "sweep_failed": lambda _data: wording.text(
        "到期处理失败, 将重试", "A deadline could not be handled; it is tried again"
    ),
}
