"""What the rules engine refuses, each with the words that a rule author reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in a pack: where it stands, what it is, and what would mend it."""

    file: str
    line: int
    what: str
    hint: str = ""

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.file}:{self.line}: {self.what}{hint}"


class RulesError(Exception):
    """The rules engine refuses something."""


class PackInvalid(RulesError):
    """The scenario packs cannot be used."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class FactRefused(RulesError):
    """An event's field holds something that no rule can judge."""

    def __init__(self, field: str, what: str) -> None:
        self.field = field
        self.what = what
        super().__init__(field, what)

    def __str__(self) -> str:
        return f"{self.field}: {self.what}"


class MatcherUnavailable(RulesError):
    """The C module of durable-rules cannot be imported here."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Answer a hint that names the known word most like a wrong one, or every known word if few."""
    words = sorted(known)
    close = get_close_matches(word, words, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    if 0 < len(words) <= 12:  # noqa: PLR2004  (a dozen words still read as a sentence)
        return f"known: {', '.join(words)}"
    return ""
