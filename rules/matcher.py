"""What every matcher promises, and the choice between the two there are."""

from collections.abc import Mapping
from typing import Protocol

import structlog

from rules.catalogue import Catalogue, Question, Rule
from rules.errors import MatcherUnavailable
from rules.fields import FactValue
from rules.plain import PlainMatcher

log = structlog.get_logger(__name__)


class Matcher(Protocol):
    """Finds every rule that holds; safe to share between threads."""

    @property
    def name(self) -> str:
        """The matcher's short name, for logs and traces."""
        ...

    def match(self, event_type: str, facts: Mapping[str, FactValue]) -> tuple[Rule, ...]:
        """Answer every rule whose `when` holds, by pack and id; raise `FactRefused` on a wrong type."""
        ...

    def answers(self, event_type: str, facts: Mapping[str, FactValue]) -> tuple[Question, ...]:
        """Answer every question that holds, those of windows included, by pack and id."""
        ...

    def close(self) -> None:
        """Give back what the matcher holds; it must not be asked afterwards."""
        ...


def build_matcher(catalogue: Catalogue, *, prefer: str = "durable") -> Matcher:
    """Build the preferred matcher ("durable" or "plain"), or plain where durable-rules is missing."""
    if prefer == "plain":
        return PlainMatcher(catalogue)
    if prefer != "durable":
        raise ValueError(f"no such matcher: {prefer!r} (known: durable, plain)")
    from rules.durable import DurableMatcher  # noqa: PLC0415  (its C module may be missing here)

    try:
        return DurableMatcher(catalogue)
    except MatcherUnavailable as missing:
        log.warning("durable_rules_unavailable", cause=str(missing), matcher="plain")
        return PlainMatcher(catalogue)
