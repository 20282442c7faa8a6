"""From the questions that hold for one event to the windows that hear of it, and what they make of it."""

import hashlib
import heapq
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rules import places, remembering
from rules.catalogue import Catalogue, Question, Rule
from rules.fields import FactValue
from rules.remembering import Occurrence, Outcome, State
from rules.windows import Change, Count, Window

_KEY = 150
"""Longest key that is kept as it is, in characters; a longer one stands by its hash."""
TIDY_EVERY = 10_000
"""Windows in memory look for what matters no more after so many events, or more where they hold more."""
_IDLE = frozenset({"absent", "clears"})
"""What says nothing to a window that remembers nothing."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """When an event happened and came, in microseconds since 1970, and its names."""

    at: int
    arrived: int
    ref: str
    seq: int


@dataclass(frozen=True, slots=True)
class Asked:
    """One window that hears of an event, under the name of its state; what it lacks to be counted."""

    rule: Rule
    name: str
    occurrence: Occurrence
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What the window of a rule says, with the key whose events it counts."""

    rule: Rule
    name: str
    outcome: Outcome

    @property
    def trace(self) -> dict[str, Any]:
        """Answer it as plain data for the event's trace."""
        window = self.rule.window
        kind = window.kind if window is not None else ""
        key = self.name.partition(":")[2]
        return {"kind": kind, "key": key, "held": self.outcome.held, **self.outcome.told}


def asked(answers: Iterable[Question], facts: Mapping[str, FactValue], stamp: Stamp) -> list[Asked]:
    """Answer the windows that hear of an event, from the questions that hold for it."""
    roles: dict[str, set[str]] = {}
    rules: dict[str, Rule] = {}
    for question in answers:
        if question.rule.window is not None:
            rules[question.rule.memory] = question.rule
            roles.setdefault(question.rule.memory, set()).add(question.part.role)
    found: list[Asked] = []
    for memory, rule in rules.items():
        found.extend(_asked(rule, frozenset(roles[memory]), facts, stamp))
    return found


def judge(
    heard: Sequence[Asked], states: MutableMapping[str, State]
) -> tuple[list[Told], dict[str, tuple[Rule, int]]]:
    """Let the windows hear of one event, changing their states in place.

    Answers what was decided, and the rule and arrival of every state that was changed, by its name.
    """
    decided: list[Told] = []
    changed: dict[str, tuple[Rule, int]] = {}
    for one in heard:
        window = _window(one.rule)
        occurrence = one.occurrence
        if one.lacking:
            outcome = Outcome(
                occurrence.seq, occurrence.ref, occurrence.at, held=False, told={"missing": list(one.lacking)}
            )
            decided.append(Told(one.rule, one.name, outcome))
            continue
        if one.name not in states and occurrence.roles <= _IDLE and not window.tolerance:
            continue
        state = states.setdefault(one.name, {})
        decided += [
            Told(one.rule, one.name, outcome) for outcome in remembering.arrive(window, state, occurrence)
        ]
        changed[one.name] = (one.rule, occurrence.arrived)
    return decided, changed


def pass_time(rule: Rule, name: str, state: State, now: int) -> list[Told]:
    """Let the clock go on for one state, changing it in place; answer what that decides."""
    return [Told(rule, name, outcome) for outcome in remembering.pass_time(_window(rule), state, now)]


def due(rule: Rule, state: State) -> int | None:
    """Answer when `pass_time` has something to decide for a state, or None."""
    return remembering.due(_window(rule), state)


@dataclass(slots=True)
class Windows:
    """Windows kept in memory: for examples, rehearsals and measurements."""

    catalogue: Catalogue
    states: dict[str, State] = field(default_factory=dict)
    _due: list[tuple[int, str]] = field(default_factory=list)
    _heard_at: dict[str, int] = field(default_factory=dict)
    _until_tidy: int = TIDY_EVERY

    def hear(self, answers: Iterable[Question], facts: Mapping[str, FactValue], stamp: Stamp) -> list[Told]:
        """Let every window hear of an event; answer what is decided by it."""
        decided, changed = judge(asked(answers, facts, stamp), self.states)
        for name, (rule, arrived) in changed.items():
            self._heard_at[name] = arrived
            self._schedule(rule, name)
        self._until_tidy -= 1
        if self._until_tidy <= 0:
            self._until_tidy = max(TIDY_EVERY, len(self.states))
            self._tidy(stamp.arrived)
        return decided

    def pass_time(self, now: int) -> list[Told]:
        """Let the clock go on; answer what is decided by it, in the order of its being due."""
        decided: list[Told] = []
        while self._due and self._due[0][0] <= now:
            at, name = heapq.heappop(self._due)
            rule = self.catalogue.watching.get(name.partition(":")[0])
            state = self.states.get(name)
            # Otherwise it was scheduled again since, or is forgotten.
            if rule is not None and state is not None and due(rule, state) == at:
                decided += pass_time(rule, name, state, at)
                self._schedule(rule, name)
        return decided

    def _tidy(self, now: int) -> None:
        """Forget what matters no more, and what is asked no more after a change of rules."""
        for name, heard_at in list(self._heard_at.items()):
            rule = self.catalogue.watching.get(name.partition(":")[0])
            if rule is None or (heard_at + _window(rule).keep < now and due(rule, self.states[name]) is None):
                del self.states[name], self._heard_at[name]

    def _schedule(self, rule: Rule, name: str) -> None:
        at = due(rule, self.states[name])
        if at is not None:
            heapq.heappush(self._due, (at, name))


def key_of(by: Sequence[str], facts: Mapping[str, FactValue]) -> str | None:
    """Write the values of some fields as a key, or answer None where one is missing."""
    values = [facts.get(name) for name in by]
    if any(value is None for value in values):
        return None
    key = "|".join(str(value).replace("\\", "\\\\").replace("|", "\\|") for value in values)
    return key if len(key) <= _KEY else hashlib.sha256(key.encode()).hexdigest()[:32]


def _asked(
    rule: Rule, roles: frozenset[str], facts: Mapping[str, FactValue], stamp: Stamp
) -> Iterable[Asked]:
    window = _window(rule)
    if roles == {"while"}:
        return
    key = key_of(window.by, facts)
    place = places.place_of(facts) if window.radius_m is not None else None
    different, value = _values(window, facts)
    lacking = _lacking(window, roles, facts, place)
    occurrence = Occurrence(stamp.at, stamp.ref, stamp.arrived, stamp.seq, roles, value, different, place)
    if key is None or lacking:
        if "when" in roles:
            yield Asked(rule, rule.memory, occurrence, lacking)
    elif window.radius_m is None or place is None:
        yield Asked(rule, f"{rule.memory}:{key}", occurrence)
    else:
        own = places.cell_of(place, window.radius_m)
        for cell in sorted(places.cells_touched(place, window.radius_m)):
            here = occurrence if cell == own else replace(occurrence, decides=False)
            yield Asked(rule, f"{rule.memory}:{cell}" + (f"|{key}" if key else ""), here)


def _values(window: Window, facts: Mapping[str, FactValue]) -> tuple[str | None, float | None]:
    pattern = window.pattern
    different = None
    if isinstance(pattern, Count) and pattern.different is not None and pattern.different in facts:
        different = str(facts[pattern.different])
    value = facts.get(pattern.of) if isinstance(pattern, Change) else None
    return different, value if isinstance(value, int | float) else None


def _lacking(
    window: Window, roles: frozenset[str], facts: Mapping[str, FactValue], place: places.Place | None
) -> tuple[str, ...]:
    """Name the fields without which an event cannot be counted."""
    wanted = list(window.by)
    pattern = window.pattern
    if isinstance(pattern, Count) and pattern.different is not None:
        wanted.append(pattern.different)
    if isinstance(pattern, Change) and "when" in roles:
        wanted.append(pattern.of)
    lacking = [name for name in wanted if name not in facts]
    if window.radius_m is not None and place is None:
        lacking += ["lat", "lon"]
    return tuple(lacking)


def _window(rule: Rule) -> Window:
    if rule.window is None:
        raise ValueError(f"the rule {rule.id} has no window")
    return rule.window
