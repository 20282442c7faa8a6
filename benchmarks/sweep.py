"""Sweeps a house with many open clocks: idle, with a thousand deadlines in one second, and against bare SQL.

    python benchmarks/sweep.py [--database sqlite|postgresql] [--clocks 100000] [--due 1000]

The bare loop claims the same number of rows and writes the same number of rows as the sweep does, a hundred
a commit, with the driver's own cursor and nothing else: what the database alone can do here and now.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import app
from benchmarks.support import asking, casefiles, house, machine
from benchmarks.support.kill_deadlines import STEPS, TARGET_S, WARN_AT
from casework import ids
from casework.clock import system_clock
from casework.domain.cases import Case
from casework.domain.clocks import Clock, ClockKind
from casework.domain.deadlines import Deadline
from casework.services import sweeping
from casework.services.runtime import Runtime
from casework.store import tables
from casework.store.database import Database
from casework.store.rows import Rows

IDLE_SWEEPS = 300
ALL_WITHIN_S, IDLE_UNDER_S = 5.0, 0.005
_AT_ONCE = 5_000
_A_COMMIT = 100


def main() -> int:
    """Run on the databases asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--clocks", type=int, default=100_000, help="clocks that run and are not due")
    parser.add_argument("--due", type=int, default=1_000, help="deadlines that come due at once")
    options = parser.parse_args()
    held = [run(kind, options.clocks, options.due) for kind in options.database or ("sqlite", "postgresql")]
    return 0 if all(held) else 1


def run(kind: str, clocks: int, due: int) -> bool:
    """Make a house with open clocks and measure it."""
    title = f"{kind}: {clocks:,} open clocks, {due:,} due"
    with machine.measured(title, Path(tempfile.gettempdir())), house.made(kind) as made:
        with made.runtime() as runtime:
            city = City(made, runtime)
            city.open(clocks, system_clock() + timedelta(days=1))
            if not made.is_sqlite:
                asking.execute(made, "analyze")
            idle = _idle(runtime)
            ours_s = _at_once(city, due)
            bare_s = _bare(city, due)
            last_s = _in_one_second(city, due)
        machine.say(
            f"  {due:,} due at once: ours {ours_s:.3f} s ({due / ours_s:,.0f}/s), bare SQL {bare_s:.3f} s "
            f"({due / bare_s:,.0f}/s), ratio {ours_s / bare_s:.1f}"
        )
        held = last_s < ALL_WITHIN_S and idle < IDLE_UNDER_S
        machine.say(
            f"verdict: sweep on {kind}: all escalated {last_s:.2f} s after the last was due "
            f"(aim {ALL_WITHIN_S:g}), idle sweep {idle * 1000:.2f} ms (aim {IDLE_UNDER_S * 1000:g}): "
            + ("held" if held else "NOT held")
        )
        return held


class City:
    """Opens cases in bulk, each a copy of one that the services opened, with one clock and its deadlines."""

    def __init__(self, made: house.House, runtime: Runtime) -> None:
        self.made, self.runtime = made, runtime
        changed = casefiles.with_category(
            runtime.house(), targets={"dispatch": TARGET_S}, warn_at=WARN_AT, steps=STEPS
        )
        far = system_clock() + timedelta(days=2)
        for _ in casefiles.open_many(runtime, changed, [far]):
            pass
        case_id = asking.value(made, "select max(id) from cases")
        with runtime.uows(reading=True) as uow:
            self._model = uow.cases.get(case_id)
            self._clock = uow.clocks.running(case_id)[0]
        self._number = 1_000_000

    def open(self, count: int, due: datetime, apart: timedelta = timedelta()) -> None:
        """Open cases whose clocks come near their target at an instant, or one after the other from there."""
        database = Database(self.made.settings.database_url)
        for start in range(0, count, _AT_ONCE):
            made = [self._make(due + apart * number) for number in range(start, min(start + _AT_ONCE, count))]
            with database.writing() as connection:
                Rows(connection, tables.cases, Case).insert([case for case, _, _ in made])
                Rows(connection, tables.clocks, Clock).insert([clock for _, clock, _ in made])
                Rows(connection, tables.deadlines, Deadline).insert(
                    [row for _, _, rows in made for row in rows]
                )
                connection.commit()
        database.close()

    def _make(self, due: datetime) -> tuple[Case, Clock, list[Deadline]]:
        self._number += 1
        case = replace(self._model, id=ids.new(), number=self._number, public_code=f"B{self._number}")
        started = due - timedelta(seconds=TARGET_S * WARN_AT)
        clock = replace(
            self._clock, id=ids.new(), case_id=case.id, kind=ClockKind.DISPATCH, started_at=started
        )
        over = started + timedelta(days=1)  # only the first step is looked at here
        return (
            case,
            clock,
            [
                Deadline.of_clock(clock.id, case.id, step=0, due_at=due),
                Deadline.of_clock(clock.id, case.id, step=1, due_at=over),
            ],
        )


def _idle(runtime: Runtime) -> float:
    """Sweep while nothing is due; answer the median in seconds."""
    took = [
        _timed(lambda: sweeping.sweep(runtime.uows, runtime.house(), system_clock))
        for _ in range(IDLE_SWEEPS)
    ]
    machine.say(f"  idle sweep: {machine.spread(took)}")
    return machine.percentile(took, 0.5)


def _at_once(city: City, due: int) -> float:
    city.open(due, system_clock() - timedelta(seconds=1))
    runtime, settled = city.runtime, 0
    began = perf_counter()
    while step := sweeping.sweep(runtime.uows, runtime.house(), system_clock):
        settled += step
    took = perf_counter() - began
    if settled != due:
        raise RuntimeError(f"{due} were due, {settled} settled")
    return took


def _bare(city: City, due: int) -> float:
    """Claim as many rows and write as many as the sweep does, with the driver alone."""
    city.open(due, system_clock() - timedelta(seconds=1))
    made = city.made
    mark = "?" if made.is_sqlite else "%s"
    now: Any = system_clock()
    if made.is_sqlite:
        now = int(now.timestamp() * 1e6)
    claim = (
        f"update deadlines set state = 'fired', settled_at = {mark} where id in (select id from deadlines "  # noqa: S608  (our own)
        f"where state = 'pending' and due_at <= {mark} order by due_at limit {_A_COMMIT}"
        + (") " if made.is_sqlite else " for update skip locked) ")
        + "returning case_id, ref"
    )
    timeline = _insert("timeline", "id, case_id, at, kind, actor, data", mark)
    messages = _insert(
        "messages",
        "id, case_id, purpose, channel, address, language, body, segments, created_at, state, attempts, "
        "next_attempt_at, clock_id",
        mark,
    )
    data, body = '{"clock":"dispatch","target_s":10.0,"elapsed_s":8.0}', "x" * 110
    with asking.connected(made) as connection:
        cursor = connection.cursor()
        began = perf_counter()
        while rows := list(cursor.execute(claim, (now, now))):
            entries = [
                (ids.new(), case_id, now, kind, "system", data)
                for case_id, _ in rows
                for kind in ("clock_near", "escalated")
            ]
            cursor.executemany(timeline, entries)
            cursor.executemany(
                messages,
                [
                    (
                        ids.new(),
                        case_id,
                        "escalation_near",
                        "console",
                        "user:x",
                        "zh",
                        body,
                        2,
                        now,
                        "new",
                        0,
                        now,
                        ref,
                    )
                    for case_id, ref in rows
                ],
            )
            connection.commit()
        return perf_counter() - began


def _insert(table: str, columns: str, mark: str) -> str:
    marks = ", ".join([mark] * (columns.count(",") + 1))
    return f"insert into {table} ({columns}) values ({marks})"  # noqa: S608  (our own)


def _in_one_second(city: City, due: int) -> float:
    """Let deadlines come due one after the other within a second, and a real worker sweep them."""
    made, runtime = city.made, city.runtime
    first = system_clock() + timedelta(seconds=3 + due / 1_000)
    city.open(due, first, timedelta(seconds=1) / due)
    done = "select count(*) from timeline where kind = 'escalated'"
    before = asking.value(made, done)
    worker = app.create_worker(runtime)
    worker.start()
    last, give_up_at = first + timedelta(seconds=1), monotonic() + 60.0
    while asking.value(made, done) - before < due and monotonic() < give_up_at:
        machine.pause(0.02)
    took = (system_clock() - last).total_seconds()
    worker.stop()
    at, settled = asking.seconds(made, "due_at"), asking.seconds(made, "settled_at")
    query = f"select {settled} - {at} from deadlines where {at} >= {first.timestamp()} and state = 'fired'"  # noqa: S608  (our own)
    late = [float(row[0]) for row in asking.rows(made, query)]
    machine.say(
        f"  due within one second, {took:.2f} s after the last all were escalated; {machine.spread(late)}"
    )
    return took


def _timed(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
