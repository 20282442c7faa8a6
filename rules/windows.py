"""What a rule may ask of several events: how they belong together, and what must come together."""

from dataclasses import dataclass

from rules.conditions import Tree

MICRO = 1_000_000
"""Windows count whole microseconds: sums of them are exact, those of seconds are not."""


@dataclass(frozen=True, slots=True)
class Count:
    """So many events within a time; of different values of a field, or near each other, where asked."""

    at_least: int
    within: int
    different: str | None = None
    radius_m: float | None = None

    @property
    def span(self) -> int:
        """How long an event matters, in microseconds."""
        return self.within


@dataclass(frozen=True, slots=True)
class Together:
    """One event of `when` and one of each other kind within a time, in any order."""

    within: int
    others: int
    radius_m: float | None = None

    @property
    def span(self) -> int:
        """How long an event matters, in microseconds."""
        return self.within


@dataclass(frozen=True, slots=True)
class Lasting:
    """A condition that no event has failed for so long; a longer silence than `gap` starts it anew."""

    time: int
    gap: int | None = None

    @property
    def span(self) -> int:
        """How long an event matters, in microseconds: until another one says otherwise."""
        return self.gap or FOREVER


@dataclass(frozen=True, slots=True)
class Change:
    """A number that rose (`sign` 1) or fell (-1) by so much within a time."""

    of: str
    by: float
    sign: int
    within: int

    @property
    def span(self) -> int:
        """How long an event matters, in microseconds."""
        return self.within


@dataclass(frozen=True, slots=True)
class Sequence:
    """Steps after the event of `when`, each within its time after the one before."""

    steps: tuple[int, ...]

    @property
    def span(self) -> int:
        """How long an event matters, in microseconds."""
        return max(self.steps)


@dataclass(frozen=True, slots=True)
class Absence:
    """What is awaited after an event of `when` does not come for so long."""

    time: int

    @property
    def span(self) -> int:
        """How long an event matters, in microseconds."""
        return self.time


FOREVER = 30 * 86_400 * MICRO
"""How long an untouched state is kept where nothing else ends it: a month."""
LATE = 3_600 * MICRO
"""How long a state is kept that says only which events are late: as long as a window may wait for any."""

Pattern = Count | Together | Lasting | Change | Sequence | Absence


@dataclass(frozen=True, slots=True)
class Window:
    """A rule's window: the fields that its events share, what must come together, and when it is over.

    `pattern` is None where there is only hysteresis. `tolerance` is in microseconds. One that does not latch
    goes on holding before it is cleared: of a rule that warns first, what clears it ends the warning.
    """

    by: tuple[str, ...]
    pattern: Pattern | None
    clears: bool = False
    tolerance: int = 0
    latches: bool = True

    @property
    def kind(self) -> str:
        """The word that the pattern has in a rule file."""
        return _WORDS[type(self.pattern)]

    @property
    def radius_m(self) -> float | None:
        """How near to each other the events must be, where that is asked."""
        return self.pattern.radius_m if isinstance(self.pattern, Count | Together) else None


_WORDS: dict[type, str] = {
    Count: "count",
    Together: "together",
    Lasting: "lasting",
    Change: "change",
    Sequence: "then",
    Absence: "absent",
    type(None): "clears",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One question that a rule puts to the events of one type.

    `role` is "when", "while", "absent", "clears", "step:<n>" or "with:<n>"; a rule without a window has
    the one part "when".
    """

    role: str
    event: str
    when: Tree
