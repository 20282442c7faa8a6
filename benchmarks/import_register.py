"""How fast a register of a district's size is read, beside a bare executemany of the same rows.

    python benchmarks/import_register.py [--database sqlite|postgresql|both] [--assets N] [--devices N]

The floor is the driver's own `executemany` of rows that are already made, in commits of the same size; ours
reads the file, checks every field, looks up the area, compares with what stands there, and writes.
"""

import argparse
import json
import random
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.support import house, machine
from casework.services import foreign_rows, register_files, registering
from casework.services.register_files import Shape
from casework.services.registering import Outcome, Register
from casework.services.runtime import Runtime

KINDS = ("manhole_cover", "street_light", "tree", "bin", "hydrant", "sign", "underpass", "bench")
SENSORS = tuple(f"sensor_{number:02}" for number in range(15))
LOOKUPS = 2_000
_INSERT = (
    "insert into {table} (id, kind, name_zh, name_en, lat, lon, area_id, attributes, senses) values ({marks})"
)


def main() -> int:
    """Measure both kinds of database; answer 1 if a row is missing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--assets", type=int, default=170_000)
    parser.add_argument("--devices", type=int, default=34_000)
    options = parser.parse_args()
    kinds = ["sqlite", "postgresql"] if options.database == "both" else [options.database]
    return max(measure(kind, options.assets, options.devices) for kind in kinds)


def measure(kind: str, assets: int, devices: int) -> int:
    """Import both lists into an empty house, twice; answer 1 if a row is missing."""
    title = f"{kind}: {assets:,} assets, {devices:,} devices"
    with house.made(kind) as made, machine.measured(title, made.folder), made.runtime() as runtime:
        random_ = random.Random(7)  # noqa: S311  (not for secrets)
        lists = {
            Register.ASSETS: _asset_list(made.folder / "assets.csv", assets, random_),
            Register.DEVICES: _device_list(made.folder / "devices.csv", devices, assets, random_),
        }
        wrong = 0
        for register, file in lists.items():
            rows = list(_rows(file))
            floor = _floor(made, rows)
            first, total = _timed(runtime, register, file)
            again, same = _timed(runtime, register, file)
            wrong += total.new != len(rows) or same.same != len(rows)
            machine.say(
                f"{register.value}: n {len(rows):,}; first {len(rows) / first:,.0f} rows/s ({first:.1f} s), "
                f"again {len(rows) / again:,.0f} rows/s, bare executemany {len(rows) / floor:,.0f} rows/s: "
                f"{first / floor:.1f} times the floor's time"
            )
        machine.say("look-up of one asset by subject: " + machine.spread(list(_lookups(runtime, assets))))
    return min(wrong, 1)


def _take(runtime: Runtime, register: Register, file: Path) -> Outcome:
    total = Outcome()
    batches = register_files.take_all(
        register,
        foreign_rows.read(file, "utf-8", lambda _bytes: None),
        Shape(),
        uows=runtime.uows,
        locate=runtime.house().locate,
        clock=runtime.clock,
    )
    for outcome, _refused in batches:
        total.add(outcome)
    return total


def _lookups(runtime: Runtime, assets: int) -> Iterator[float]:
    random_ = random.Random(11)  # noqa: S311  (as above)
    with runtime.uows(reading=True) as uow:
        for _ in range(LOOKUPS):
            name = f"A-{random_.randrange(assets):06}"
            began = perf_counter()
            found = uow.registers.assets([name])
            yield perf_counter() - began
            assert name in found


def _asset_list(file: Path, many: int, random_: random.Random) -> Path:
    with file.open("w", encoding="utf-8") as out:
        out.write("id,kind,name_zh,lat,lon,owner,material\n")
        for number in range(many):
            lat, lon = random_.uniform(30.27, 30.37), random_.uniform(120.1, 120.2)
            out.write(f"A-{number:06},{KINDS[number % 8]},{number}号部件,{lat:.6f},{lon:.6f},城管,iron\n")
    return file


def _device_list(file: Path, many: int, assets: int, random_: random.Random) -> Path:
    with file.open("w", encoding="utf-8") as out:
        out.write("id,kind,name_zh,lat,lon,senses,source,owner,interval_s,rate_per_s\n")
        for number in range(many):
            lat, lon = random_.uniform(30.27, 30.37), random_.uniform(120.1, 120.2)
            senses = f"A-{random_.randrange(assets):06}"
            out.write(
                f"D-{number:06},{SENSORS[number % 15]},{number}号设备,{lat:.6f},{lon:.6f},{senses},"
                f"iot,数据局,600,1\n"
            )
    return file


def _rows(file: Path) -> Iterator[tuple[Any, ...]]:
    for row in foreign_rows.read(file, "utf-8", lambda _bytes: None):
        assert isinstance(row, foreign_rows.Row)
        own = row.values
        attributes = json.dumps({"owner": own["owner"]}, ensure_ascii=False)
        name, lat, lon = own["name_zh"], float(own["lat"]), float(own["lon"])
        yield own["id"], own["kind"], name, name, lat, lon, None, attributes, own.get("senses")


def _floor(made: house.House, rows: list[tuple[Any, ...]]) -> float:
    """Time the bare insert of rows that are already made, into a table without further indexes."""
    connect: Callable[[], Any] = (
        (lambda: sqlite3.connect(made.folder / "bare.db"))
        if made.is_sqlite
        else (lambda: psycopg.connect(made.database_url.replace("+psycopg", "")))
    )
    connection = connect()
    if made.is_sqlite:
        connection.execute("pragma journal_mode=wal")
        connection.execute("pragma synchronous=full")
    cursor = connection.cursor()
    cursor.execute("drop table if exists bare")
    kinds = "text primary key, kind text, name_zh text, name_en text, lat float, lon float, area_id text"
    cursor.execute(f"create table bare (id {kinds}, attributes text, senses text)")
    connection.commit()
    marks = ", ".join(("?" if made.is_sqlite else "%s",) * 9)
    began = perf_counter()
    for start in range(0, len(rows), registering.BATCH):
        cursor.executemany(_INSERT.format(table="bare", marks=marks), rows[start : start + registering.BATCH])
        connection.commit()
    took = perf_counter() - began
    connection.close()
    return took


def _timed(runtime: Runtime, register: Register, file: Path) -> tuple[float, Outcome]:
    began = perf_counter()
    done = _take(runtime, register, file)
    return perf_counter() - began, done


if __name__ == "__main__":
    raise SystemExit(main())
