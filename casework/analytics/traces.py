"""Why the rules decided so: reads the trace that was kept with the event, condition by condition."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from casework.analytics.views import RuleTrace, Text, Trace, TraceLine

Json = Mapping[str, Any]
OPERATORS: Mapping[str, tuple[str, str]] = {
    "equals": ("等于", "is"),
    "not_equals": ("不等于", "is not"),
    "at_least": ("不小于", "is at least"),
    "at_most": ("不大于", "is at most"),
    "more_than": ("大于", "is more than"),
    "less_than": ("小于", "is less than"),
    "between": ("介于", "is between"),
    "in": ("属于", "is one of"),
    "contains": ("包含", "contains"),
    "matches": ("符合样式", "matches"),
    "exists": ("已给出", "is given"),
    "missing": ("未给出", "is not given"),
    "near": ("临近", "is near"),
    "during": ("处于", "is during"),
}
_GROUPS: Mapping[str, tuple[str, str]] = {
    "all": ("以下全部成立", "all of these"),
    "any": ("以下任一成立", "any of these"),
    "not": ("以下不成立", "none of this"),
}
_DIFFER: Mapping[str, tuple[str, str]] = {
    "equals": ("须为 {}", "it would have to be {}"),
    "not_equals": ("不得为 {}", "it would have to be other than {}"),
    "at_least": ("须达到 {}{}", "it would have to reach {}{}"),
    "at_most": ("须不超过 {}{}", "it would have to be no more than {}{}"),
    "more_than": ("须超过 {}{}", "it would have to be more than {}{}"),
    "less_than": ("须低于 {}{}", "it would have to be less than {}{}"),
    "between": ("须介于 {}", "it would have to be between {}"),
    "in": ("须为其一: {}", "it would have to be one of {}"),
    "contains": ("须包含: {}", "it would have to contain {}"),
    "matches": ("须符合样式 {}", "it would have to match {}"),
    "exists": ("须给出", "it would have to be given"),
    "missing": ("不得给出", "it would have to be left out"),
    "near": ("须临近 {}", "it would have to be near {}"),
    "during": ("须处于 {}", "it would have to be during {}"),
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


def read(trace: Json, titles: Mapping[str, Text]) -> Trace:
    """Read what was guessed, which rules held and why, what was done, and why the others did not hold."""
    return Trace(
        error=trace.get("error"),
        guessed=[
            {"zh": f"根据文字推测 {name} 为 {value}", "en": f"Guessed from the words: {name} is {value}"}
            for name, value in (trace.get("guessed") or {}).items()
        ],
        done=[_done(step, titles) for step in trace.get("done") or ()],
        rules=[
            *(_rule(rule, titles, rule.get("when") or {}, held=True) for rule in trace.get("matched") or ()),
            *(
                _rule(rule, titles, rule.get("failed") or rule.get("when") or {}, held=False)
                for rule in trace.get("unmatched") or ()
            ),
        ],
        unlisted=int(trace.get("unlisted") or 0),
    )


def _rule(rule: Json, titles: Mapping[str, Text], tree: Json, *, held: bool) -> RuleTrace:
    name = str(rule.get("rule"))
    return RuleTrace(
        id=name,
        title=titles.get(name) or {"zh": name, "en": name},
        version=str(rule.get("version") or ""),
        pack=str(rule.get("pack") or ""),
        held=held,
        lines=[*(_lines(tree, 0) if tree else ()), *_window(rule.get("window") or {})],
    )


def _window(window: Json) -> Iterator[TraceLine]:
    """Say what a window counted, and what it lacks."""
    if not window:
        return
    counted, needs = window.get("counted") or (), window.get("needs") or {}
    number, listed = window.get("count", len(counted)), ", ".join(map(str, counted))
    said = (f"窗口计入 {number} 条", f"its window counted {number}")
    lacks = [(f"还差 {needs['more']} 条", f"{needs['more']} more needed")] if needs.get("more") else []
    lacks += [
        (f"{zh} {_value(value)}", f"{en} {_value(value)}")
        for key, (zh, en) in _NEEDS.items()
        if (value := needs.get(key, window.get(key))) not in (None, False, [], {})
    ]
    zh, en = (f"{word} ({listed})" if listed else word for word in said)
    differ = {"zh": ", ".join(zh for zh, _ in lacks), "en": ", ".join(en for _, en in lacks)}
    yield TraceLine(0, bool(window.get("held")), {"zh": zh, "en": en}, differ if lacks else None)


def _lines(tree: Json, depth: int, *, wanted: bool = True) -> Iterator[TraceLine]:
    """Lay a tree out; `wanted` is False inside a `not`, where what fails is as it should be."""
    for group, (zh, en) in _GROUPS.items():
        if group in tree:
            parts, inside = ([tree[group]], not wanted) if group == "not" else (tree[group], wanted)
            yield TraceLine(depth, bool(tree.get("held")), {"zh": f"{zh}:", "en": f"{en}:"})
            for part in parts:
                yield from _lines(part, depth + 1, wanted=inside)
            return
    held = bool(tree.get("held"))
    yield TraceLine(depth, held, _leaf(tree), None if held is wanted else _differ(tree, wanted=wanted))


def _leaf(leaf: Json) -> Text:
    zh, en = OPERATORS.get(str(leaf.get("operator")), (str(leaf.get("operator")),) * 2)
    seen = leaf.get("seen")
    wanted = "" if leaf.get("operator") in {"exists", "missing"} else f" {_wanted(leaf)}"
    zh_seen, en_seen = (
        ("未给出", "not given") if seen is None else (f"实为 {_value(seen)}", f"it was {_value(seen)}")
    )
    name = leaf.get("field")
    return {"zh": f"{name} {zh}{wanted} ({zh_seen})", "en": f"{name} {en}{wanted} ({en_seen})"}


def _differ(leaf: Json, *, wanted: bool) -> Text:
    """Say what the value would have to be for the condition to hold, and by how much it missed."""
    if not wanted:
        return {"zh": "须不成立", "en": "this would have to fail"}
    seen, asked = leaf.get("seen"), leaf.get("wanted")
    zh, en = _DIFFER.get(str(leaf.get("operator")), ("须满足 {}", "it would have to satisfy {}"))
    if isinstance(seen, int | float) and isinstance(asked, int | float) and not isinstance(seen, bool):
        gap = f"{round(abs(asked - seen), 6):g}"
        return {
            "zh": zh.format(_wanted(leaf), f", 相差 {gap}"),
            "en": en.format(_wanted(leaf), f", {gap} away"),
        }
    return {"zh": zh.format(_wanted(leaf), ""), "en": en.format(_wanted(leaf), "")}


def _wanted(leaf: Json) -> str:
    other = leaf.get("wanted_field")
    return _value(leaf.get("wanted")) if other is None else f"{other} = {_value(leaf.get('wanted'))}"


def _done(step: Json, titles: Mapping[str, Text]) -> Text:
    zh, en = _DONE.get(str(step.get("do")), (str(step.get("do")), str(step.get("do"))))
    reason = step.get("reason") or _instead(step)
    told = ", ".join(map(str, step.get("told") or ()))
    name = str(step.get("rule"))
    title = titles.get(name) or {"zh": name, "en": name}
    return {
        "zh": f"因规则 {title['zh']}: {zh} {reason.get('zh') or told}".strip(),
        "en": f"By rule {title['en']}: {en} {reason.get('en') or told}".strip(),
    }


def _instead(step: Json) -> Mapping[str, str]:
    """Say what held a rule back, whom it warned, or what it recorded."""
    warned = _WARNED.get(str(step.get("warned")))
    told = [warned] if warned else []
    told += [
        (f"{zh} {step[key]}", f"{en} {step[key]}") for key, (zh, en) in _HELD_BACK.items() if step.get(key)
    ]
    return {"zh": ", ".join(zh for zh, _ in told), "en": ", ".join(en for _, en in told)}


def _value(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        shown = ", ".join(map(str, value[:6]))
        return f"{shown}, …" if len(value) > 6 else shown  # noqa: PLR2004  (a sentence, not a list)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_value(one)}" for name, one in value.items())
    return "-" if value is None else str(value)
