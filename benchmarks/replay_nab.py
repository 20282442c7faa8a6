"""Replay the readings of the Numenta Anomaly Benchmark through the events interface, and lose none.

    python benchmarks/replay_nab.py --data FOLDER [--batch 500] [--database-url URL] [--progress]

Ten series become readings with their own times (taken as UTC, the files name no zone), sent in the order of
these times in batches to POST /api/v1/events. The rules of benchmarks/nab/pack, one threshold a series,
judge them. The clock of the house stands at the last reading of each batch. Fails when an event is missing,
doubled or not judged.
"""

import argparse
import csv
import json
import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import sqlalchemy as sa
import structlog
from flask import Flask
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import app as application
import migrations
from casework.clock import FakeClock
from casework.domain.people import Scope, Source
from casework.domain.places import Asset
from casework.jobs.worker import Worker
from casework.services import accounts
from casework.services.runtime import Runtime
from casework.settings import Settings
from casework.store import tables
from notifications.fakes import FakeSms

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path("05_sensors_nab")
PACK = ROOT / "benchmarks" / "nab" / "pack"
SOURCE, KEY = "nab", "a key that opens this replay and nothing else"
PLACE = (44.98, -93.27)  # the traffic series are of the Twin Cities; a case wants a place


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one series; `index` is its line, for some series have two at one time."""

    series: str
    index: int
    at: datetime
    value: float

    def event(self) -> dict[str, object]:
        """Write it as a CloudEvent."""
        return {
            "specversion": "1.0",
            "id": f"{self.series}/{self.index}",
            "source": SOURCE,
            "type": "reading",
            "subject": self.series,
            "time": self.at.isoformat(),
            "data": {"quantity": "level", "value": self.value, "unit": "1"},
        }


def main(arguments: list[str] | None = None) -> None:
    """Replay as asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="the public data")
    parser.add_argument("--batch", type=int, default=500, help="readings in one request, 1,000 at the most")
    parser.add_argument("--most", type=int, help="only so many readings, the earliest")
    parser.add_argument("--database-url", help="an empty database; a SQLite file of its own by default")
    parser.add_argument("--progress", action="store_true", help="show how far it is")
    wanted = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    readings = read(wanted.data / FOLDER)[: wanted.most]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        url = wanted.database_url or f"sqlite:///{Path(folder) / 'replay.sqlite3'}"
        replay(url, readings, wanted.batch, progress=wanted.progress)


def read(folder: Path) -> list[Reading]:
    """Read every series, in the order of time."""
    found = [reading for file in sorted(folder.glob("*/*.csv")) for reading in read_series(file)]
    return sorted(found, key=lambda reading: (reading.at, reading.series, reading.index))


def read_series(file: Path) -> Iterator[Reading]:
    """Read one series, in the order of its lines."""
    with file.open(encoding="utf-8", newline="") as lines:
        for index, row in enumerate(csv.DictReader(lines)):
            at = datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC)
            yield Reading(file.stem, index, at, float(row["value"]))


def replay(database_url: str, readings: Sequence[Reading], batch: int, *, progress: bool) -> None:
    """Send the readings, let the rules judge them, print what came of it."""
    clock = FakeClock(readings[0].at)
    app, runtime, worker = _open(database_url, clock, sorted({reading.series for reading in readings}))
    client = app.test_client()
    accepted, sending_s, judging_s = 0, 0.0, 0.0
    with tqdm(total=len(readings), unit="reading", disable=not progress) as bar:
        for first in range(0, len(readings), batch):
            some = readings[first : first + batch]
            clock.set(some[-1].at)
            body = json.dumps([reading.event() for reading in some])
            started = time.perf_counter()
            answer = client.post("/api/v1/events", data=body, headers=_HEADERS)
            sent = time.perf_counter()
            while worker.triage():
                pass
            judging_s += time.perf_counter() - sent
            sending_s += sent - started
            assert answer.status_code == 202, answer.text  # noqa: PLR2004  (accepted)
            accepted += answer.get_json()["accepted"]
            bar.update(len(some))
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        _print_outcome(connection, readings, accepted, (sending_s, judging_s))
    engine.dispose()
    runtime.close()


_HEADERS = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/cloudevents-batch+json"}


def _open(database_url: str, clock: FakeClock, series: Sequence[str]) -> tuple[Flask, Runtime, Worker]:
    migrations.upgrade(database_url)
    sms = FakeSms(clock)
    settings = Settings(database_url=database_url, language="en", scenarios=(PACK,))
    app = application.create_app(
        settings, clock=clock, channels={"sms": sms, "console": sms}, elapsed=lambda: clock().timestamp()
    )
    runtime: Runtime = app.extensions["gongzhi"]()
    scopes = frozenset({Scope.EVENTS})
    source = Source(
        name=SOURCE, title="NAB", owner="replay", key_hashes=(), scopes=scopes, rate_per_s=1e9, burst=10**9
    )
    accounts.put_source(source, KEY, uows=runtime.uows)
    with runtime.uows() as uow:
        uow.registers.add_assets([_asset(name) for name in series])
        uow.commit()
    return app, runtime, cast(Worker, app.extensions["gongzhi_make_worker"]())


def _asset(name: str) -> Asset:
    lat, lon = PLACE
    return Asset(
        id=name, kind="sensor", name_zh=name, name_en=name, lat=lat, lon=lon, area_id=None, attributes={}
    )


def _print_outcome(
    connection: sa.Connection, readings: Sequence[Reading], accepted: int, seconds: tuple[float, float]
) -> None:
    kept = _counted(connection, tables.events.c.state)
    judged = _counted(connection, tables.judgements.c.outcome)
    opened = _counted(connection, tables.cases.c.subject)
    sending_s, judging_s = seconds
    print(f"{len(readings):,} readings sent, {accepted:,} accepted, {kept.total():,} kept {dict(kept)}")
    rates = len(readings) / sending_s, len(readings) / judging_s
    print(f"{rates[0]:,.0f} events/s accepted, {rates[1]:,.0f} events/s judged")
    print(f"{judged.total():,} judged {dict(judged)}, {opened.total()} cases")
    for name, sent in sorted(Counter(reading.series for reading in readings).items()):
        print(f"  {name:38}{sent:8,} readings {opened[name]:4} cases")
    assert accepted == kept.total() == judged.total() == len(readings), "an event is missing or doubled"
    assert set(kept) == {"judged"}, "an event was not judged"


def _counted(connection: sa.Connection, column: sa.ColumnElement[str]) -> Counter[str]:
    rows = connection.execute(sa.select(column, sa.func.count()).group_by(column))
    return Counter({str(name): number for name, number in rows})


if __name__ == "__main__":
    main()
