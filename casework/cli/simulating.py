"""`flask dispatch simulate`: a past time again, with other crews or another policy."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import Flask
from tqdm import tqdm

from casework.analytics import past_calls
from casework.cli import told
from casework.domain.crews import Crew, Shift
from casework.services.posing import USUAL_WORK_S
from casework.services.runtime import Runtime

if TYPE_CHECKING:
    from routing.simulation import Call, District, Played, Unit

dispatch = told.Group("dispatch", help="Who is sent, and what another way would bring.")
_DEMAND = 400
_TACTICS = ("nearest", "optimal", "redecide", "reposition", "full", "covering")
_AS_LIVE = "optimal"


@dispatch.command("simulate")
@click.option("--from", "since", type=click.DateTime(), help="Local time; seven days ago if absent.")
@click.option("--to", "until", type=click.DateTime(), help="Local time; now if absent.")
@click.option(
    "--calls", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Calls as CSV."
)
@click.option(
    "--tactics", "names", multiple=True, type=click.Choice(_TACTICS), help="All where none is named."
)
@click.option("--add", "added", multiple=True, metavar="CODE", help="One crew more, like this one.")
@click.option("--without", "gone", multiple=True, metavar="CODE", help="Without this crew.")
@click.option("--borderless", is_flag=True, help="Every crew helps everywhere at no cost.")
@click.option(
    "--within", "within_s", type=click.FloatRange(min=1), default=300.0, help="Seconds; 300 if absent."
)
def simulate(
    since: datetime | None,
    until: datetime | None,
    file: Path | None,
    names: tuple[str, ...],
    added: tuple[str, ...],
    gone: tuple[str, ...],
    *,
    borderless: bool,
    within_s: float,
) -> None:
    """Play past calls again and show how many are reached in time, with 95 % intervals.

    Every way is compared with what the house does now, on the same calls. Without changes of crews the
    tactics are compared with each other. Drives take what the house's own estimates say.

    A CSV of --calls has the columns at (with zone), lat, lon, priority, and may have capabilities (with
    spaces between) and work_s.
    """
    from routing import simulation  # noqa: PLC0415  (numpy, which other commands do without)

    runtime = told.house()
    zone = runtime.settings.timezone
    end = until.replace(tzinfo=zone) if until else runtime.clock()
    begin = since.replace(tzinfo=zone) if since else end - timedelta(days=7)
    calls = _calls_of_file(file) if file else _calls_of_house(runtime, begin, end)
    if not calls:
        raise click.ClickException("no call with a place came in that time")
    starts = min(at for at, _ in calls)
    with runtime.uows(reading=True) as uow:
        crews, shifts = uow.crews.all(), uow.crews.shifts_from(starts)
    _refuse_unknown(crews, (*added, *gone))
    played = [replace(call, at_s=(at - starts).total_seconds()) for at, call in calls]
    now = _units(runtime, crews, () if file else shifts, starts)
    other = _changed(now, crews, added, gone, borderless=borderless)
    district = _district(runtime, played, starts)
    by_name = {tactics.name: tactics for tactics in simulation.ALL}
    ways = [(name, now) for name in names or _TACTICS] if other == now else []
    ways += [(name, other) for name in names or (_AS_LIVE,)] if other != now else []
    if (_AS_LIVE, now) not in ways:
        ways.insert(0, (_AS_LIVE, now))
    runs = {
        (name, units == now): simulation.play(played, units, by_name[name], district)
        for name, units in tqdm(ways, unit="run", leave=False)
    }
    base = runs[_AS_LIVE, True]
    click.echo(
        f"{len(played)} calls from {starts.isoformat()}, {len(now)} crews, {len(other)} in the other way"
    )
    head = f"{'way':24} {'busy':>5} {'in time':>8} {'P1':>6} {'p50':>6} {'p90':>6} {'p95 s':>6}"
    click.echo(f"{head}  points more than now")
    for (name, same), run in runs.items():
        label = name if same else f"{name}, other crews"
        click.echo(f"{label:24} " + _figures(run, base, within_s))


def _figures(run: "Played", base: "Played", within_s: float) -> str:
    import numpy as np  # noqa: PLC0415  (as above)

    from routing import simulation  # noqa: PLC0415  (as above)

    waits = run.waits()
    urgent = waits[[one.call.priority == 1 for one in run.outcomes]]
    p50, p90, p95 = np.percentile(waits, [50, 90, 95], method="inverted_cdf")
    more, low, high = simulation.difference(simulation.blocks(run), simulation.blocks(base), within_s)
    first = f"{100 * (urgent <= within_s).mean():6.1f}" if len(urgent) else f"{'-':>6}"
    return (
        f"{run.busy:5.2f} {100 * (waits <= within_s).mean():7.1f}% {first} {p50:6.0f} {p90:6.0f} {p95:6.0f}"
        f"  {more:+.1f} [{low:+.1f}, {high:+.1f}]"
    )


def _calls_of_house(runtime: Runtime, begin: datetime, end: datetime) -> list[tuple[datetime, "Call"]]:
    from routing import simulation  # noqa: PLC0415  (as above)

    with runtime.reading() as connection:
        cases = past_calls.placed_cases(connection, begin, end)
        work = past_calls.work_seconds(connection, begin, end)
    return [
        (
            case.filed_at,
            simulation.Call(
                id=case.id,
                at_s=0.0,
                place=(case.lat, case.lon),
                priority=case.priority,
                capabilities=case.capabilities,
                work_s=work.get(case.id, USUAL_WORK_S),
                target_s=case.targets.get("arrival", 300.0),
                area=runtime.house().jurisdiction(case.area_id),
            ),
        )
        for case in cases
        if case.filed_at is not None and case.lat is not None and case.lon is not None
    ]


def _calls_of_file(file: Path) -> list[tuple[datetime, "Call"]]:
    calls = []
    with file.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines), start=2):
            try:
                calls.append(_call_of(row, number))
            except (KeyError, TypeError, ValueError) as error:
                raise click.ClickException(f"line {number} of {file.name}: {error}") from error
    return sorted(calls, key=lambda pair: (pair[0], pair[1].id))


def _call_of(row: Mapping[str, str], number: int) -> tuple[datetime, "Call"]:
    from routing import simulation  # noqa: PLC0415  (as above)

    at = datetime.fromisoformat(row["at"])
    if at.tzinfo is None:
        raise ValueError("at needs a zone, like 2026-03-02T08:00:00+08:00")
    return at, simulation.Call(
        id=f"row-{number:07}",
        at_s=0.0,
        place=(float(row["lat"]), float(row["lon"])),
        priority=int(row["priority"]),
        capabilities=frozenset((row.get("capabilities") or "").split()),
        work_s=float(row.get("work_s") or USUAL_WORK_S),
    )


def _units(
    runtime: Runtime, crews: Iterable[Crew], shifts: Iterable[Shift], starts: datetime
) -> list["Unit"]:
    """Give the crews whose place is known; without shifts all are always on duty."""
    from routing import simulation  # noqa: PLC0415  (as above)

    duty: dict[str, list[tuple[float, float]]] = {}
    for shift in shifts:
        stretch = (shift.starts_at - starts).total_seconds(), (shift.ends_at - starts).total_seconds()
        duty.setdefault(shift.crew_id, []).append(stretch)
    always = [(0.0, float("inf"))]
    return [
        simulation.Unit(
            id=crew.id,
            base=(crew.lat, crew.lon),
            capabilities=crew.capabilities,
            duty=tuple(sorted(duty.get(crew.id, [] if duty else always))),
            area=runtime.house().jurisdiction(crew.home_area),
            mutual_aid=crew.mutual_aid,
        )
        for crew in crews
        if crew.lat is not None and crew.lon is not None
    ]


def _changed(
    units: Sequence["Unit"],
    crews: Iterable[Crew],
    added: Iterable[str],
    gone: Iterable[str],
    *,
    borderless: bool,
) -> list["Unit"]:
    id_of = {crew.code: str(crew.id) for crew in crews}
    left_out = {id_of[code] for code in gone}
    by_id = {unit.id: unit for unit in units}
    twins = [
        replace(by_id[id_of[code]], id=f"{id_of[code]}+{number}")
        for number, code in enumerate(added, start=1)
        if id_of[code] in by_id
    ]
    changed = [*(unit for unit in units if unit.id not in left_out), *twins]
    return [replace(unit, area=None) for unit in changed] if borderless else changed


def _district(runtime: Runtime, calls: Sequence["Call"], starts: datetime) -> "District":
    """Expect the next calls where these came from, every n-th of them."""
    import numpy as np  # noqa: PLC0415  (as above)

    from routing import simulation  # noqa: PLC0415  (as above)
    from routing.coverage import Demand  # noqa: PLC0415  (as above)

    some = calls[:: max(1, len(calls) // _DEMAND)]
    places = np.array([call.place for call in some], np.float64)
    demand = Demand(places, np.ones(len(some)), tuple(call.capabilities for call in some))
    house = runtime.house()
    return simulation.District(house.travel, starts, house.policy, turnout_s=0.0, demand=demand)


def _refuse_unknown(crews: Iterable[Crew], codes: Iterable[str]) -> None:
    unknown = sorted(set(codes) - {crew.code for crew in crews})
    if unknown:
        raise click.ClickException(f"there is no crew {', '.join(unknown)}")


def register(app: Flask) -> None:
    """Hang the commands onto the application."""
    app.cli.add_command(dispatch)
