"""Titles of cases: texts with facts in braces, filled in without ever running anything."""

import re
from collections.abc import Mapping

from rules.fields import FactValue

_BRACES = re.compile(r"\{([a-z0-9_.]+)\}")


def names(title: Mapping[str, str]) -> set[str]:
    """Answer the names of the facts that a title asks for in any language."""
    return {name for template in title.values() for name in _BRACES.findall(template)}


def fill(title: Mapping[str, str], facts: Mapping[str, FactValue]) -> dict[str, str]:
    """Write the facts into a title in every language; a missing fact leaves a dash."""
    return {
        language: _BRACES.sub(lambda found: _shown(facts.get(found[1])), template)
        for language, template in title.items()
    }


def _shown(value: FactValue | None) -> str:
    if value is None:
        return "–"  # noqa: RUF001  (an en dash is what people read)
    return (
        ", ".join(value)
        if isinstance(value, tuple)
        else f"{value:.10g}"
        if isinstance(value, float)
        else str(value)
    )
