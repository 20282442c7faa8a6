"""Packs that mean harm, or come of a machine gone wrong: refused or judged in bounded time, in words."""

import time
from pathlib import Path

import pytest

from rules import canary
from rules.errors import PackInvalid
from rules.matcher import build_matcher
from rules.packs import load_packs

PACK = "id: evil\ntitle: {zh: 坏, en: Evil}\nowner: nobody\n"
HEAD = "id: r\ntitle: {zh: 规, en: Rule}\n"
TAIL = "then: [{do: dismiss, reason: {zh: 无, en: none}}]\n"
EXAMPLES = "examples: [{given: {text: aaaa}, expect: [dismiss]}, {given: {text: b}, expect: []}]\n"
BOUND_S = 10.0


def written(tmp_path: Path, rule: str) -> Path:
    folder = tmp_path / "evil"
    (folder / "rules").mkdir(parents=True)
    (folder / "pack.yaml").write_text(PACK, encoding="utf-8")
    (folder / "rules" / "r.yaml").write_text(rule, encoding="utf-8")
    return folder


def _many(count: int) -> str:
    return ", ".join("{field: text, equals: a}" for _ in range(count))


def _nested(depth: int) -> str:
    return "{all: [" * depth + "{field: text, equals: a}" + "]}" * depth


HOSTILE = {
    "a bomb of aliases": "a: &a [x,x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n",
    "10,000 conditions": HEAD + f"when: {{event: report, all: [{_many(10_000)}]}}\n" + TAIL + EXAMPLES,
    "10,000 alternatives": HEAD + f"when: {{event: report, any: [{_many(10_000)}]}}\n" + TAIL + EXAMPLES,
    "alternatives that multiply": HEAD
    + "when: {event: report, all: ["
    + ", ".join("{field: text, in: [a, b, c, d, e, f, g, h]}" for _ in range(40))
    + "]}\n"
    + TAIL
    + EXAMPLES,
    "deep nesting": HEAD + f"when: {{event: report, all: [{_nested(200)}]}}\n" + TAIL + EXAMPLES,
    "10,000 others": HEAD
    + "when: {event: report}\nwindow: {together: {within: 1 min, with: ["
    + _many(10_000)
    + "]}}\n"
    + TAIL
    + "examples: [{events: [{at: 0 s}]}]\n",
    "a step of 10,000 conditions": HEAD
    + "when: {event: report}\nwindow: {then: [{within: 1 min, all: ["
    + _many(10_000)
    + "]}]}\n"
    + TAIL
    + "examples: [{events: [{at: 0 s}]}]\n",
    "10,000 moments": HEAD
    + "when: {event: report}\nwindow: {count: {at_least: 2, within: 1 min}}\n"
    + TAIL
    + f"examples: [{{events: [{', '.join('{at: 0 s}' for _ in range(10_000))}]}}]\n",
    "10,000 examples": HEAD
    + "when: {event: report}\n"
    + TAIL
    + f"examples: [{', '.join('{given: {}, expect: []}' for _ in range(10_000))}]\n",
    "a unit that computes": HEAD
    + "when: {event: report, field: lat, at_least: 3 m**9**9**9}\n"
    + TAIL
    + EXAMPLES,
    "a pattern beyond its memory": HEAD
    + "when: {event: report, field: text, matches: '((a{100}){100}){100}'}\n"
    + TAIL
    + EXAMPLES,
}


@pytest.mark.parametrize("rule", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_pack_is_refused_in_words_and_in_bounded_time(tmp_path, rule):
    folder = written(tmp_path, rule)
    started = time.process_time()

    with pytest.raises(PackInvalid) as refused:
        load_packs([folder])

    assert time.process_time() - started < BOUND_S
    assert "evil/rules/r.yaml:" in str(refused.value)


@pytest.mark.parametrize("pattern", ["(a+)+$", "^(a|a)+$", "[一-龥]+|a", "(a?){64}a{64}|a", ".*ab.*abc|a"])
def test_patterns_that_ruin_others_take_linear_time_here(tmp_path, pattern):
    rule = HEAD + f"when: {{event: report, field: text, matches: '{pattern}'}}\n" + TAIL
    catalogue = load_packs([written(tmp_path, rule + EXAMPLES)])
    matcher = build_matcher(catalogue)
    started = time.process_time()

    matcher.match("report", {"text": "a" * 9_999 + "!"})

    matcher.close()
    assert time.process_time() - started < 1.0


def test_rules_that_hang_are_refused_by_the_child_that_tries_them_first(tmp_path):
    rule = HEAD + "when: {event: report, field: text, contains: a}\n" + TAIL + EXAMPLES

    with pytest.raises(PackInvalid, match="hang"):
        canary.check([written(tmp_path, rule)], timeout_s=0.01)
