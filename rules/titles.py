"""Texts with facts in braces, titles of cases above all, filled in without ever running anything."""

import re
from collections.abc import Mapping

from rules.fields import FactValue

PARAMETERS = frozenset({"code", "category", "place", "link", "crew", "minutes"})
"""What the service itself fills into a message; every other name in braces is a field of an event."""

MISSING = "–"  # noqa: RUF001  (an en dash is what people read)
"""What stands for a field that an event does not have."""

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


def fill_fields(message: Mapping[str, str], facts: Mapping[str, FactValue]) -> dict[str, str]:
    """Write the facts into a message that is a template still: its parameters stay as they are."""

    def filled(found: re.Match[str]) -> str:
        if found[1] in PARAMETERS:
            return found[0]
        return _shown(facts.get(found[1])).replace("{", "{{").replace("}", "}}")

    return {language: _BRACES.sub(filled, template) for language, template in message.items()}


def _shown(value: FactValue | None) -> str:
    if value is None:
        return MISSING
    return (
        ", ".join(value)
        if isinstance(value, tuple)
        else f"{value:.10g}"
        if isinstance(value, float)
        else str(value)
    )
