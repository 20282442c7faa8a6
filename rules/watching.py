"""From the questions that hold for one event to the windows that hear of it, and what they make of it."""

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rules import places, remembering
from rules.catalogue import Catalogue, Question, Rule
from rules.fields import FactValue
from rules.remembering import Occurrence, Outcome, State
from rules.windows import LATE, Change, Count, Window

_KEY = 150
"""Longest key that is kept as it is, in characters; a longer one stands by its hash."""
KEYS = 50_000
"""Most keys for which one rule remembers something."""
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


def keep(rule: Rule, state: State) -> int:
    """Answer how long a state is worth keeping after its last event, in microseconds."""
    return remembering.keep(_window(rule), state)


@dataclass(slots=True)
class Windows:
    """Windows kept in memory: for examples, rehearsals and measurements.

    What matters no more is forgotten with the next event. Of a rule with more than `KEYS` keys the one that
    has been quiet longest is forgotten, which `evicted` counts by the rule's memory.
    """

    catalogue: Catalogue
    states: dict[str, State] = field(default_factory=dict)
    evicted: Counter[str] = field(default_factory=Counter)
    _due: list[tuple[int, str]] = field(default_factory=list)
    _due_at: dict[str, int] = field(default_factory=dict)
    _looks: list[tuple[int, str]] = field(default_factory=list)
    _heard: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)
    """By memory and name, the quietest first: when it last heard, and its place in `_looks`."""

    def hear(self, answers: Iterable[Question], facts: Mapping[str, FactValue], stamp: Stamp) -> list[Told]:
        """Let every window hear of an event; answer what is decided by it."""
        decided, changed = judge(asked(answers, facts, stamp), self.states)
        for name, (rule, arrived) in changed.items():
            self._schedule(rule, name)
            self._note(rule, name, arrived)
        self._forget(stamp.arrived)
        return decided

    def pass_time(self, now: int) -> list[Told]:
        """Let the clock go on; answer what is decided by it, in the order of its being due."""
        decided: list[Told] = []
        while self._due and self._due[0][0] <= now:
            at, name = heapq.heappop(self._due)
            if self._due_at.get(name) != at:  # it was scheduled again since, or is forgotten
                continue
            del self._due_at[name]
            rule = self.catalogue.watching.get(_memory(name))
            if rule is not None and due(rule, self.states[name]) == at:
                decided += pass_time(rule, name, self.states[name], at)
                self._schedule(rule, name)
        return decided

    def reload(self, catalogue: Catalogue) -> None:
        """Go on with other rules; what is asked no more is forgotten."""
        self.catalogue = catalogue
        for memory in self._heard.keys() - catalogue.watching.keys():
            for name in self._heard.pop(memory):
                self._drop(name)

    def _note(self, rule: Rule, name: str, arrived: int) -> None:
        """Put a name last in the order of quiet ones, and let the first go where there are too many."""
        heard = self._heard.setdefault(rule.memory, {})
        before = heard.pop(name, None)
        if before is None:
            look = arrived + min(keep(rule, self.states[name]), LATE)
            heapq.heappush(self._looks, (look, name))
        else:
            look = before[1]
        heard[name] = (arrived, look)
        if len(heard) > KEYS:
            quietest = next(iter(heard))
            del heard[quietest]
            self._drop(quietest)
            self.evicted[rule.memory] += 1

    def _forget(self, now: int) -> None:
        """Forget what matters no more; look again later at what does, in an hour at the latest."""
        while self._looks and self._looks[0][0] < now:
            at, name = heapq.heappop(self._looks)
            memory = _memory(name)
            heard_at, look = self._heard.get(memory, {}).get(name, (0, None))
            if look != at:  # it was forgotten, and perhaps heard of again since
                continue
            until = self._worth_until(name, heard_at, now)
            if until >= now:
                look = min(until, now + LATE)
                self._heard[memory][name] = (heard_at, look)  # where it stands: the order stays
                heapq.heappush(self._looks, (look, name))
            else:
                del self._heard[memory][name]
                self._drop(name)

    def _worth_until(self, name: str, heard_at: int, now: int) -> int:
        rule = self.catalogue.watching.get(_memory(name))
        if rule is None:
            return now - 1
        return keep(rule, self.states[name]) + (now if name in self._due_at else heard_at)

    def _drop(self, name: str) -> None:
        del self.states[name]
        self._due_at.pop(name, None)

    def _schedule(self, rule: Rule, name: str) -> None:
        at = due(rule, self.states[name])
        if at is None:
            self._due_at.pop(name, None)
        elif self._due_at.get(name) != at:
            self._due_at[name] = at
            heapq.heappush(self._due, (at, name))


def _memory(name: str) -> str:
    return name.partition(":")[0]


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
