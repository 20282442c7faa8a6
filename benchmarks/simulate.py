"""What each part of the decision is worth in arrivals: paired simulations on generated days and real calls.

    python benchmarks/simulate.py [--seeds 20] [--loads 0.25,0.43,0.71] [--fire DIR --days 3]

Every tactic gets the same calls. The generated district has 119 km2, 105 crews of one or both of two
capabilities, hot spots, and 25 km/h x 1.35; the busy share is that which the calls of the load would make if
each took the mean way and work. Demand for repositioning is learned from days that are not played. DIR holds
the San Francisco calls; each unit that the record sent is one task for a unit of that type, and works as long
as it did then.
"""

import argparse
import csv
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.support import machine
from routing import simulation
from routing.coverage import Demand
from routing.simulation import Call, District, Played, Tactics, Unit
from routing.travel import DistanceTravelTimes

SOUTH, WEST = 30.25, 120.10
SKILLS = ("drainage", "road_repair")
CREWS, DAY_S, WORK_S, USUAL_WAY_S = 105, 86_400.0, 1_100.0, 300.0
ONE, FIVE, TWENTY = 60.0, 300.0, 1200.0  # the promised minutes, in seconds
HOT = 0.5  # share of the calls about a hot spot
STARTS = datetime(2026, 3, 2, tzinfo=UTC)
EVEN = DistanceTravelTimes(UTC, start_up_s=0.0, speed_kmh_by_hour=(25.0,) * 24)
FIRE_FILE = "sf_fire_calls_2020-04-07_20.csv"
ZONE = ZoneInfo("America/Los_Angeles")


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--loads", default="0.25,0.43,0.71")
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--fire", type=Path, help="the folder of the San Francisco calls")
    parser.add_argument("--days", type=int, default=3, help="so many days of them")
    wanted = parser.parse_args()
    machine.say(machine.describe())
    for load in (float(text) for text in wanted.loads.split(",") if text):
        generated(load, wanted.seeds, wanted.hours)
    if wanted.fire:
        fire(wanted.fire / FIRE_FILE, wanted.days)


def generated(load: float, seeds: int, hours: float) -> None:
    """Play generated days at one load."""
    past = [call for seed in (9001, 9002) for call in day(seed, load, hours)][:400]
    district = District(EVEN, STARTS, demand=demand_of(past))
    days = [day(seed, load, hours) for seed in range(seeds)]
    machine.say(f"\ngenerated, load {load:.2f}: {seeds} days, {sum(map(len, days))} calls, {CREWS} crews")
    base: list[Played] = []
    for tactics in simulation.ALL:
        started = time.process_time()
        runs = [simulation.play(calls, fleet(seed), tactics, district) for seed, calls in enumerate(days)]
        base = base or runs
        blocks = [run.waits() for run in runs], [run.waits() for run in base]
        report(tactics, runs, blocks, time.process_time() - started)


def fire(file: Path, days: int) -> None:
    """Play the first days of the fire service's calls; the last days tell where calls are expected."""
    calls, units, later = read_fire(file, days)
    district = District(DistanceTravelTimes(ZONE, start_up_s=0.0), calls[0][0], demand=demand_of(later))
    played = [replace(call, at_s=(at - calls[0][0]).total_seconds()) for at, call in calls]
    machine.say(f"\nSan Francisco Fire, {days} days: {len(played)} tasks, {len(units)} units")
    base: Played | None = None
    for tactics in simulation.ALL:
        started = time.process_time()
        run = simulation.play(played, units, tactics, district)
        base = base or run
        blocks = simulation.blocks(run), simulation.blocks(base)
        report(tactics, [run], blocks, time.process_time() - started)


def report(
    tactics: Tactics,
    runs: Sequence[Played],
    blocks: tuple[Sequence[np.ndarray], Sequence[np.ndarray]],
    took_s: float,
) -> None:
    """Print one line; the interval is that of the paired difference to the first tactic."""
    outcomes = [one for run in runs for one in run.outcomes]
    waits = np.concatenate([run.waits() for run in runs])
    sent = np.array([np.inf if one.sent_s is None else one.sent_s for one in outcomes])
    first = waits[[one.call.priority == 1 for one in outcomes]]
    p50, p90, p95 = np.percentile(waits, [50, 90, 95], method="inverted_cdf")
    s90, s95 = np.percentile(sent, [90, 95], method="inverted_cdf")
    gain, low, high = simulation.difference(*blocks, FIVE)
    worse = p90_above(*blocks)
    machine.say(
        f"  {tactics.name:10} busy {np.mean([run.busy for run in runs]):.2f}  in 5 min "
        f"{100 * (waits <= FIVE).mean():5.1f} %  P1 {100 * (first <= FIVE).mean():5.1f} %  "
        f"arrival p50 {p50:.0f} p90 {p90:.0f} p95 {p95:.0f} s  sent p90 {s90:.0f} p95 {s95:.0f} s  "
        f"in 1/20 min {100 * (waits <= ONE).mean():.1f}/{100 * (waits <= TWENTY).mean():.1f} %  "
        f"gain {gain:+.1f} [{low:+.1f}, {high:+.1f}]  "
        f"p90 {worse[0]:+.0f} [{worse[1]:+.0f}, {worse[2]:+.0f}] s  "
        f"turned {np.mean([one.turned for one in outcomes]):.2f}  {took_s:.0f} s"
    )


def p90_above(ours: Sequence[np.ndarray], theirs: Sequence[np.ndarray]) -> tuple[float, float, float]:
    """Give how much later the 90th percentile is, and its 95 % interval over drawn blocks."""
    draw = np.random.default_rng(2)
    found = []
    for number in range(501):
        some = np.arange(len(ours)) if number == 0 else draw.integers(0, len(ours), len(ours))
        one, other = (np.concatenate([blocks[b] for b in some]) for blocks in (ours, theirs))
        found.append(
            np.percentile(one, 90, method="inverted_cdf") - np.percentile(other, 90, method="inverted_cdf")
        )
    low, high = np.percentile(found[1:], [2.5, 97.5])
    return float(found[0]), float(low), float(high)


def day(seed: int, load: float, hours: float) -> list[Call]:
    """Make a day of calls: half spread evenly, half about two hot spots."""
    dice = random.Random(seed)  # noqa: S311 - a day must be repeatable, not secret
    rate = load * CREWS / (WORK_S + USUAL_WAY_S)
    now, calls = dice.expovariate(rate), []
    while now < hours * 3600:
        lat, lon = SOUTH + 0.098 * dice.random(), WEST + 0.113 * dice.random()
        if dice.random() < HOT:
            spot = dice.choice(((30.29, 120.13), (30.32, 120.18)))
            lat, lon = dice.gauss(spot[0], 0.008), dice.gauss(spot[1], 0.009)
        priority = dice.choices((1, 2, 3, 4), (5, 20, 50, 25))[0]
        work_s = dice.lognormvariate(6.85, 0.55)
        wish = frozenset({dice.choice(SKILLS)})
        calls.append(Call(f"call-{len(calls):06}", now, (lat, lon), priority, wish, work_s))
        now += dice.expovariate(rate)
    return calls


def fleet(seed: int) -> list[Unit]:
    """Make the crews: their bases spread evenly, every third of two capabilities."""
    dice = random.Random(seed + 10_000)  # noqa: S311 - as above
    return [
        Unit(
            f"crew-{number:03}",
            (SOUTH + 0.098 * dice.random(), WEST + 0.113 * dice.random()),
            frozenset(SKILLS if number % 3 == 0 else {SKILLS[number % 2]}),
        )
        for number in range(CREWS)
    ]


def read_fire(file: Path, days: int) -> tuple[list[tuple[datetime, Call]], list[Unit], list[Call]]:
    """Read the tasks of the first days, every unit with its first place, and where later calls came from."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = sorted(csv.DictReader(lines), key=lambda row: (instant(row, "Entry DtTm"), row["RowID"]))
    bases: dict[str, tuple[float, float]] = {}
    kinds: dict[str, str] = {}
    for row in rows:
        bases.setdefault(row["Unit ID"], place(row))
        kinds.setdefault(row["Unit ID"], row["Unit Type"])
    starts = instant(rows[0], "Entry DtTm")
    early = [row for row in rows if (instant(row, "Entry DtTm") - starts).total_seconds() < days * DAY_S]
    calls = [(instant(row, "Entry DtTm"), task(row)) for row in early]
    units = [Unit(name, bases[name], frozenset({kinds[name]})) for name in sorted(bases)]
    later = [task(row) for row in rows[len(early) :: max(1, (len(rows) - len(early)) // 400)]]
    return calls, units, later


def demand_of(calls: Sequence[Call]) -> Demand:
    """Expect the next calls where these came from."""
    places = np.array([call.place for call in calls])
    return Demand(places, np.ones(len(calls)), tuple(call.capabilities for call in calls))


def task(row: dict[str, str]) -> Call:
    """Make one unit's part in a call a task; Final Priority 3 is lights and sirens."""
    begun = row["On Scene DtTm"] or row["Response DtTm"] or row["Dispatch DtTm"]
    work = 300.0
    if begun and row["Available DtTm"]:
        work = (read_time(row["Available DtTm"]) - read_time(begun)).total_seconds()
    return Call(
        id=row["RowID"],
        at_s=0.0,
        place=place(row),
        priority=1 if row["Final Priority"] == "3" else 3,
        capabilities=frozenset({row["Unit Type"]}),
        work_s=min(max(work, 0.0), 4 * 3600.0),
    )


def instant(row: dict[str, str], name: str) -> datetime:
    """Read a time of the record, which is local."""
    return read_time(row[name])


def read_time(text: str) -> datetime:
    """Read a time as the record writes it."""
    return datetime.strptime(text, "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=ZONE)


def place(row: dict[str, str]) -> tuple[float, float]:
    """Read where the call was."""
    lat, lon = row["Location"].strip("()").split(",")
    return float(lat), float(lon)


if __name__ == "__main__":
    main()
