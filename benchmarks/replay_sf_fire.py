"""Replay two weeks of a real fire service through the public interface on a compressed clock, and count.

    python benchmarks/replay_sf_fire.py --data FOLDER [--days 14] [--choose recorded|ours] [--progress]

With `--choose recorded` every call, crew and tap happens at its recorded instant. The breaches of 60 s, 300 s
and 20 min that our own clocks show must equal those that pandas counts in the file, exactly, and each must be
escalated; the script fails otherwise. With `--choose ours` our dispatch chooses the crews. What is one call's
filing, dispatch, arrival and end, and how odd rows are read, stands in docs/benchmarks.md under "Replay".
"""

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
import structlog

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sf_fire import count, figures, ours, record, recorded
from sf_fire.house import House, open_house
from sf_fire.record import Record

from casework.store import tables

ROOT = Path(__file__).resolve().parent.parent
ALL_DAYS = 14


def main(arguments: list[str] | None = None) -> None:
    """Replay as asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="the public data")
    parser.add_argument("--days", type=int, default=ALL_DAYS, help="the first days of the file")
    parser.add_argument(
        "--hours", type=float, help="only the calls filed in the first hours of the first day"
    )
    parser.add_argument("--choose", choices=("recorded", "ours"), default="recorded", help="who picks crews")
    parser.add_argument("--database-url", help="an empty database; a SQLite file of its own by default")
    parser.add_argument("--progress", action="store_true", help="show how far it is")
    wanted = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    file = wanted.data / record.FILE
    read = record.read(file, wanted.days, wanted.hours)
    print(f"{len(read.calls)} calls, {len(read.kinds)} units, {read.begins_at} to {read.ends_at}")
    with house(wanted.database_url, read, automatic=wanted.choose == "ours") as opened:
        if wanted.choose == "ours":
            ours.print_comparison(opened, read, progress=wanted.progress)
        else:
            replay(opened, read, count.count(file, wanted.days, wanted.hours), progress=wanted.progress)


@contextmanager
def house(database_url: str | None, read: Record, *, automatic: bool) -> Iterator[House]:
    """Open a house in a folder of its own and clear it away in the end."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        url = database_url or f"sqlite:///{folder / 'replay.sqlite3'}"
        opened = open_house(url, folder, read, automatic=automatic)
        try:
            yield opened
        finally:
            opened.close()


def replay(opened: House, read: Record, counted: dict[str, count.Count], *, progress: bool = False) -> None:
    """Replay the record, print ours beside the count, and fail where they differ."""
    started = time.perf_counter()
    stage = recorded.replay(opened, read, progress=progress)
    passed = time.perf_counter() - started
    clocks = figures.timed(opened.tables, read.ends_at)
    print_clocks(clocks, counted)
    told = figures.told(opened.tables, clocks)
    print(
        f"breaches {told.breaches}: {told.over} in a timeline, {told.escalated} escalated,"
        f" {told.nobody_to_tell} with nobody to tell"
    )
    days = (read.ends_at - read.begins_at).total_seconds() / 86_400
    written = opened.tables.execute(sa.select(sa.func.count()).select_from(tables.timeline)).scalar_one()
    print(
        f"{days:.1f} days in {passed:.0f} s ({days * 86_400 / passed:,.0f} times as fast):"
        f" {stage.rounds:,} instants, {len(read.calls) / passed:.1f} calls/s, {written:,} timeline entries"
        f" ({written / passed:,.0f}/s), {len(opened.sms.received):,} texts"
    )
    assert all_equal(clocks, counted), "our clocks and the count in the file differ"


def print_clocks(clocks: list[figures.Timed], counted: dict[str, count.Count]) -> None:
    """Print one line a clock from our tables, and under it what pandas counts."""
    heads = ("n", "reached", "open", "breaches", "on time", *(f"p{percent}" for percent in figures.PERCENTS))
    print(f"\n{'':10} {'':7}" + "".join(f"{head:>9}" for head in heads))
    for kind in figures.CLOCKS:
        mine, theirs = figures.attained(clocks, kind), counted[kind]
        shown = "".join(f"{seconds:9.1f}" for seconds in mine.percentiles)
        numbers = f"{mine.n:9}{mine.reached:9}{mine.open:9}{mine.breaches:9}{mine.on_time:9.1%}"
        print(f"{kind:10} {'ours':7}{numbers}{shown}")
        shown = "".join(f"{seconds:9.1f}" for seconds in theirs.percentiles)
        verdict = "equal" if same(mine, theirs) else "DIFFERENT"
        numbers = f"{theirs.n:9}{theirs.reached:9}{'':9}{theirs.breaches:9}{'':9}"
        print(f"{'':10} {'pandas':7}{numbers}{shown}  {verdict}")


def all_equal(clocks: list[figures.Timed], counted: dict[str, count.Count]) -> bool:
    """Whether ours and the count agree in every clock."""
    return all(same(figures.attained(clocks, kind), counted[kind]) for kind in figures.CLOCKS)


def same(mine: figures.Attained, theirs: count.Count) -> bool:
    """Whether two counts agree: the numbers exactly, the percentiles to the microsecond."""
    numbers = (mine.n, mine.reached, mine.breaches) == (theirs.n, theirs.reached, theirs.breaches)
    pairs = zip(mine.percentiles, theirs.percentiles, strict=True)
    return numbers and all(abs(one - other) < 1e-6 for one, other in pairs)  # noqa: PLR2004  (a microsecond)


if __name__ == "__main__":
    main()
