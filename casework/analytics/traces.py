"""Why the rules decided so, in sentences: reads the trace that was kept with the event."""

from collections.abc import Mapping, Sequence
from typing import Any

from casework.analytics.views import Text

Json = Mapping[str, Any]
_OPERATORS: Mapping[str, tuple[str, str]] = {
    "equals": ("等于", "is"),
    "not_equals": ("不等于", "is not"),
    "at_least": ("不小于", "is at least"),
    "at_most": ("不大于", "is at most"),
    "more_than": ("大于", "is more than"),
    "less_than": ("小于", "is less than"),
    "between": ("介于", "is between"),
    "in": ("属于", "is one of"),
    "contains": ("包含", "contains"),
    "matches": ("匹配", "matches"),
    "exists": ("存在", "is given"),
    "missing": ("缺失", "is missing"),
    "near": ("临近", "is near"),
    "during": ("处于", "is during"),
}
_DONE = {
    "open_case": ("立案或并入同类案件", "opened a case, or joined one"),
    "extend_case": ("并入已有案件", "joined a known case"),
    "notify": ("通知", "told"),
    "dismiss": ("不予立案", "dismissed"),
    "warn": ("先行告知", "warned first"),
    "set_asset_state": ("更改设施状态", "changed the state of the asset"),
    "webhook": ("通知外部系统", "told another system"),
    "start_plan": ("记录启动预案", "recorded a plan to start"),
    "add_points": ("记分", "recorded points"),
    "nothing": ("暂不处置", "was held back"),
}
_HELD_BACK = {
    "paused": ("规则已暂停, 自", "the rule is paused since"),
    "cooling": ("冷却至", "it acts again from"),
    "until": ("等待至", "waits until"),
    "hook": ("系统", "system"),
    "unknown_hook": ("系统未配置:", "system not set up:"),
    "plan": ("预案", "plan"),
    "party": ("对象", "party"),
    "state": ("状态", "state"),
}
_WARNED = {
    "sent": ("已发出", "the text is on its way"),
    "waiting": ("等待整改", "waiting for it to be mended"),
    "not_mended": ("未整改", "it was not mended"),
    "nobody": ("无人可告知", "nobody can be warned"),
}


def steps(trace: Json) -> list[Text]:
    """Tell what was guessed, which rules held and why, what was done, and why the others did not hold."""
    said: list[Text] = []
    if error := trace.get("error"):
        said.append({"zh": f"判定失败: {error}", "en": f"Could not be judged: {error}"})
    for name, value in (trace.get("guessed") or {}).items():
        said.append(
            {"zh": f"根据文字推测 {name} 为 {value}", "en": f"Guessed from the words: {name} is {value}"}
        )
    for rule in trace.get("matched") or ():
        zh, en = _tree(rule.get("when") or {})
        seen_zh, seen_en = _window(rule.get("window") or {})
        said.append(
            {
                "zh": f"规则 {rule['rule']} 成立: {zh}{seen_zh}",
                "en": f"Rule {rule['rule']} held: {en}{seen_en}",
            }
        )
    said += [_done(step) for step in trace.get("done") or ()]
    for rule in trace.get("unmatched") or ():
        zh, en = _tree(rule.get("failed") or rule.get("when") or {})
        seen_zh, seen_en = _window(rule.get("window") or {})
        said.append(
            {
                "zh": f"规则 {rule['rule']} 不成立: {zh}{seen_zh}",
                "en": f"Rule {rule['rule']} did not hold: {en}{seen_en}",
            }
        )
    if unlisted := trace.get("unlisted"):
        said.append({"zh": f"另有 {unlisted} 条规则不成立", "en": f"{unlisted} further rules did not hold"})
    return said


def _done(step: Json) -> Text:
    zh, en = _DONE.get(str(step.get("do")), (str(step.get("do")), str(step.get("do"))))
    reason = step.get("reason") or _instead(step)
    told = ", ".join(map(str, step.get("told") or ()))
    return {
        "zh": f"因规则 {step.get('rule')}: {zh} {reason.get('zh') or told}".strip(),
        "en": f"By rule {step.get('rule')}: {en} {reason.get('en') or told}".strip(),
    }


def _instead(step: Json) -> Mapping[str, str]:
    """Say what held a rule back, whom it warned, or what it recorded."""
    warned = _WARNED.get(str(step.get("warned")))
    told = [warned] if warned else []
    told += [
        (f"{zh} {step[key]}", f"{en} {step[key]}") for key, (zh, en) in _HELD_BACK.items() if step.get(key)
    ]
    return {"zh": ", ".join(zh for zh, _ in told), "en": ", ".join(en for _, en in told)}


def _window(window: Json) -> tuple[str, str]:
    """Say what a window counted, and what it lacks."""
    if not window:
        return "", ""
    told: list[tuple[str, str]] = []
    needs = window.get("needs") or {}
    if counted := window.get("counted"):
        number = window.get("count", len(counted))
        listed = ", ".join(map(str, counted))
        told.append((f"计入 {number} 条 ({listed})", f"counted {number} ({listed})"))
    if more := needs.get("more"):
        told.append((f"还差 {more} 条", f"{more} more needed"))
    for key, (zh, en) in _NEEDS.items():
        if (value := needs.get(key, window.get(key))) not in (None, False, [], {}):
            told.append((f"{zh} {_value(value)}", f"{en} {_value(value)}"))
    if not told:
        return "", ""
    return "; " + ", ".join(zh for zh, _ in told), "; " + ", ".join(en for _, en in told)


_NEEDS = {
    "until": ("须持续至", "must last until"),
    "roles": ("还缺", "still without"),
    "changed": ("变化", "changed by"),
    "absent_until": ("等候至", "awaited until"),
    "waits_until": ("等候迟到事件至", "waits for late events until"),
    "missing": ("缺少字段", "lacks the fields"),
    "latched": ("尚未解除, 自", "not cleared since"),
    "late": ("迟到", "came late:"),
    "evicted": ("已丢弃", "forgotten:"),
}


def _tree(tree: Json) -> tuple[str, str]:
    if "all" in tree:
        return _joined(tree["all"], (", 且 ", " and "))
    if "any" in tree:
        return _joined(tree["any"], (" 或 ", " or "))
    if "not" in tree:
        zh, en = _tree(tree["not"])
        return f"并非 ({zh})", f"not ({en})"
    zh, en = _OPERATORS.get(str(tree.get("operator")), (str(tree.get("operator")),) * 2)
    wanted, seen = _value(tree.get("wanted")), _value(tree.get("seen"))
    zh_seen, en_seen = (
        ("未给出", "not given") if tree.get("seen") is None else (f"实为 {seen}", f"it was {seen}")
    )
    return f"{tree.get('field')} {zh} {wanted} ({zh_seen})", f"{tree.get('field')} {en} {wanted} ({en_seen})"


def _joined(parts: Sequence[Json], words: tuple[str, str]) -> tuple[str, str]:
    told = [_tree(part) for part in parts]
    return words[0].join(zh for zh, _ in told), words[1].join(en for _, en in told)


def _value(value: object) -> str:
    if isinstance(value, list):
        shown = ", ".join(map(str, value[:6]))
        return f"{shown}, …" if len(value) > 6 else shown  # noqa: PLR2004  (a sentence, not a list)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_value(one)}" for name, one in value.items())
    return "-" if value is None else str(value)
