"""A case's timeline in plain words of both languages."""

from collections.abc import Callable, Mapping
from typing import Any

from casework.analytics import reasons
from casework.analytics.names import Names
from casework.analytics.views import Text
from casework.domain.timeline import Entry, EntryKind

Data = Mapping[str, Any]
E = EntryKind

CLOCKS: Mapping[str, tuple[str, str]] = {
    "response": ("答复", "answer"),
    "dispatch": ("派单", "dispatch"),
    "arrival": ("到场", "arrival"),
    "resolution": ("处置", "resolution"),
    "callback": ("回访", "callback"),
}
ROLES: Mapping[str, tuple[str, str]] = {
    "dispatcher": ("派遣员", "the dispatcher"),
    "shift_lead": ("值班长", "the shift lead"),
    "duty_officer": ("值班领导", "the duty officer"),
    "rule_author": ("规则编辑", "the rule author"),
    "operator": ("运维员", "the operator"),
}
PURPOSES: Mapping[str, tuple[str, str]] = {
    "resident_received": ("已受理", "report received"),
    "resident_extended": ("已并入同一案件", "joined a known case"),
    "resident_dispatched": ("队伍已出发", "a crew is coming"),
    "resident_resolved": ("是否已解决", "is it fixed?"),
    "resident_reopened": ("已重新处理", "taken up again"),
    "resident_progress": ("进展", "progress"),
    "crew_offer": ("派单通知", "offer"),
    "crew_withdrawn": ("撤回派单", "no longer needed"),
    "escalation_near": ("即将超时", "soon late"),
    "escalation_over": ("已超时", "late"),
}
DISPOSITIONS: Mapping[str, tuple[str, str]] = {
    "resolved": ("已解决", "resolved"),
    "partly_resolved": ("部分解决", "partly resolved"),
    "unfounded": ("不属实", "unfounded"),
    "not_responsible": ("非本单位职责", "not ours to handle"),
    "duplicate": ("重复", "duplicate"),
    "self_corrected": ("自行恢复", "corrected itself"),
    "cannot_fix": ("无法处置", "cannot be fixed"),
    "cancelled": ("已取消", "cancelled"),
}
_JOINED = {
    "same_subject": ("同一对象", "about the same thing"),
    "near_and_recent": ("距离近、时间近", "near and recent"),
}
_ACTORS = {"system": ("系统", "system"), "reporter": ("反映人", "reporter")}
_CAUSES = {
    "decision": ("调度决策", "the assignment decision"),
    "link": ("操作链接", "the action link"),
    "deadline": ("计时到点", "a deadline"),
    "message": ("消息回执", "a message's receipt"),
    "report": ("市民答复", "a reporter's answer"),
}
_KINDS = {"rule": ("规则 {}", "rule {}"), "user": ("{}", "{}"), "crew": ("队伍 {}", "crew {}")}


def text(zh: str, en: str) -> Text:
    """Pair the two languages."""
    return {"zh": zh, "en": en}


def pair(words: Mapping[str, tuple[str, str]], code: object) -> tuple[str, str]:
    """Look a word up in both languages; an unknown code stands for itself."""
    return words.get(str(code), (str(code), str(code).replace("_", " ")))


def duration(seconds: float | None) -> str:
    """Write a duration as `4:05`, or `1:02:05`."""
    if seconds is None:
        return "-"
    minutes, secs = divmod(round(abs(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{secs:02d}" if hours else f"{minutes}:{secs:02d}"


def actor(said: str) -> Text:
    """Name who did it."""
    kind, _, name = said.partition(":")
    zh, en = pair(_ACTORS, kind) if not name else _KINDS.get(kind, ("{}", "{}"))
    return text(zh.format(name), en.format(name))


def cause(said: str | None) -> Text | None:
    """Name what brought it about."""
    if said is None:
        return None
    kind, _, rest = said.partition(":")
    if kind == "event":
        return text(f"事件 {rest}", f"event {rest}")
    return text(*pair(_CAUSES, kind))


def sentence(entry: Entry, names: Names) -> Text:
    """Say in one sentence what an entry records."""
    return _SENTENCES[entry.kind](entry.data, names)


def _plain(zh: str, en: str) -> Callable[[Data, Names], Text]:
    return lambda _data, _names: text(zh, en)


def _with(zh: str, en: str, name: str) -> Callable[[Data, Names], Text]:
    """Add what a person wrote, where they wrote something."""

    def say(data: Data, _names: Names) -> Text:
        said = str(data.get(name) or "").strip()
        return text(f"{zh}: {said}", f"{en}: {said}") if said else text(zh, en)

    return say


def _crew(zh: str, en: str) -> Callable[[Data, Names], Text]:
    """Name the crew, which is kept by its id or by its code."""

    def say(data: Data, names: Names) -> Text:
        kept = str(data.get("crew", ""))
        code = names.crews[kept].code if kept in names.crews else kept
        eta = data.get("eta_s")
        zh_eta, en_eta = (
            (f", 预计 {duration(eta)} 到场", f", about {duration(eta)} away") if eta else ("", "")
        )
        return text(zh.format(code) + zh_eta, en.format(code) + en_eta)

    return say


def _left(zh: str, en: str) -> Callable[[Data, Names], Text]:
    """Name the crew that is no longer on the case, and why."""

    def say(data: Data, names: Names) -> Text:
        base, why = _crew(zh, en)(data, names), str(data.get("reason") or "")
        plain = why in {"", "unanswered", "declined"}
        return base if plain else text(f"{base['zh']}: {why}", f"{base['en']}: {why}")

    return say


def _clock(zh: str, en: str) -> Callable[[Data, Names], Text]:
    def say(data: Data, _names: Names) -> Text:
        name = pair(CLOCKS, data.get("clock"))
        times = duration(data.get("elapsed_s")), duration(data.get("target_s"))
        return text(zh.format(name[0], *times), en.format(name[1], *times))

    return say


def _joined(data: Data, _names: Names) -> Text:
    if data.get("reason") == "merged":
        return text(f"案件 {data.get('case')} 并入本案", f"Case {data.get('case')} became part of this one")
    zh, en = pair(_JOINED, data.get("reason"))
    far = data.get("distance_m")
    at = f", {far:.0f} m" if far is not None else ""
    return text(f"新信号并入本案 ({zh}{at})", f"A further signal joined ({en}{at})")


def _nobody(data: Data, _names: Names) -> Text:
    why = reasons.nobody(data.get("reason"), data.get("counts") or {})
    return text(f"没有可派的队伍: {why['zh']}", f"Nobody can be sent: {why['en']}")


def _told(data: Data, _names: Names) -> Text:
    zh, en = pair(PURPOSES, data.get("purpose"))
    return text(f"告知反映人: {zh}", f"Reporter told: {en}")


def _failed(data: Data, _names: Names) -> Text:
    zh, en = pair(PURPOSES, data.get("purpose"))
    code = data.get("code")
    return text(f"消息未能送达: {zh} ({code})", f"A text could not be delivered: {en} ({code})")


def _escalated(data: Data, _names: Names) -> Text:
    zh, en = pair(ROLES, data.get("role"))
    people = ", ".join(map(str, data.get("told") or [])) or "-"
    why = f": {data['reason']}" if data.get("reason") else ""
    by_zh, by_en = (
        ("人工升级", "Escalated by hand") if data.get("trigger") == "by_hand" else ("自动升级", "Escalated")
    )
    return text(f"{by_zh}, 告知{zh} ({people}){why}", f"{by_en} to {en} ({people}){why}")


def _unheard(data: Data, _names: Names) -> Text:
    zh, en = pair(ROLES, data.get("role"))
    return text(f"应告知{zh}, 但无人担任", f"{en.capitalize()} should be told, but nobody has that role")


def _closed(data: Data, _names: Names) -> Text:
    zh, en = pair(DISPOSITIONS, data.get("disposition"))
    note = f": {data['note']}" if data.get("note") else ""
    return text(f"结案, {zh}{note}", f"Closed as {en}{note}")


def _done(data: Data, _names: Names) -> Text:
    zh, en = pair(DISPOSITIONS, data.get("disposition"))
    note = f": {data['note']}" if data.get("note") else ""
    return text(f"队伍处置完毕, {zh}{note}", f"The crew is done, {en}{note}")


_SENTENCES: Mapping[EntryKind, Callable[[Data, Names], Text]] = {
    E.CASE_COLLECTED: _plain("登记案件", "Case collected"),
    E.REPORT_RECEIVED: _plain("收到上报", "Report received"),
    E.REPORT_ANSWERED: _plain("已答复反映人", "Reporter answered"),
    E.SIGNAL_ADDED: _joined,
    E.PLACE_CHANGED: _plain("确定位置", "Place set"),
    E.CASE_FILED: _plain("立案", "Filed"),
    E.CREW_RECOMMENDED: _crew("推荐队伍 {}", "Crew {} recommended"),
    E.NOBODY_ABLE: _nobody,
    E.CREW_OFFERED: _crew("派给队伍 {}", "Offered to crew {}"),
    E.ASSIGNMENT_SENT: _plain("派单通知已发出", "The offer was sent"),
    E.ASSIGNMENT_DELIVERED: _plain("派单通知已送达", "The offer was delivered"),
    E.CREW_ACKNOWLEDGED: _plain("队伍已接单", "The crew accepted"),
    E.CREW_EN_ROUTE: _plain("队伍已出发", "The crew is on its way"),
    E.CREW_ON_SCENE: _plain("队伍已到场", "The crew is on scene"),
    E.CREW_DECLINED: _left("队伍 {} 拒单", "Crew {} declined"),
    E.CREW_NEEDS_HELP: _with("队伍请求支援", "The crew asks for help", "note"),
    E.OFFER_EXPIRED: _left("队伍 {} 未答复, 派单失效", "Crew {} did not answer in time"),
    E.CREW_WITHDRAWN: _left("撤回队伍 {}", "Crew {} withdrawn"),
    E.CREW_DONE: _done,
    E.CASE_VERIFIED: _plain("核查通过", "Verified"),
    E.CASE_CLOSED: _closed,
    E.CASE_VOIDED: _with("作废", "Voided", "reason"),
    E.CASE_MERGED: lambda data, _names: text(
        f"并入案件 {data.get('into')}", f"Merged into case {data.get('into')}"
    ),
    E.CASE_REOPENED: _with("重新处理", "Reopened", "reason"),
    E.CASE_PAUSED: _with("计时暂停", "Clocks paused", "reason"),
    E.CASE_RESUMED: _plain("计时恢复", "Clocks run again"),
    E.CLOCK_NEAR: _clock("{0}时限将到 (已用 {1} / {2})", "The {0} target is near ({1} of {2} used)"),
    E.CLOCK_OVER: _clock("{0}已超时 (已用 {1} / {2})", "The {0} target has passed ({1} of {2} used)"),
    E.ESCALATED: _escalated,
    E.NOBODY_TO_TELL: _unheard,
    E.REPORTER_TOLD: _told,
    E.REPORTER_REACHED: _plain("反映人已收到结果", "The reporter was reached"),
    E.REPORTER_CONFIRMED: _plain("反映人确认已解决", "The reporter says it is fixed"),
    E.REPORTER_COMPLAINED: _plain("反映人表示未解决", "The reporter says it is not fixed"),
    E.CALLBACK_FAILED: _plain("多次回访未果", "The reporter could not be reached"),
    E.MESSAGE_FAILED: _failed,
    E.PHOTO_ADDED: _plain("添加照片", "Photo added"),
    E.NOTE_ADDED: _with("备注", "Note", "text"),
}
