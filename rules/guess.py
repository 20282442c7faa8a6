"""Guess what a resident's text is about, from the keywords of the categories."""

import re
from collections.abc import Iterable, Mapping

from rules.catalogue import Category

DOUBT = 3.0
"""Weight of the unsaid: a single short keyword stays well under certainty."""

_WORDS = re.compile(r"[^a-z0-9]+")


def guess_category(
    text: str, categories: Iterable[Category] | Mapping[str, Category]
) -> tuple[tuple[str, float], ...]:
    """Answer the categories whose keywords stand in a text, the likeliest first, each with 0..1.

    A keyword weighs its length (Chinese characters, or English words twice), so that 消防通道 says
    more than 通道; confidence is the category's weight in all weights found and in doubt.
    """
    listed = categories.values() if isinstance(categories, Mapping) else categories
    lowered = text.lower()
    spaced = f" {_WORDS.sub(' ', lowered)} "
    weights = {category.code: _weight(category, lowered, spaced) for category in listed}
    total = sum(weights.values()) + DOUBT
    found = [(code, round(weight / total, 3)) for code, weight in weights.items() if weight]
    return tuple(sorted(found, key=lambda guess: (-guess[1], guess[0])))


def _weight(category: Category, lowered: str, spaced: str) -> float:
    chinese = {word for word in category.keywords.get("zh", ()) if word in lowered}
    english = {word for word in category.keywords.get("en", ()) if f" {word.lower()} " in spaced}
    return sum(len(word) for word in _longest(chinese)) + sum(2.0 * (word.count(" ") + 1) for word in english)


def _longest(words: set[str]) -> set[str]:
    """Leave out words that stand inside another one found, for they say nothing more."""
    return {word for word in words if not any(word != other and word in other for other in words)}
