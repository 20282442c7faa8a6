"""How long a month of stored events takes to rehearse, beside the floor: reading the rows and their JSON.

Run from the root of the project: `PYTHONPATH=. python benchmarks/rehearse.py [--events 1000000] [--runs 3]`.
The events are readings, detections and reports over 30 days on SQLite; the draft lowers the level at which an
underpass counts as flooded, and every rule of the shipped packs is judged on both sides. All of it happens in
one thread; CPU seconds are of this process, so that other work on the machine does not count as ours.
"""

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import migrations
import rules
from benchmarks.support import machine
from casework.domain.places import Asset
from casework.services import rehearsing, rule_texts
from casework.services.rehearsing import Script
from casework.settings import ROOT
from casework.store import tables
from casework.store.archive import Archive
from casework.store.columns import dumps
from casework.store.database import Database
from casework.store.unit_of_work import SqlUnitOfWork

START = datetime(2026, 4, 1, tzinfo=UTC)
DAYS = 30
KEY = ("underpass-flooding", "underpass-flooding")
ASSETS = 200
BATCH = 20_000


def main() -> None:
    """Fill a database, then measure floor and rehearsal in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/events.db"
        migrations.upgrade(url)
        database = Database(url)
        fill(database, options.events)
        with machine.measured(f"rehearsal of {options.events:,} events", Path(folder)):
            measure(Archive(database), options.events, options.runs)
        database.close()


def measure(archive: Archive, events: int, runs: int) -> None:
    """Print floor, rehearsal, their ratio and the memory that was added."""
    script = make_script()
    floors, whole, pauses = [], [], []
    report: dict[str, Any] = {}
    read_only(archive)
    before = peak_mib()
    for _ in range(runs):
        floors.append(timed(lambda: read_only(archive)))
        whole.append(timed(lambda: report.update(rehearse(script, archive, pauses))))
    floor, took = machine.percentile(floors, 0.5), machine.percentile(whole, 0.5)
    machine.say(f"floor (rows and JSON only)  {floor:7.2f} CPU s {events / floor:10,.0f} events/s")
    machine.say(f"rehearsal                   {took:7.2f} CPU s {events / took:10,.0f} events/s")
    machine.say(f"ratio {took / floor:.2f}; of {runs} runs the slowest took {max(whole):.2f} CPU s")
    machine.say(f"between two reports of progress (wall): {machine.spread(pauses)}")
    machine.say(f"peak memory above that of the floor: {peak_mib() - before:.1f} MiB")
    sides = {side: report[side]["opened"] for side in ("live", "draft")}
    machine.say(f"judged {report['events']:,}, cases {sides}, events that differ {report['differing']:,}")


def timed(work: Callable[[], object]) -> float:
    """Count the CPU seconds of this process that some work takes."""
    began = time.process_time()
    work()
    return time.process_time() - began


def peak_mib() -> float:
    """Answer the most memory that this process ever held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def read_only(archive: Archive) -> int:
    """Read every row of the span with its JSON, and do nothing."""
    bounds = archive.bounds(START - timedelta(days=1))
    types = ("detection", "reading", "report")
    return sum(len(page) for page in archive.pages(types, START, START + timedelta(days=DAYS), bounds))


def rehearse(script: Script, archive: Archive, pauses: list[float]) -> dict[str, Any]:
    """Rehearse, and note how long it was between two reports of progress."""
    last = time.perf_counter()

    def progress(_part: float, _events: int) -> None:
        nonlocal last
        now = time.perf_counter()
        pauses.append(now - last)
        last = now

    return rehearsing.rehearse(script, archive, locate=lambda _lat, _lon: None, progress=progress)


def make_script() -> Script:
    """Rehearse every rule of the shipped packs, with one of them changed."""
    folders = (ROOT / "scenarios",)
    texts = rule_texts.on_disk(folders)
    lower = texts[KEY].replace("at_least: 30}", "at_least: 20}").replace("29.9", "19.9")
    changed = {**texts, KEY: lower}
    with rule_texts.composed(folders, changed) as folder:
        draft = rules.load_packs([folder])
    live = rules.load_packs(folders)
    every = frozenset((rule.pack, rule.id) for rule in live.rules)
    return Script(live=live, draft=draft, start=START, end=START + timedelta(days=DAYS), focus=every)


def fill(database: Database, events: int) -> None:
    """Write underpasses and a month of events, a third of each kind, in the order in which they came."""
    with SqlUnitOfWork(database) as uow:
        uow.registers.add_assets(
            Asset(
                id=f"underpass-{number}", kind="underpass", name_zh=f"下穿{number}",
                name_en=f"Underpass {number}",
                lat=30.2 + number * 0.001, lon=120.1, area_id=None, attributes={},
            )
            for number in range(ASSETS)
        )  # fmt: skip
        uow.commit()
    step = timedelta(days=DAYS) / events
    for first in range(0, events, BATCH):
        rows = list(made(range(first, min(events, first + BATCH)), step))
        with database.writing() as connection:
            connection.execute(sa.insert(tables.events), rows)
            connection.commit()


def made(numbers: Sequence[int], step: timedelta) -> Iterator[dict[str, object]]:
    """Make events by number."""
    for number in numbers:
        chance = random.Random(number)  # noqa: S311  (a sample, not a secret)
        kind = ("reading", "detection", "report")[number % 3]
        at = START + number * step
        yield {
            "source": f"source-{kind}",
            "event_id": str(number),
            "type": kind,
            "subject": f"underpass-{chance.randrange(ASSETS)}" if kind == "reading" else None,
            "time": at,
            "received_at": at,
            "body": dumps(_data(kind, chance)),
            "state": "judged",
            "attempts": 0,
        }


def _data(kind: str, chance: random.Random) -> dict[str, object]:
    place = {"lat": 30.2 + chance.random() * 0.2, "lon": 120.1 + chance.random() * 0.2}
    if kind == "reading":
        return {"quantity": "water_level", "value": round(chance.expovariate(0.2), 1), "unit": "cm"}
    if kind == "detection":
        label = chance.choice(["pothole", "crack", "puddle", "rut"])
        return {**place, "label": label, "confidence": round(chance.random(), 2), "track": "a1"}
    category = chance.choice(["noise", "waste", "road_damage", "flooding"])
    return {**place, "text": "路面有积水请来处理", "category": category, "reporter": {"channel": "app"}}


if __name__ == "__main__":
    main()
