"""Print how many events per CPU second our public call judges, beside other rule engines on the same events.

Run from the root of the project: `PYTHONPATH=. python benchmarks/match_rules.py [--events N] [--rounds N]`.
The shape is that of the measurements in the decision record: twenty event types, rules of a type, a quantity
and a threshold, one event in twenty above some threshold. All rules that hold are asked of every engine, and
every answer is compared with the plain matcher's. An engine that is not installed is left out and named.
"""

import argparse
import json
import os
import platform
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from rules.catalogue import Catalogue, Rule, make_catalogue
from rules.conditions import All, Condition, leaves
from rules.explanation import decide
from rules.fields import FactValue, FieldType, Kind
from rules.matcher import build_matcher

EVENT_TYPES = [f"kind_{number}" for number in range(20)]
FIELDS = {"value": FieldType(Kind.NUMBER), "quantity": FieldType(Kind.TEXT)}
COUNTS = (10, 200, 1000)
SLOW = 400
"""Events for engines that look at every rule for every event."""
NO_TEXT = MappingProxyType({"zh": "", "en": ""})

Event = tuple[str, Mapping[str, FactValue]]
Judge = Callable[[Event], set[str]]


@dataclass(frozen=True)
class Engine:
    """One engine with the rules in it, and how it is asked; a slow one is asked about fewer events."""

    name: str
    judge: Judge
    slow: bool = False


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


def make_events(count: int) -> list[Event]:
    """Draw events with values from 0 to 1,000, the same on every run."""
    drawn = random.Random(20260105)  # noqa: S311  (repeatable, not secret)
    return [
        (drawn.choice(EVENT_TYPES), {"quantity": "level", "value": round(drawn.uniform(0, 1000), 2)})
        for _ in range(count)
    ]


def ours(catalogue: Catalogue, prefer: str) -> Engine:
    """Ask our own public call."""
    matcher = build_matcher(catalogue, prefer=prefer)
    if matcher.name != prefer:
        raise ImportError("durable-rules is not installed here")
    return Engine(
        f"ours ({prefer})",
        lambda event: {rule.id for rule in matcher.match(*event)},
        slow=prefer == "plain",
    )


def generated(catalogue: Catalogue) -> Engine:
    """Write one Python function an event type: the floor for anything that runs in this interpreter."""
    functions: dict[str, Callable[[Mapping[str, Any]], set[str]]] = {}
    for event, rules in catalogue.by_event.items():
        tests = "".join(
            f"    if v > {_threshold(rule)} and q == 'level': out.add({rule.id!r})\n" for rule in rules
        )
        space: dict[str, Any] = {}
        head = "def f(facts):\n    out = set(); v = facts['value']; q = facts['quantity']\n"
        exec(f"{head}{tests}    return out\n", space)  # noqa: S102  (made here, of numbers and names made here)
        functions[event] = space["f"]
    return Engine(
        "generated Python",
        lambda event: functions[event[0]](event[1]) if event[0] in functions else set(),
    )


def clips(catalogue: Catalogue) -> Engine:
    """Ask CLIPS by clipspy: a fact asserted, every activation run, the fact retracted."""
    import clips  # noqa: PLC0415  (a peer, perhaps not installed)

    environment = clips.Environment()
    found: set[str] = set()
    environment.define_function(found.add, name="found")
    environment.build("(deftemplate event (slot type) (slot quantity) (slot value))")
    for rule in catalogue.rules:
        environment.build(
            f"(defrule {rule.id} (event (type {rule.event}) (quantity level) "
            f'(value ?v&:(> ?v {_threshold(rule)}))) => (found "{rule.id}"))'
        )
    template = environment.find_template("event")
    level = clips.Symbol("level")
    symbols = {name: clips.Symbol(name) for name in EVENT_TYPES}

    def judge(event: Event) -> set[str]:
        found.clear()
        fact = template.assert_fact(type=symbols[event[0]], quantity=level, value=float(event[1]["value"]))
        environment.run()
        fact.retract()
        return set(found)

    return Engine("clipspy", judge)


def zen(catalogue: Catalogue) -> Engine:
    """Ask zen-engine: one decision table an event type, every row that holds collected."""
    import zen  # noqa: PLC0415  (a peer, perhaps not installed)

    engine = zen.ZenEngine()
    decisions = {
        event: engine.create_decision(json.dumps(_table(rules)))
        for event, rules in catalogue.by_event.items()
    }

    def judge(event: Event) -> set[str]:
        decision = decisions.get(event[0])
        if decision is None:
            return set()
        return {row["rule"] for row in decision.evaluate(dict(event[1]))["result"]}

    return Engine("zen-engine", judge)


def _table(rules: Sequence[Rule]) -> dict[str, Any]:
    inputs = [
        {"id": "q", "name": "q", "field": "quantity", "type": "expression"},
        {"id": "v", "name": "v", "field": "value", "type": "expression"},
    ]
    rows = [
        {"_id": rule.id, "q": '"level"', "v": f"> {_threshold(rule)}", "o": f'"{rule.id}"'} for rule in rules
    ]
    content = {
        "hitPolicy": "collect",
        "inputs": inputs,
        "outputs": [{"id": "o", "name": "o", "field": "rule", "type": "expression"}],
        "rules": rows,
    }
    return {
        "nodes": [
            {"id": "in", "name": "in", "type": "inputNode"},
            {"id": "table", "name": "table", "type": "decisionTableNode", "content": content},
            {"id": "out", "name": "out", "type": "outputNode"},
        ],
        "edges": [
            {"id": "e1", "type": "edge", "sourceId": "in", "targetId": "table"},
            {"id": "e2", "type": "edge", "sourceId": "table", "targetId": "out"},
        ],
    }


def rule_engine(catalogue: Catalogue) -> Engine:
    """Ask rule-engine: one compiled expression a rule, all of them for each event."""
    import rule_engine  # noqa: PLC0415  (a peer, perhaps not installed)

    compiled = [
        (
            rule.id,
            rule_engine.Rule(
                f"type == '{rule.event}' and quantity == 'level' and value > {_threshold(rule)}"
            ),
        )
        for rule in catalogue.rules
    ]

    def judge(event: Event) -> set[str]:
        facts = {"type": event[0], **event[1]}
        return {name for name, rule in compiled if rule.matches(facts)}

    return Engine("rule-engine", judge, slow=True)


def _threshold(rule: Rule) -> object:
    return next(leaf.wanted for leaf in leaves(rule.when) if leaf.operator == "more_than")


def engines(catalogue: Catalogue) -> Iterator[Engine]:
    """Make every engine that is installed."""
    makers: Sequence[tuple[str, Callable[[], Engine]]] = (
        ("ours (durable)", lambda: ours(catalogue, "durable")),
        ("ours (plain)", lambda: ours(catalogue, "plain")),
        ("generated Python", lambda: generated(catalogue)),
        ("clipspy", lambda: clips(catalogue)),
        ("zen-engine", lambda: zen(catalogue)),
        ("rule-engine", lambda: rule_engine(catalogue)),
    )
    for name, make in makers:
        try:
            yield make()
        except ImportError as missing:
            print(f"{name} is left out: {missing}")


def rates(listed: Sequence[Engine], events: Sequence[Event], rounds: int) -> dict[str, list[float]]:
    """Answer events per CPU second of each engine in each round, the engines taking turns."""
    found: dict[str, list[float]] = {engine.name: [] for engine in listed}
    for _ in range(rounds):
        for engine in listed:
            asked = events[:SLOW] if engine.slow else events
            started = time.process_time()
            for event in asked:
                engine.judge(event)
            found[engine.name].append(len(asked) / (time.process_time() - started))
    return found


def main() -> None:
    """Measure and print one table for each number of rules."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=4_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    events = make_events(options.events)
    print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores, ", end="")
    print(f"{options.events} events, {options.rounds} rounds, events per CPU second, median (best)")
    for count in COUNTS:
        catalogue = make_rules(count)
        listed = list(engines(catalogue))
        oracle = next(engine for engine in listed if engine.name == "ours (plain)")
        wrong = {
            engine.name: sum(engine.judge(event) != oracle.judge(event) for event in events[:SLOW])
            for engine in listed
        }
        assert not any(wrong.values()), f"answers differ from the oracle's: {wrong}"
        measured = rates(listed, events, options.rounds)
        _report(count, measured)
        matcher = build_matcher(catalogue)
        whole = Engine("decide", lambda event, m=matcher, c=catalogue: decide(m, c, *event))
        (median,) = (statistics.median(found) for found in rates([whole], events, options.rounds).values())
        print(f"  a whole decision with its trace: {median:,.0f}")


def _report(count: int, measured: Mapping[str, Sequence[float]]) -> None:
    medians = {name: statistics.median(found) for name, found in measured.items()}
    peers = {
        name: max(found) for name, found in measured.items() if not name.startswith(("ours", "generated"))
    }
    print(f"{count} rules, every answer as the oracle's")
    for name, found in sorted(measured.items(), key=lambda pair: -medians[pair[0]]):
        print(f"  {name:18} {medians[name]:12,.0f} ({max(found):,.0f})")
    if peers:
        best = max(peers, key=lambda name: peers[name])
        ratio = max(measured["ours (durable)"]) / peers[best]
        print(f"  ours is {ratio:.2f} times the best peer, {best}, each in its best round")


if __name__ == "__main__":
    main()
