"""Hold durable-rules against the plain oracle with random rules and random events.

Run from the root of the project: `PYTHONPATH=. python benchmarks/fuzz_rules.py [--cases N] [--minutes M]`.
A case is one random rule, judged with the others of its catalogue on random events of its type. The
conditions use every operator, nested, with literals of all sizes and awkward texts; half of the values of the
events are taken from what the rules compare with, or lie one bit beside it. Both matchers must answer the
same rules. An error inside durable-rules that the plain matcher had to mend counts as well. The first
differences are printed as the rule and the facts, and the script fails.
"""

import argparse
import math
import os
import platform
import random
import time
import unicodedata
from collections.abc import Mapping, MutableMapping, Sequence
from types import MappingProxyType
from typing import Any

import structlog
from tqdm import tqdm

from rules.calendars import Span
from rules.catalogue import Rule, make_catalogue
from rules.clauses import TooManyClauses, clauses
from rules.conditions import All, AnyOf, Condition, Not, Tree, leaves
from rules.fields import FactValue, FieldType, Kind
from rules.matcher import build_matcher
from rules.places import Spot

NUMBERS = ("value", "asset.threshold", "lat", "lon")
TEXTS = ("quantity", "asset.kind", "text")
FIELDS = {
    **{name: FieldType(Kind.NUMBER) for name in NUMBERS},
    **{name: FieldType(Kind.TEXT) for name in (*TEXTS, "local_time")},
    "raining": FieldType(Kind.FLAG),
    "media": FieldType(Kind.TEXTS),
}
EVENT_TYPES = ("reading", "report", "kind")
RULES, EVENTS = 24, 48
"""Rules of one catalogue, and events that it judges."""
DEPTH = 3
ORDERS = ("equals", "not_equals", "at_least", "more_than", "at_most", "less_than")
LEVELS = (
    0,
    -0.0,
    1,
    1.0,
    30,
    29.9,
    0.1,
    0.1 + 0.2,
    1e-7,
    5e-324,
    1e16 / 2,
    2**53,
    -(2**53),
    -12.5,
    1e15 + 0.5,
)
WORDS = (
    "积水",
    "a",
    "ab",
    'quo"te',
    "back\\slash",
    "井盖 🕳",
    "1",
    "true",
    "null",
    "\x00",
    "\u2028",
    "{}",
    "x" * 512,
)
PATTERNS = ("^a", "积.?水", "[0-9]+", "(a|b)*$", "[一-龥]{2}", r"\bnull\b", "(?i)TRUE")
TIMES = ("2026-11-20T23:00", "2026-11-21T05:59", "2026-11-21T06:00", "2026-11-21T12:00", "no time")
SHOWN = 5


class Drawing:
    """Draws rules and events, the same from the same seed."""

    def __init__(self, seed: int) -> None:
        self._drawn = random.Random(seed)  # noqa: S311  (repeatable, not secret)

    def rules(self) -> list[Rule]:
        """Draw the rules of one catalogue."""
        nothing = MappingProxyType({"zh": "", "en": ""})
        return [
            Rule(
                f"r{index}",
                "",
                nothing,
                "",
                "pack",
                self._drawn.choice(EVENT_TYPES),
                self._fitting(),
                (),
                (),
                "fuzz",
                index,
            )
            for index in range(RULES)
        ]

    def events(self, rules: Sequence[Rule]) -> list[tuple[str, dict[str, FactValue]]]:
        """Draw events near to what the rules compare with."""
        seen = [leaf.wanted for rule in rules for leaf in leaves(rule.when)]
        flat = [one for wanted in seen for one in (wanted if isinstance(wanted, tuple) else (wanted,))]
        numbers = [one for one in flat if isinstance(one, int | float) and not isinstance(one, bool)]
        texts = [one for one in flat if isinstance(one, str)]
        return [(self._drawn.choice(EVENT_TYPES), self._facts(numbers, texts)) for _ in range(EVENTS)]

    def _facts(self, numbers: Sequence[float], texts: Sequence[str]) -> dict[str, FactValue]:
        facts: dict[str, FactValue] = {}
        for name in NUMBERS:
            near = self._drawn.choice(numbers) if numbers and self._drawn.randrange(2) else None
            facts[name] = self._number() if near is None else self._beside(near)
        for name in TEXTS:
            facts[name] = self._drawn.choice(texts) if texts and self._drawn.randrange(2) else self._text()
        facts["text"] = str(facts["text"]) + self._drawn.choice(["", "", "积水", "x" * 600])
        facts["raining"] = self._drawn.randrange(2) == 0
        facts["local_time"] = self._drawn.choice(TIMES)
        facts["media"] = tuple(self._text() for _ in range(self._drawn.randrange(4)))
        return {name: value for name, value in facts.items() if self._drawn.randrange(5)}

    def _beside(self, number: float) -> float:
        bit = self._drawn.choice([None, None, math.inf, -math.inf])
        found = number if bit is None else math.nextafter(number, bit)
        return found if abs(found) <= 2**53 else number

    def _fitting(self) -> Tree:
        while True:
            tree = self._tree(self._drawn.randrange(DEPTH + 1))
            try:
                clauses(tree)
            except TooManyClauses:
                continue
            return tree

    def _tree(self, depth: int) -> Tree:
        if depth == 0:
            return self._leaf()
        kind = self._drawn.randrange(4)
        if kind == 0:
            return Not(self._tree(depth - 1))
        parts = tuple(self._tree(depth - 1) for _ in range(self._drawn.randrange(kind != 1, 4)))
        return All(parts) if kind == 1 else AnyOf(parts)

    def _leaf(self) -> Condition:
        return self._drawn.choice(
            (
                self._order,
                self._order,
                self._order,
                self._other,
                self._between,
                self._listed,
                self._word,
                self._pattern,
                self._media,
                self._place,
                self._time,
                self._flag,
                self._presence,
            )
        )()

    def _order(self) -> Condition:
        return Condition(self._drawn.choice(NUMBERS), self._drawn.choice(ORDERS), self._number())

    def _other(self) -> Condition:
        first, second = self._drawn.choice(NUMBERS), self._drawn.choice(NUMBERS)
        return Condition(first, self._drawn.choice(ORDERS), wanted=True, other=second)

    def _between(self) -> Condition:
        low, high = sorted((self._number(), self._number()))
        return Condition(self._drawn.choice(NUMBERS), "between", (low, high))

    def _listed(self) -> Condition:
        many = range(self._drawn.randint(1, 12))
        if self._drawn.randrange(2):
            return Condition(self._drawn.choice(NUMBERS), "in", tuple(self._number() for _ in many))
        return Condition(self._drawn.choice(TEXTS), "in", tuple(self._text() for _ in many))

    def _word(self) -> Condition:
        operator = self._drawn.choice(("equals", "not_equals", "contains"))
        return Condition(self._drawn.choice(TEXTS), operator, self._text())

    def _pattern(self) -> Condition:
        return Condition(self._drawn.choice(TEXTS), "matches", self._drawn.choice(PATTERNS))

    def _media(self) -> Condition:
        return Condition("media", "contains", (self._text(), self._text()))

    def _flag(self) -> Condition:
        return Condition("raining", self._drawn.choice(ORDERS[:2]), bool(self._drawn.randrange(2)))

    def _presence(self) -> Condition:
        return Condition(self._drawn.choice(sorted(FIELDS)), self._drawn.choice(("exists", "missing")))

    def _place(self) -> Condition:
        lat, radius = self._drawn.choice((0.0, 30.0)), self._drawn.choice((10.0, 5e6))
        return Condition("lat", "near", Spot(lat, 0.0, radius))

    def _time(self) -> Condition:
        hours = self._drawn.choice(((), ((0, 720),), ((1320, 360),)))
        days = frozenset(self._drawn.sample(range(7), self._drawn.randrange(3)))
        return Condition("local_time", "during", Span(hours, days))

    def _number(self) -> float:
        kind = self._drawn.randrange(4)
        if kind == 0:
            return self._drawn.uniform(-(2.0**53), 2.0**53)
        if kind == 1:
            return self._drawn.randint(-(2**53), 2**53)
        return self._drawn.choice(LEVELS)

    def _text(self) -> str:
        if self._drawn.randrange(5):  # mostly the same words, so that they meet
            return self._drawn.choice(WORDS)
        drawn = (chr(self._drawn.randrange(0x30000)) for _ in range(self._drawn.randint(1, 12)))
        return "".join(one for one in drawn if unicodedata.category(one) != "Cs") or "a"


def differences(
    rules: Sequence[Rule], events: Sequence[tuple[str, Mapping[str, FactValue]]]
) -> list[tuple[Rule, Mapping[str, FactValue]]]:
    """Judge events with both matchers; answer each rule and event on which they differ."""
    catalogue = make_catalogue(rules=rules, fields=dict.fromkeys(EVENT_TYPES, FIELDS))
    durable, plain = build_matcher(catalogue), build_matcher(catalogue, prefer="plain")
    assert durable.name == "durable", "durable-rules is not installed here"
    found = []
    for kind, facts in events:
        differing = set(durable.match(kind, facts)) ^ set(plain.match(kind, facts))
        found += [(rule, facts) for rule in differing]
    durable.close()
    return found


def main() -> None:
    """Judge as many cases as asked, or as the time allows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=100_000, help="random rules")
    parser.add_argument("--minutes", type=float, default=10.0, help="no longer than this")
    parser.add_argument("--seed", type=int, default=20260105)
    parser.add_argument("--progress", action="store_true", help="show how far it is")
    wanted = parser.parse_args()
    failures: list[MutableMapping[str, Any]] = []

    def noted(_: object, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        failures.append(entry)
        raise structlog.DropEvent

    structlog.configure(processors=[noted])
    started = time.monotonic()
    cases = pairs = held = 0
    found: list[tuple[int, Rule, Mapping[str, FactValue]]] = []
    with tqdm(total=wanted.cases, unit="rule", disable=not wanted.progress) as bar:
        while cases < wanted.cases and time.monotonic() - started < wanted.minutes * 60:
            seed = wanted.seed + cases
            drawing = Drawing(seed)
            rules = drawing.rules()[: wanted.cases - cases]
            events = drawing.events(rules)
            found += [(seed, *one) for one in differences(rules, events)]
            asked = [(rule, facts) for kind, facts in events for rule in rules if rule.event == kind]
            pairs += len(asked)
            held += sum(rule.when.holds(facts) for rule, facts in asked)
            cases += len(rules)
            bar.update(len(rules))
    print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores")
    print(f"{cases:,} random rules, {pairs:,} times asked of an event, {held:,} times held")
    print(f"{len(found)} differences, {len(failures)} errors mended; {time.monotonic() - started:.0f} s")
    for seed, rule, facts in found[:SHOWN]:
        print(f"seed {seed}: {rule.event}, {rule.when!r}\n  {dict(facts)!r}")
    for entry in failures[:SHOWN]:
        print(dict(entry))
    assert not found, "durable-rules and the oracle differ"
    assert not failures, "durable-rules failed and the plain matcher answered"


if __name__ == "__main__":
    main()
