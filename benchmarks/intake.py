"""How many events a second are accepted durably over HTTP, beside a bare loop that inserts the same rows.

    python benchmarks/intake.py [--database sqlite|postgresql|both] [--seconds 10]

The load generator, the service and PostgreSQL share this machine's cores, and triage goes on meanwhile.
"""

import argparse
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.support import events, house, load, machine

BATCH = 100
ROWS = 30_000
SINGLES = 5_000
AIMS = {
    ("sqlite", BATCH): (15_000, None),
    ("sqlite", 1): (2_500, 0.030),
    ("postgresql", BATCH): (10_000, None),
    ("postgresql", 1): (2_000, None),
}
_INSERT = (
    "insert into events (source, event_id, type, subject, time, received_at, body) "
    "values ({marks}) on conflict (source, event_id) do nothing"
)


def main() -> int:
    """Measure both kinds of database; answer 1 if an event was refused or is missing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    kinds = ["sqlite", "postgresql"] if options.database == "both" else [options.database]
    wrong = [
        kind
        for kind in kinds
        for many in (BATCH, 1)
        if not measure(kind, many, options.connections, options.seconds)
    ]
    machine.say(
        "\nverdict: " + (f"BROKEN on {', '.join(wrong)}" if wrong else "every accepted event is there, once")
    )
    return 1 if wrong else 0


def measure(kind: str, many: int, connections: int, seconds: float) -> bool:
    """Send batches or singles flat out; answer whether what was accepted is what is there."""
    what = f"{many} a batch" if many > 1 else "single events"
    with house.made(kind) as made:
        workers = [] if made.is_sqlite else [made.worker()]
        processes = [made.web(), *workers]
        with machine.measured(f"{kind}: {what}, {connections} connections, {seconds:g} s", made.folder):
            for process in processes:
                process.start()
            made.wait_until_it_serves()
            load.run(made.port, connections=connections, seconds=1, many=many, prefix="warm")
            before = stored(made)
            used = processes[0].cpu_s()
            result = load.run(made.port, connections=connections, seconds=seconds, many=many, prefix="run")
            used = processes[0].cpu_s() - used
            backlog = waiting(made)
            for process in processes:
                process.stop()
            there = stored(made) - before
        raw = raw_rates(made, many)
    told(kind, many, result, there, backlog, used, raw)
    # A request under way at the end is counted as stored and not as answered.
    return result.refused == 0 and result.broken == 0 and there >= result.requests * many


def told(
    kind: str, many: int, result: load.Result, there: int, backlog: int, used_s: float, raw: dict[str, float]
) -> None:
    """Print one result with its ratios and its aim."""
    rate = result.rate * many
    aim, slowest = AIMS[kind, many]
    met = rate >= aim and (slowest is None or result.p99 <= slowest)
    machine.say(
        f"by {result.generator}: {rate:,.0f} events/s in {result.requests:,} requests; {result.latency}"
    )
    machine.say(
        f"refused {result.refused}, broken {result.broken}; stored {there:,}; {backlog:,} wait for triage"
    )
    machine.say(
        f"the server used {used_s:.1f} s of processor in {result.seconds:.1f} s (SQLite: and triage): "
        f"{result.requests * many / used_s:,.0f} events a processor second"
    )
    for name, bare in raw.items():
        machine.say(f"bare loop, {name}: {bare:,.0f} rows/s; over HTTP it is {rate / bare:.2f} of that")
    bound = f", p99 under {slowest * 1000:g} ms" if slowest else ""
    machine.say(f"aim {aim:,} events/s{bound}: {'met' if met else 'NOT met'}")


def stored(made: house.House) -> int:
    """Count the events that are there."""
    return int(asked(made, "select count(*) from events"))


def waiting(made: house.House) -> int:
    """Count the events that triage has still before it."""
    return int(asked(made, "select count(*) from events where state = 'new'"))


def asked(made: house.House, query: str) -> Any:  # noqa: ANN401  (whatever the query answers)
    """Ask the database one value."""
    if made.is_sqlite:
        with sqlite3.connect(made.folder / "gongzhi.sqlite3") as connection:
            return connection.execute(query).fetchone()[0]
    with psycopg.connect(made.database_url) as connection:
        row = connection.execute(query.encode()).fetchone()
        return row[0] if row else None


def raw_rates(made: house.House, many: int) -> dict[str, float]:
    """Insert rows of the same shape without any of our code between; each commit as durable as ours."""
    sizes = {f"commits of {many} row{'s' * (many > 1)}": many}
    if many == 1:
        sizes["commits of 16 rows (all connections in one)"] = 16
    insert = _bare_sqlite if made.is_sqlite else _bare_postgresql
    return {name: _timed(insert, made, size, ROWS if size > 1 else SINGLES) for name, size in sizes.items()}


def _timed(insert: Callable[..., None], made: house.House, size: int, rows: int) -> float:
    batches = list(_rows(made, size, rows))
    began = perf_counter()
    insert(made, batches)
    return rows / (perf_counter() - began)


def _rows(made: house.House, size: int, rows: int) -> Iterator[list[tuple[Any, ...]]]:
    instant: Any = 1_777_593_600_000_000 if made.is_sqlite else "2026-05-01T08:00:00+08:00"
    for start in range(0, rows, size):
        yield [
            (
                house.SOURCE,
                f"bare-{size}-{number}",
                "reading",
                f"sensor-{number % 500}",
                instant,
                instant,
                body,
            )
            for number in range(start, min(start + size, rows))
            for body in [events.written(events.reading("x")["data"]).decode()]
        ]


def _bare_sqlite(made: house.House, batches: list[list[tuple[Any, ...]]]) -> None:
    connection = sqlite3.connect(made.folder / "gongzhi.sqlite3", isolation_level=None)
    connection.execute("pragma synchronous=full")
    sql = _INSERT.format(marks=", ".join(["?"] * 7))
    for batch in batches:
        connection.execute("begin immediate")
        connection.executemany(sql, batch)
        connection.execute("commit")
    connection.close()


def _bare_postgresql(made: house.House, batches: list[list[tuple[Any, ...]]]) -> None:
    sql = _INSERT.format(marks=", ".join(["%s"] * 7)).encode()
    with psycopg.connect(made.database_url) as connection, connection.cursor() as cursor:
        for batch in batches:
            cursor.executemany(sql, batch)
            connection.commit()


if __name__ == "__main__":
    sys.exit(main())
