"""Whatever is wrong in a pack is refused with its file and line, and a word how to mend it."""

import textwrap
from pathlib import Path

import pytest

from rules import packs
from rules.errors import PackInvalid
from rules.packs import load_packs

GOOD = {
    "pack.yaml": "id: leaks\ntitle: {zh: 漏水, en: Leaks}\nowner: water desk\n",
    "escalation.yaml": (
        "standard:\n  steps:\n    - {of: dispatch, kind: over, after: 60 s, notify: shift_lead}\n"
    ),
    "messages.yaml": 'leak_seen: {zh: "{place}漏水", en: "A leak at {place}"}\n',
    "categories.yaml": (
        "leak:\n  title: {zh: 漏水, en: Leak}\n  capabilities: [drainage]\n"
        "  grouping: {radius: 50 m, within: 2 h}\n  escalation: standard\n"
    ),
    "rules/leaks.yaml": (
        "id: leak\n"
        "title: {zh: 漏水, en: Leak}\n"
        "when:\n"
        "  event: reading\n"
        "  all:\n"
        "    - {field: quantity, equals: flow}\n"
        "    - {field: value, at_least: 30}\n"
        "then:\n"
        "  - {do: open_case, category: leak}\n"
        "examples:\n"
        "  - given: {quantity: flow, value: 30}\n"
        "    expect: [open_case]\n"
        "  - given: {quantity: flow, value: 29}\n"
        "    expect: []\n"
    ),
}


def write_pack(folder: Path, **changed: str | bytes) -> Path:
    pack = folder / "leaks"
    for name, text in {**GOOD, **changed}.items():
        (pack / name).parent.mkdir(parents=True, exist_ok=True)
        (pack / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return pack


def complaints(folder: Path, **changed: str | bytes) -> list[str]:
    with pytest.raises(PackInvalid) as refused:
        load_packs([write_pack(folder, **changed)])
    return str(refused.value).splitlines()


def test_a_good_pack_loads(tmp_path: Path) -> None:
    catalogue = load_packs([write_pack(tmp_path)])

    assert [rule.id for rule in catalogue.rules] == ["leak"]
    assert catalogue.rules[0].owner == "water desk"
    assert catalogue.categories["leak"].targets["arrival"] == 300
    assert catalogue.categories["leak"].grouping.within_s == 7200


RULE = GOOD["rules/leaks.yaml"]
LEAF = "{field: value, at_least: 30}"


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        (
            "rules/leaks.yaml",
            "  event:",
            "  on:",
            "rules/leaks.yaml:4: the key 'on' is read as true or false",
        ),
        (
            "rules/leaks.yaml",
            "  event: reading",
            "  event: raeding",
            ":4: unknown event type 'raeding' (did you",
        ),
        ("rules/leaks.yaml", "  event: reading\n", "", ":3: 'when' names no event type"),
        (
            "rules/leaks.yaml",
            "field: value",
            "field: valve",
            ":7: unknown field 'valve' (did you mean 'value'?)",
        ),
        (
            "rules/leaks.yaml",
            "at_least",
            "atleast",
            ":7: unknown operator 'atleast' (did you mean 'at_least'?)",
        ),
        ("rules/leaks.yaml", "at_least: 30", "at_least: '30'", ":7: '30' is not a number"),
        ("rules/leaks.yaml", "at_least: 30", "at_least: 1e400", ":7: the number 1e400 is out of range"),
        ("rules/leaks.yaml", "at_least: 30", "at_least: .nan", ":7: '.nan' may be a word or a value"),
        ("rules/leaks.yaml", "equals: flow", "equals: yes", ":6: 'yes' may be a word or a value"),
        ("rules/leaks.yaml", "equals: flow", "equals: 7", ":6: '7' is not a text (put it in quotes)"),
        ("rules/leaks.yaml", "equals: flow", "matches: '(a'", ":6: not a pattern: missing )"),
        ("rules/leaks.yaml", "equals: flow", "at_least: 5", ":6: 'at_least' does not fit quantity"),
        ("rules/leaks.yaml", LEAF, "{field: value, between: [9, 1]}", ":7: 'between' needs the lower"),
        ("rules/leaks.yaml", LEAF, "{field: value, at_least_field: unit}", ":7: compares a number with unit"),
        ("rules/leaks.yaml", LEAF, "{field: value, exists: false}", ":7: 'exists' takes only true"),
        ("rules/leaks.yaml", LEAF, "{all: [], any: []}", ":7: 'all', 'any' stand side by side"),
        ("rules/leaks.yaml", LEAF, "{any: []}", ":7: 'any' needs a list of conditions"),
        (
            "rules/leaks.yaml",
            "do: open_case",
            "do: open_cases",
            ":9: unknown action 'open_cases' (did you mean",
        ),
        (
            "rules/leaks.yaml",
            "category: leak",
            "category: leek",
            ":1: rule 'leak': unknown category 'leek' (did",
        ),
        (
            "rules/leaks.yaml",
            "category: leak",
            "category: leak, group_within: soon",
            ":9: group_within: 'soon'",
        ),
        ("rules/leaks.yaml", "category: leak", "category: leak, colour: red", ":9: unknown key 'colour'"),
        ("rules/leaks.yaml", "value: 29", "value: 31", ":13: rule 'leak': expected [], came to [open_case]"),
        ("rules/leaks.yaml", "value: 29", "vale: 29", ":13: unknown field 'vale' (did you mean 'value'?)"),
        ("rules/leaks.yaml", "value: 29", "value: high", ":13: value: must be a number"),
        ("rules/leaks.yaml", "expect: [open_case]", "expect: []", ":10: no example matches"),
        ("rules/leaks.yaml", "id: leak\n", "id: leak\nid: leak\n", ":2: the key 'id' stands twice"),
        ("rules/leaks.yaml", "id: leak\n", "id: &a leak\nowner: *a\n", ":1: an anchor (&a)"),
        ("rules/leaks.yaml", "id: leak\n", "id: !!python/name:os.system x\n", ":1: a tag"),
        ("rules/leaks.yaml", "  all:", "  all: [", ":6: is not YAML"),
        ("pack.yaml", "owner", "ownr", "leaks/pack.yaml:3: unknown key 'ownr' (did you mean 'owner'?)"),
        ("pack.yaml", "owner: water desk", "owner: w\nrequires: [rain]", ":1: requires the pack 'rain'"),
        (
            "categories.yaml",
            "escalation: standard",
            "escalation: standrad",
            ":1: unknown escalation policy 'standrad'",
        ),
        ("categories.yaml", "50 m", "50 miles", ":4: grouping.radius: '50 miles' is not an amount"),
        ("categories.yaml", "leak:", "Leak!:", ":1: 'Leak!' must be a lower-case slug"),
        (
            "escalation.yaml",
            "shift_lead",
            "shiftlead",
            ":3: steps.0.notify: unknown word 'shiftlead' (did you mean",
        ),
        (
            "messages.yaml",
            "{place}漏水",
            "{palce}漏水",
            ":1: unknown parameter '{palce}' (did you mean 'place'?)",
        ),
        ("messages.yaml", "{place}漏水", "{place漏水", ":1: a brace stands alone"),
    ],
)
def test_a_mistake_is_refused_with_its_line(
    tmp_path: Path, file: str, old: str, new: str, complaint: str
) -> None:
    assert old in GOOD[file]

    found = complaints(tmp_path, **{file: GOOD[file].replace(old, new, 1)})

    assert any(complaint in line for line in found), found


def test_a_bomb_of_aliases_is_refused_before_it_unfolds(tmp_path: Path) -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a, *a]\n" for n in range(50))

    assert "leaks/messages.yaml:1: an anchor (&a)" in complaints(tmp_path, **{"messages.yaml": bomb})[0]


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    assert "nested too deeply" in complaints(tmp_path, **{"messages.yaml": "[" * 5000})[0]


def test_a_file_over_a_mebibyte_is_refused(tmp_path: Path) -> None:
    assert "larger than 1 MiB" in complaints(tmp_path, **{"messages.yaml": "# " + "x" * 1024 * 1024})[0]


def test_a_file_that_is_not_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    assert "messages.yaml:2: is not UTF-8" in complaints(tmp_path, **{"messages.yaml": b"# a\n\xff\n"})[0]


def test_a_control_character_is_refused(tmp_path: Path) -> None:
    assert "messages.yaml:2: is not YAML" in complaints(tmp_path, **{"messages.yaml": "# a\nb: \x07\n"})[0]


@pytest.mark.parametrize("stray", ["rule.yaml", "rules/more.yml", "rules/old/rule.yaml"])
def test_a_file_that_would_be_left_out_in_silence_is_refused(tmp_path: Path, stray: str) -> None:
    assert "unknown file (rules stand in rules/*.yaml)" in complaints(tmp_path, **{stray: RULE})[0]


def test_a_folder_without_a_pack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackInvalid, match="no scenario pack here"):
        load_packs([tmp_path])


def test_a_rule_with_too_many_alternatives_is_refused(tmp_path: Path) -> None:
    branch = "{any: [{field: value, at_least: 1}, {field: lat, at_least: 1}, {field: unit, equals: a}]}"
    rule = RULE.replace("    - " + LEAF, "\n".join(["    - " + branch] * 4))

    assert (
        ":3: the conditions unfold to more than 32" in complaints(tmp_path, **{"rules/leaks.yaml": rule})[0]
    )


def test_more_rules_than_the_limit_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "RULE_LIMIT", 2)
    copies = "".join(textwrap.indent(RULE.replace("id: leak", f"id: leak-{n}"), "  ") for n in range(3))
    listed = copies.replace("  id:", "- id:")

    assert complaints(tmp_path, **{"rules/leaks.yaml": listed}) == [
        "leaks/rules/leaks.yaml:29: 3 rules are too many (at most 2)"
    ]


def test_one_name_in_two_packs_is_refused_with_both_places(tmp_path: Path) -> None:
    first, second = write_pack(tmp_path / "a"), write_pack(tmp_path / "b")
    (second / "pack.yaml").write_text(GOOD["pack.yaml"].replace("leaks", "more-leaks"), encoding="utf-8")

    with pytest.raises(PackInvalid, match=r"the category 'leak' stands in leaks/categories.yaml:1 already"):
        load_packs([first, second])
