"""Regular expressions by RE2, whose time is linear in the text whatever the pattern says."""

from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-untyped]  # the package ships no annotations

from rules.errors import RulesError

PATTERN_LIMIT = 256
"""Longest pattern in a rule, in characters."""
_MEMORY_LIMIT = 1 << 20


class PatternInvalid(RulesError):
    """The text is no regular expression of RE2."""


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> Any:  # noqa: ANN401  (re2's own untyped pattern)
    """Compile a pattern once; raise `PatternInvalid` with RE2's reason."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY_LIMIT
    try:
        return re2.compile(pattern, options)
    except re2.error as invalid:
        reason = invalid.args[0]
        raise PatternInvalid(reason.decode() if isinstance(reason, bytes) else str(reason)) from invalid


def found_in(pattern: str, text: str) -> bool:
    """Tell whether a pattern matches anywhere in a text."""
    return compiled(pattern).search(text) is not None
