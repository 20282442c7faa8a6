"""Print how many events per CPU second each matcher judges, at 10, 200 and 1,000 rules.

Run from the root of the project: `PYTHONPATH=. python benchmarks/match_rules.py`.
The shape is that of the measurements in the decision record: twenty event types, rules of a type
and a threshold, one event in twenty above some threshold. Every answer is compared.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from rules.catalogue import Catalogue, Rule, make_catalogue
from rules.conditions import All, Condition
from rules.explanation import decide
from rules.fields import FactValue, FieldType, Kind
from rules.matcher import build_matcher

EVENT_TYPES = [f"kind_{number}" for number in range(20)]
FIELDS = {"value": FieldType(Kind.NUMBER), "quantity": FieldType(Kind.TEXT)}
EVENTS = 4_000
ROUNDS = 3
NO_TEXT = MappingProxyType({"zh": "", "en": ""})

Event = tuple[str, Mapping[str, FactValue]]


def make_rules(count: int) -> Catalogue:
    """Spread rules over the event types, each with a threshold of its own."""
    rules = []
    for number in range(count):
        when = All(
            (Condition("quantity", "equals", "level"), Condition("value", "more_than", 950 + number % 50))
        )
        event = EVENT_TYPES[number % len(EVENT_TYPES)]
        rules.append(Rule(f"r{number}", "", NO_TEXT, "", "pack", event, when, (), (), "bench", number))
    return make_catalogue(rules=rules, fields=dict.fromkeys(EVENT_TYPES, FIELDS))


def make_events() -> list[Event]:
    """Draw events with values from 0 to 1,000, the same on every run."""
    drawn = random.Random(20260105)  # noqa: S311  (repeatable, not secret)
    return [
        (drawn.choice(EVENT_TYPES), {"quantity": "level", "value": round(drawn.uniform(0, 1000), 2)})
        for _ in range(EVENTS)
    ]


def rate(judge: Callable[[Event], object], events: Sequence[Event]) -> float:
    """Answer the events per CPU second, the best of three rounds."""
    best = 0.0
    for _ in range(ROUNDS):
        started = time.process_time()
        for event in events:
            judge(event)
        best = max(best, len(events) / (time.process_time() - started))
    return best


def main() -> None:
    """Measure and print one line for each number of rules."""
    events = make_events()
    print("rules   durable ev/s   plain ev/s   durable/plain   decide (durable) ev/s")
    for count in (10, 200, 1000):
        catalogue = make_rules(count)
        durable, plain = build_matcher(catalogue), build_matcher(catalogue, prefer="plain")
        assert durable.name == "durable", "durable-rules is not installed here"
        assert all(durable.match(*event) == plain.match(*event) for event in events), "the matchers differ"
        fast = rate(lambda event, matcher=durable: matcher.match(*event), events)
        slow = rate(lambda event, matcher=plain: matcher.match(*event), events)
        whole = rate(lambda event, m=durable, c=catalogue: decide(m, c, *event), events)
        print(f"{count:5}   {fast:12,.0f}   {slow:10,.0f}   {fast / slow:13.2f}   {whole:21,.0f}")
        durable.close()


if __name__ == "__main__":
    main()
