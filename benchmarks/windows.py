"""Print how windows fare: in memory under hot reloads, and on a database with many live rows and a restart.

Run from the root of the project:
`PYTHONPATH=. python benchmarks/windows.py [--events N] [--rules N] [--reloads N] [--rows N] [--database URL]`
The first part judges events by rules of which half have windows, reloads all rules now and then as a
publication does, and prints events a second, the time of single events and the memory. The second part fills
a database with live rows, opens it anew, and judges on.
"""

import argparse
import os
import platform
import random
import resource
import statistics
import tempfile
import time
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import migrations
from casework.domain.events import Event
from casework.domain.windows import WindowRow
from casework.services import recalling
from casework.store.database import Database
from casework.store.unit_of_work import SqlUnitOfWork
from rules.catalogue import Catalogue, Rule, make_catalogue
from rules.conditions import All, Condition
from rules.fields import EVERY_EVENT, FactValue, FieldType, Kind
from rules.matcher import Matcher, build_matcher
from rules.watching import Stamp, Windows
from rules.windows import MICRO, Absence, Count, Lasting, Part, Window
from rules.windows import Sequence as Steps

EVENT_TYPES = [f"kind_{number}" for number in range(20)]
FIELDS = {**EVERY_EVENT, "value": FieldType(Kind.NUMBER)}
DEVICES = 500
NO_TEXT = MappingProxyType({"zh": "", "en": ""})
START = datetime(2026, 1, 5, tzinfo=UTC)
MINUTE = 60 * MICRO
PARTS = 20
"""How often the memory is looked at."""


def make_rules(count: int) -> Catalogue:
    """Make rules of a type and a threshold, every second one with a window."""
    rules = []
    for number in range(count):
        when = All((Condition("value", "more_than", 900 + number % 100),))
        event = EVENT_TYPES[number % len(EVENT_TYPES)]
        window, others = _window(number // 2, event, when) if number % 2 else (None, ())
        rules.append(
            Rule(
                f"r{number}",
                "1",
                NO_TEXT,
                "",
                "bench",
                event,
                when,
                (),
                (),
                "bench",
                number,
                window=window,
                memory=f"m{number}" if window else "",
                others=others,
            )
        )
    return make_catalogue(rules=rules, fields=dict.fromkeys(EVENT_TYPES, FIELDS))


def _window(number: int, event: str, when: All) -> tuple[Window, tuple[Part, ...]]:
    by = ("subject",)
    low = All((Condition("value", "less_than", 50),))
    match number % 4:
        case 0:
            return Window(by, Count(3, 10 * MINUTE)), ()
        case 1:
            return Window(by, Steps((10 * MINUTE,))), (Part("step:0", event, low),)
        case 2:
            return Window(by, Absence(10 * MINUTE)), (Part("absent", event, low),)
        case _:
            return Window(by, Lasting(5 * MINUTE)), (Part("while", event, when),)


def make_events(count: int) -> Iterator[tuple[str, Mapping[str, FactValue], int]]:
    """Draw events of five hundred devices, twenty a second, the same on every run."""
    drawn = random.Random(20260105)  # noqa: S311  (repeatable, not secret)
    at = 0
    for _ in range(count):
        at += MICRO // 20
        facts: dict[str, FactValue] = {
            "subject": f"d{drawn.randrange(DEVICES)}",
            "value": round(drawn.uniform(0, 1000), 2),
        }
        yield drawn.choice(EVENT_TYPES), facts, at


def soak(events: int, rules: int, reloads: int) -> None:
    """Judge events in memory under hot reloads."""
    catalogue = make_rules(rules)
    matcher = build_matcher(catalogue)
    windows = Windows(catalogue)
    spent = array("d", bytes(8 * events))  # all of it now, so that it does not pass for growth
    reloading: list[float] = []
    memory: list[float] = []
    held = 0
    every = max(1, events // max(1, reloads))
    started = time.process_time()
    for number, (kind, facts, at) in enumerate(make_events(events)):
        if number % every == 0 and number:
            began = time.perf_counter()
            catalogue = make_rules(rules)
            old, matcher = matcher, build_matcher(catalogue)
            old.close()
            windows.reload(catalogue)
            reloading.append(time.perf_counter() - began)
        if number % max(1, events // PARTS) == 0:
            memory.append(_resident_mb())
        began = time.thread_time()
        told = windows.pass_time(at)
        told += windows.hear(matcher.answers(kind, facts), facts, Stamp(at, at, f"e{number}", number))
        spent[number] = time.thread_time() - began
        held += sum(one.outcome.held for one in told)
    cpu = time.process_time() - started
    memory.append(_resident_mb())
    ordered = sorted(spent)
    print(f"{events} events, {rules} rules, half of them with windows, {len(reloading)} reloads of all rules")
    print(f"  {events / cpu:,.0f} events per CPU second, generation and reloads included; {held} decisions")
    shown = ", ".join(f"p{part} {_part(ordered, part) * 1e6:,.0f} µs" for part in (50, 99, 99.9))
    print(f"  CPU time of an event: {shown}")
    if reloading:
        print(f"  a reload: median {statistics.median(reloading):.3f} s, longest {max(reloading):.3f} s")
    later = memory[PARTS // 5 :]
    print(f"  memory after each {PARTS}th of the events: {' '.join(f'{one:.0f}' for one in memory)} MB")
    print(f"  from the first fifth on the most is {max(later) / later[0]:.3f} times what it was there")
    of = {memory: rule.window.kind for memory, rule in catalogue.watching.items() if rule.window}
    kinds = Counter(of[name.partition(":")[0]] for name in windows.states)
    print(f"  {len(windows.states):,} states {dict(kinds)}, {windows.evicted.total()} evicted")


def restart(rows: int, url: str) -> None:
    """Fill a database with live rows, then open it anew and judge a batch of events."""
    catalogue = make_rules(20)
    counting = next(
        rule for rule in catalogue.rules if isinstance(rule.window and rule.window.pattern, Count)
    )
    migrations.upgrade(url)
    database = Database(url)
    with SqlUnitOfWork(database) as uow:
        uow.windows.put([_live(counting, number) for number in range(rows)])
        uow.commit()
    database.close()

    began = time.perf_counter()
    opened = Database(url)
    matcher = build_matcher(catalogue)
    first = _judge(opened, matcher, counting.event, 0)
    back = time.perf_counter() - began
    batches = []
    for batch in range(1, 21):
        began = time.perf_counter()
        _judge(opened, matcher, counting.event, batch)
        batches.append(time.perf_counter() - began)
    opened.close()
    print(f"{rows:,} live rows on {url.partition(':')[0]}")
    print(f"  opened, and the first batch of 200 judged, {first} of them completing a count: {back:.3f} s")
    print(f"  a further batch of 200 events, each with its row: median {statistics.median(batches):.3f} s")


def _live(rule: Rule, number: int) -> WindowRow:
    at = START - timedelta(minutes=1)
    micros = int(at.timestamp()) * MICRO
    memory = [[micros, f"s/e{number}-{part}", None, None] for part in (1, 2)]
    return WindowRow(
        name=f"{rule.memory}:d{number}",
        memory=rule.memory,
        state={"frontier": micros, "memory": memory},
        due_at=None,
        keep_until=START + timedelta(days=1),
        changed_at=at,
    )


def _judge(database: Database, matcher: Matcher, kind: str, batch: int) -> int:
    heard = []
    for number in range(200):
        seq = batch * 200 + number
        facts: dict[str, FactValue] = {"subject": f"d{seq}", "value": 999.9}
        event = Event(
            seq=seq,
            source="s",
            event_id=f"n{seq}",
            type=kind,
            subject=f"d{seq}",
            time=START,
            received_at=START,
            data={},
        )
        heard.append((event, matcher.answers(kind, facts), facts))
    with SqlUnitOfWork(database) as uow:
        told = recalling.hear(uow, heard, START)
        uow.commit()
    return sum(one.outcome.held for listed in told.own.values() for one in listed)


def _part(ordered: Sequence[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * part / 100))]


def _resident_mb() -> float:
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * resource.getpagesize() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def main() -> None:
    """Measure both parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--rules", type=int, default=1_000)
    parser.add_argument("--reloads", type=int, default=10)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--database", help="an empty database; a SQLite file that is thrown away if absent")
    options = parser.parse_args()
    print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores")
    soak(options.events, options.rules, options.reloads)
    if options.database:
        restart(options.rows, options.database)
        return
    with tempfile.TemporaryDirectory() as folder:
        restart(options.rows, f"sqlite:///{folder}/windows.sqlite3")


if __name__ == "__main__":
    main()
