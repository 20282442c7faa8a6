"""A local overlay changes what others wrote, says what it changed, and breaks loudly when they do."""

import shutil
from pathlib import Path

import pytest

from rules import packs
from rules.errors import PackInvalid

BASE = Path(__file__).parents[3] / "tests" / "data" / "overlaid"
LOCAL = """
id: local
title: {zh: 本地, en: Local}
owner: our district
requires: [base]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(BASE, tmp_path / "base")
    (tmp_path / "local" / "rules").mkdir(parents=True)
    (tmp_path / "local" / "pack.yaml").write_text(LOCAL, encoding="utf-8")
    return tmp_path


def overlay(folder: Path, text: str) -> None:
    (folder / "local" / "overlay.yaml").write_text(text, encoding="utf-8")


def problems(folder: Path) -> list[str]:
    with pytest.raises(PackInvalid) as refused:
        packs.load_packs([folder])
    return [str(problem) for problem in refused.value.problems]


def test_titles_clocks_thresholds_and_texts_change_and_each_change_is_told(folder: Path) -> None:
    overlay(
        folder,
        """
base:
  title: {zh: 我区积水, en: Our floods}
  categories:
    flood: {targets: {arrival: 240 s}, title: {zh: 大水, en: High water}}
  messages:
    seen: {en: "Look: {place}"}
  rules:
    high:
      title: {zh: 水高, en: Water is high}
      change:
        - {find: {field: value, at_least: 30}, put: {at_least: 25}}
        - {find: {do: open_case}, put: {priority: 1}}
      examples:
        - given: {value: 25}
          expect: [open_case]
        - given: {value: 24}
          expect: []
""",
    )

    catalogue, changes = packs.load_with_changes([folder])

    high = next(rule for rule in catalogue.rules if rule.id == "high")
    category = catalogue.categories["flood"]
    assert high.when.holds({"value": 25})
    assert (high.title["en"], high.then[0].priority, high.pack) == ("Water is high", 1, "base")
    assert (category.targets["arrival"], category.targets["dispatch"]) == (240, 60)
    assert catalogue.messages["seen"] == {"zh": "看{place}", "en": "Look: {place}"}
    assert [pack.title["en"] for pack in catalogue.packs] == ["Our floods", "Local"]
    told = {change.where: (change.before, change.after) for change in changes}
    assert told["rules.high.when.at_least"] == (30, 25)
    assert told["categories.flood.targets.arrival"] == ("300 s", "240 s")
    assert {change.file for change in changes} == {"local/overlay.yaml"}
    assert all(change.line > 1 for change in changes)


def test_a_changed_threshold_is_a_new_version_and_a_changed_title_is_not(folder: Path) -> None:
    before = {rule.id: rule.version for rule in packs.load_packs([folder]).rules}
    overlay(
        folder,
        """
base:
  rules:
    low: {title: {zh: 低, en: Low}}
    high: {change: [{find: {do: open_case}, put: {priority: 1}}]}
""",
    )

    after = {rule.id: rule.version for rule in packs.load_packs([folder]).rules}

    assert after["low"] == before["low"]
    assert after["high"] != before["high"]


def test_a_rule_is_turned_off_and_another_added(folder: Path) -> None:
    overlay(folder, "base: {rules: {high: {enabled: false}}}")
    (folder / "local" / "rules" / "own.yaml").write_text(
        """
id: own
title: {zh: 自有, en: Our own}
when: {event: reading, field: value, at_least: 90}
then: [{do: open_case, category: flood}]
examples:
  - {given: {value: 90}, expect: [open_case]}
  - {given: {value: 89}, expect: []}
""",
        encoding="utf-8",
    )

    catalogue, changes = packs.load_with_changes([folder])

    assert [(rule.pack, rule.id) for rule in catalogue.rules] == [("base", "low"), ("local", "own")]
    assert [(change.where, change.before, change.after) for change in changes] == [
        ("rules.high", "on", "off")
    ]


def test_an_example_that_no_longer_holds_is_told_until_the_overlay_brings_its_own(folder: Path) -> None:
    overlay(folder, "base: {rules: {high: {change: [{find: {at_least: 30}, put: {at_least: 40}}]}}}")

    assert "expected [open_case], came to []" in problems(folder)[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("other: {rules: {}}", "no pack 'other' to change"),
        (
            "base: {rules: {hihg: {enabled: false}}}",
            "no rule 'hihg' in the pack 'base' (did you mean 'high'?)",
        ),
        ("base: {categories: {floods: {priority: 1}}}", "no category 'floods' in the pack 'base'"),
        (
            "base: {rules: {high: {change: [{find: {at_least: 31}, put: {at_least: 25}}]}}}",
            "nothing in the rule 'high' holds {at_least: 31}",
        ),
        (
            "base: {rules: {low: {change: [{find: {field: value}, put: {at_least: 25}}]}}}",
            "2 parts of the rule 'low' hold {field: value}",
        ),
        ("local: {rules: {}}", "an overlay changes other packs"),
        ("base: {rule: {}}", "unknown key 'rule' (did you mean 'rules'?)"),
        ("[]", "must name the packs that it changes"),
        ("base: {categories: {flood: {priority: 9}}}", "priority"),
        (
            "base: {rules: {high: {change: [{find: {at_least: 30}, put: {at_least: many}}]}}}",
            "is not a number",
        ),
    ],
)
def test_what_cannot_be_changed_is_told_with_the_overlays_own_line(
    folder: Path, text: str, said: str
) -> None:
    overlay(folder, text)

    (problem,) = problems(folder)

    assert said in problem
    assert problem.startswith("local/overlay.yaml:1:")


def test_two_overlays_do_not_change_the_same_pack(folder: Path) -> None:
    overlay(folder, "base: {rules: {high: {enabled: false}}}")
    shutil.copytree(folder / "local", folder / "second")
    (folder / "second" / "pack.yaml").write_text(LOCAL.replace("id: local", "id: second"), encoding="utf-8")

    assert "'base' is changed by local/overlay.yaml already" in problems(folder)[0]


def test_problems_below_a_rule_that_was_turned_off_keep_their_lines(folder: Path) -> None:
    file = folder / "base" / "rules" / "rules.yaml"
    file.write_text(file.read_text("utf-8").replace("at_least: 5}", "at_leest: 5}"), encoding="utf-8")
    (line,) = [
        number for number, text in enumerate(file.read_text("utf-8").splitlines(), 1) if "at_leest" in text
    ]
    overlay(folder, "base: {rules: {high: {enabled: false}}}")

    assert any(problem.startswith(f"base/rules/rules.yaml:{line}:") for problem in problems(folder))
