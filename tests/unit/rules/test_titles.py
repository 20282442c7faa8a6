"""Titles are filled in from facts, and nothing in a fact is ever run."""

from rules import titles

TITLE = {"zh": "{asset.name}积水{value}厘米", "en": "{asset.name}: {value} cm of water"}


def test_facts_are_written_into_a_title_in_every_language() -> None:
    filled = titles.fill(TITLE, {"asset.name": "文晖路下穿", "value": 31.5})

    assert filled == {"zh": "文晖路下穿积水31.5厘米", "en": "文晖路下穿: 31.5 cm of water"}


def test_a_missing_fact_leaves_a_dash() -> None:
    assert titles.fill({"en": "Water at {asset.name}"}, {}) == {"en": "Water at –"}  # noqa: RUF001  (an en dash)


def test_braces_in_a_fact_are_only_text() -> None:
    assert titles.fill({"en": "{text}"}, {"text": "{value.__class__}", "value": 1}) == {
        "en": "{value.__class__}"
    }


def test_large_and_whole_numbers_have_no_exponent() -> None:
    assert titles.fill({"en": "{value}"}, {"value": 1234567.0}) == {"en": "1234567"}


def test_the_names_in_a_title_are_known() -> None:
    assert titles.names(TITLE) == {"asset.name", "value"}
