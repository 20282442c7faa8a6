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
    "above": ("大于", "is above"),
    "below": ("小于", "is below"),
    "in": ("属于", "is one of"),
    "contains": ("包含", "contains"),
    "contains_any": ("包含任一", "contains any of"),
    "exists": ("存在", "is given"),
}
_DONE = {
    "open_case": ("立案或并入同类案件", "opened a case, or joined one"),
    "extend_case": ("并入已有案件", "joined a known case"),
    "notify": ("通知", "told"),
    "dismiss": ("不予立案", "dismissed"),
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
        said.append({"zh": f"规则 {rule['rule']} 成立: {zh}", "en": f"Rule {rule['rule']} held: {en}"})
    said += [_done(step) for step in trace.get("done") or ()]
    for rule in trace.get("unmatched") or ():
        zh, en = _tree(rule.get("failed") or {})
        said.append(
            {"zh": f"规则 {rule['rule']} 不成立: {zh}", "en": f"Rule {rule['rule']} did not hold: {en}"}
        )
    if unlisted := trace.get("unlisted"):
        said.append({"zh": f"另有 {unlisted} 条规则不成立", "en": f"{unlisted} further rules did not hold"})
    return said


def _done(step: Json) -> Text:
    zh, en = _DONE.get(str(step.get("do")), (str(step.get("do")), str(step.get("do"))))
    reason = step.get("reason") or {}
    told = ", ".join(map(str, step.get("told") or ()))
    return {
        "zh": f"因规则 {step.get('rule')}: {zh} {reason.get('zh') or told}".strip(),
        "en": f"By rule {step.get('rule')}: {en} {reason.get('en') or told}".strip(),
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
    return "-" if value is None else str(value)
