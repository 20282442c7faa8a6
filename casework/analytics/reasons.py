"""Why this crew and not another, in plain words: reads the explanation that the assignment kept as JSON."""

from collections.abc import Mapping
from typing import Any

from casework.analytics.names import Names
from casework.analytics.views import Candidate, Text

Json = Mapping[str, Any]

CAPABILITIES: Mapping[str, tuple[str, str]] = {
    "drainage": ("排水", "drainage"),
    "road_repair": ("道路养护", "road repair"),
    "sanitation": ("环卫", "sanitation"),
    "enforcement": ("执法", "enforcement"),
    "lighting": ("照明", "lighting"),
    "rescue": ("救援", "rescue"),
}
STATUSES: Mapping[str, tuple[str, str]] = {
    "available": ("待命", "available"),
    "notified": ("已通知", "notified"),
    "acknowledged": ("已接单", "acknowledged"),
    "en_route": ("在途", "en route"),
    "on_scene": ("在场", "on scene"),
    "cleared": ("已撤离", "cleared"),
    "delayed": ("延误", "delayed"),
    "out_of_service": ("停用", "out of service"),
}
VERDICTS: Mapping[str, tuple[str, str]] = {
    "no_capability": ("能力不符", "not able for this"),
    "off_shift": ("不当班", "off shift"),
    "shift_ends": ("即将下班", "shift ends too soon"),
    "not_available": ("正忙或停用", "busy or out of service"),
    "busy": ("任务已满", "fully loaded"),
    "no_position": ("位置未知", "position unknown"),
    "stale_position": ("定位过旧", "position too old"),
    "out_of_area": ("不在辖区", "outside its area"),
    "refused": ("已拒绝或被撤回", "declined or withdrawn before"),
    "unreachable": ("无法到达", "cannot get there"),
    "not_to_be_turned": ("在途不再改派", "not to be turned any more"),
    "sent_elsewhere": ("派往其他案件", "sent elsewhere"),
    "costs_more": ("代价更高", "costs more"),
}
_REASONS = {
    "no_crews": ("没有当班队伍", "no crews are on duty"),
    "no_able_crew": ("没有能派的队伍", "no able crew is free"),
    "crews_needed_elsewhere": ("队伍更需要去别处", "crews are needed more elsewhere"),
}
TERMS = {
    "travel": ("路程", "travel"),
    "queue": ("手头任务", "work before it"),
    "lateness": ("迟到", "lateness"),
    "position_age": ("定位时效", "position age"),
    "switching": ("改派", "switching"),
    "mutual_aid": ("跨区", "away from home"),
    "fairness": ("均衡", "fair share"),
    "preemption": ("中断任务", "interrupted work"),
    "coverage": ("覆盖损失", "coverage lost"),
}


def _text(zh: str, en: str) -> Text:
    return {"zh": zh, "en": en}


def _pair(words: Mapping[str, tuple[str, str]], code: object) -> tuple[str, str]:
    return words.get(str(code), (str(code), str(code).replace("_", " ")))


def _listed(counts: Mapping[str, int]) -> tuple[str, str]:
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    zh = ", ".join(f"{n} 支{_pair(VERDICTS, code)[0]}" for code, n in ordered)
    en = ", ".join(f"{n} {_pair(VERDICTS, code)[1]}" for code, n in ordered)
    return zh, en


def nobody(reason: str | None, counts: Mapping[str, int]) -> Text:
    """Say why a case is left waiting, with how many crews were out for each reason."""
    zh, en = _pair(_REASONS, reason)
    why_zh, why_en = _listed(counts)
    return _text(f"{zh} ({why_zh})", f"{en} ({why_en})") if why_zh else _text(zh, en)


def chosen(explanation: Json, names: Names) -> Text:
    """Say in one line why the chosen crew was chosen."""
    counts = explanation.get("counts") or {}
    able = sum(counts.get(code, 0) for code in ("chosen", "costs_more", "sent_elsewhere")) or 1
    zh, en = f"{able} 支可派队伍中总代价最低", f"least total delay of {able} able crews"
    if able == 1:
        zh, en = "唯一可派的队伍", "the only able crew"
    second, margin = explanation.get("runner_up"), explanation.get("margin_s")
    if second and margin is not None and margin >= 1:
        code = names.crew(str(second)).code
        zh, en = f"{zh}, 比 {code} 少 {margin:.0f} 秒", f"{en}, {margin:.0f} s better than {code}"
    if str(explanation.get("eta_source")).startswith("distance"):
        zh, en = f"{zh}; 按直线距离估时", f"{en}; times by straight distance"
    return _text(zh, en)


def candidates(explanation: Json | None, names: Names) -> list[Candidate]:
    """List the crews that were looked at: the chosen one, then able ones, then those that are out."""
    if not explanation:
        return []
    best = explanation.get("chosen")
    lines = [_candidate(best, explanation, names, is_best=True)] if best else []
    return lines + [
        _candidate(seen, explanation, names, is_best=False) for seen in explanation.get("others") or ()
    ]


def not_listed(explanation: Json | None) -> int:
    """Count the crews that were looked at but are not in the list."""
    return int((explanation or {}).get("not_listed") or 0)


def _candidate(seen: Json, explanation: Json, names: Names, *, is_best: bool) -> Candidate:
    crew = names.crew(str(seen.get("crew_id")))
    verdict = str(seen.get("verdict"))
    said = [chosen(explanation, names)] if is_best else [_text(*_pair(VERDICTS, verdict))]
    if terms := seen.get("terms"):
        said.append(_terms(terms))
    return Candidate(
        crew_code=crew.code,
        crew_name=crew.name,
        chosen=is_best,
        able=verdict in {"chosen", "costs_more", "sent_elsewhere"},
        eta_s=seen.get("eta_s"),
        distance_m=None,
        reasons=said,
        would_change=_change(seen.get("change") or {}),
    )


def _terms(terms: Mapping[str, float]) -> Text:
    told = [(code, value) for code, value in terms.items() if abs(value) >= 1]
    zh = " + ".join(f"{_pair(TERMS, code)[0]} {value:.0f} 秒" for code, value in told)
    en = " + ".join(f"{_pair(TERMS, code)[1]} {value:.0f} s" for code, value in told)
    return _text(zh or "0 秒", en or "0 s")


def _change(change: Json) -> Text | None:
    """Say what would have to be different for this crew to be chosen."""
    if missing := change.get("missing"):
        zh = ", ".join(_pair(CAPABILITIES, code)[0] for code in missing)
        en = ", ".join(_pair(CAPABILITIES, code)[1] for code in missing)
        return _text(f"缺少能力: {zh}", f"it lacks: {en}")
    if "cheaper_by_s" in change:
        less = float(change["cheaper_by_s"])
        return _text(f"快 {less:.0f} 秒即被选中", f"chosen if {less:.0f} s better") if less >= 1 else None
    if "shift_longer_by_s" in change:
        more = float(change["shift_longer_by_s"]) / 60
        return _text(f"当班需再长 {more:.0f} 分钟", f"its shift would have to last {more:.0f} min longer")
    if change.get("status"):
        zh, en = _pair(STATUSES, change.get("is"))
        return _text(f"现为{zh}, 需待命", f"it is {en} and would have to be available")
    return _rest(change)


def _rest(change: Json) -> Text | None:
    if "load_below" in change:
        return _text(f"现有 {change['is']} 个任务", f"it holds {change['is']} assignments now")
    if "position_age_at_most_s" in change:
        limit = float(change["position_age_at_most_s"]) / 60
        return _text(f"定位须在 {limit:.0f} 分钟内", f"its position must be under {limit:.0f} min old")
    if change.get("mutual_aid"):
        return _text("仅在本辖区出动", "it works in its home area only")
    return None
