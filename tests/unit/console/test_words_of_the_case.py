"""Everything that a timeline, a decision or a trace can say has words in both languages."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

import rules
from casework import ids
from casework.analytics import names, queue, reasons, traces, wording
from casework.domain.clocks import ClockKind, Pause
from casework.domain.timeline import Entry, EntryKind
from casework.ids import CaseId, EntryId
from casework.web.console import words
from routing.plan import HARD_REASONS
from rules import conditions
from rules.catalogue import Do

ROOT = Path(__file__).parents[3]
NOBODY = names.Names({}, {}, {"crew-1": names.CrewName("C17", {"zh": "排水一队", "en": "Drainage 1"})})


def entry(kind, clock, **data):
    return Entry(
        id=EntryId(ids.new()), case_id=CaseId("case"), at=clock(), kind=kind, actor="system", data=data
    )


@pytest.mark.parametrize("kind", EntryKind)
def test_every_kind_of_entry_has_a_sentence_in_both_languages(kind, clock):
    said = wording.sentence(entry(kind, clock), NOBODY)

    assert said["zh"]
    assert said["en"]
    assert said["zh"] != said["en"]


def test_an_entry_names_the_crew_by_its_code_though_it_was_kept_by_its_id(clock):
    said = wording.sentence(entry(EntryKind.CREW_RECOMMENDED, clock, crew="crew-1", eta_s=245.0), NOBODY)

    assert said["en"] == "Crew C17 recommended, about 4:05 away"


@pytest.mark.parametrize("verdict", HARD_REASONS)
def test_every_reason_against_a_crew_has_words(verdict):
    said = reasons.nobody("no_able_crew", {verdict: 3})

    assert verdict not in said["en"].split()
    assert "3" in said["zh"]


def test_the_chosen_crew_comes_with_its_margin_over_the_next():
    said = reasons.chosen(
        {"counts": {"chosen": 1, "costs_more": 2}, "runner_up": "crew-1", "margin_s": 31.2}, NOBODY
    )

    assert said["en"] == "least total delay of 3 able crews, 31 s better than C17"


def test_a_trace_says_which_condition_failed_and_what_would_have_to_differ():
    leaf = {"field": "value", "operator": "at_least", "wanted": 30, "seen": 2.4, "held": False}

    trace = traces.read(
        {"unmatched": [{"rule": "flood", "failed": leaf}]}, {"flood": {"en": "Flood", "zh": "积水"}}
    )

    [rule] = trace.rules
    assert rule.title["en"] == "Flood"
    assert not rule.held
    [line] = rule.lines
    assert line.said["en"] == "value is at least 30 (it was 2.4)"
    assert line.differ["en"] == "it would have to reach 30, 27.6 away"


def test_a_trace_keeps_the_groups_of_a_rule_that_held():
    first = {"field": "kind", "operator": "in", "wanted": ["gauge", "camera"], "seen": "gauge", "held": True}
    second = {"field": "value", "operator": "at_least", "wanted": 30, "seen": 31, "held": True}
    third = {"field": "value", "operator": "at_most", "wanted": 9, "seen": 31, "held": False}
    when = {"all": [first, {"any": [second, third], "held": True}], "held": True}

    [rule] = traces.read({"matched": [{"rule": "flood", "when": when}]}, {}).rules

    assert [(line.depth, line.held) for line in rule.lines] == [
        (0, True),
        (1, True),
        (1, True),
        (2, True),
        (2, False),
    ]
    assert rule.lines[1].said["en"] == "kind is one of gauge, camera (it was gauge)"


def test_inside_a_not_what_holds_would_have_to_fail():
    leaf = {"field": "kind", "operator": "equals", "wanted": "test", "seen": "test", "held": True}

    [rule] = traces.read({"unmatched": [{"rule": "x", "failed": {"not": leaf, "held": False}}]}, {}).rules

    assert [line.differ and line.differ["en"] for line in rule.lines] == [None, "this would have to fail"]


def test_every_operator_of_the_rules_has_its_words():
    wordless = {name for name in conditions.OPERATORS if name not in traces.OPERATORS}

    assert wordless == set()


def test_every_icon_of_the_packs_is_in_the_sprite():
    sprite = (ROOT / "casework" / "web" / "console" / "static" / "icons.svg").read_text(encoding="utf-8")
    catalogue = rules.load_packs((ROOT / "scenarios",))

    drawn = set(re.findall(r'id="([\w-]+)"', sprite))

    assert {category.icon for category in catalogue.categories.values()} <= drawn


def test_a_pause_moves_the_end_of_a_clock(clock):
    began = clock()
    rest = Pause(began + timedelta(seconds=10), EntryId("a"), began + timedelta(seconds=40), EntryId("b"))

    running = queue.running(ClockKind.DISPATCH, 60.0, began, (rest,), began + timedelta(seconds=50))

    assert running.due_at == began + timedelta(seconds=90)
    assert not running.paused


def test_a_clock_that_runs_comes_before_one_that_stands_still(clock):
    began = clock()
    still = (ClockKind.DISPATCH, 10.0, began, (Pause(began, EntryId("a")),))
    runs = (ClockKind.RESOLUTION, 1200.0, began, ())

    first = queue.first_out([still, runs], began)

    assert first is not None
    assert first.kind == "resolution"


def test_a_window_says_what_it_counted_and_what_it_lacks():
    window = {"kind": "count", "held": False, "count": 2, "counted": ["a/1", "a/2"], "needs": {"more": 1}}
    leaf = {"field": "quantity", "operator": "equals", "wanted": "leak", "seen": "leak", "held": True}

    [rule] = traces.read({"unmatched": [{"rule": "three-leaks", "when": leaf, "window": window}]}, {}).rules

    assert [line.held for line in rule.lines] == [True, False]
    assert rule.lines[1].said == {"zh": "窗口计入 2 条 (a/1, a/2)", "en": "its window counted 2 (a/1, a/2)"}
    assert rule.lines[1].differ == {"zh": "还差 1 条", "en": "1 more needed"}


def test_a_rule_that_was_held_back_says_why():
    done = [
        {"do": "nothing", "rule": "r", "paused": "2026-01-01T00:00:00+00:00"},
        {"do": "warn", "rule": "r", "warned": "nobody"},
    ]

    [paused, warned] = traces.read({"done": done}, {}).done

    assert paused["en"] == "By rule r: was held back the rule is paused since 2026-01-01T00:00:00+00:00"
    assert warned["zh"] == "因规则 r: 先行告知 无人可告知"


def test_everything_that_a_rule_may_do_has_words():
    assert {do.value for do in Do} <= words.DO.keys()
