"""`flask roads`: build a road graph from a map, close streets and open them again."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from flask import Flask
from tqdm import tqdm

from casework.analytics import finished_trips
from casework.cli import told
from casework.services import roads as closing
from routing import learning

roads = told.Group("roads", help="The road graph, and streets that are closed.")


@roads.command("build")
@click.argument("map_file", metavar="MAP", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--to", "target", type=click.Path(dir_okay=False, path_type=Path), default=Path("var/roads.npz")
)
def build(map_file: Path, target: Path) -> None:
    """Build a road graph from MAP, a .graphml of OSMnx, an .osm.pbf or an .osm file."""
    from routing import road_files  # noqa: PLC0415  (numpy and scipy, which other commands do without)

    try:
        graph = road_files.read(map_file, _progress)
    except (road_files.NoRoads, ValueError) as error:
        raise click.ClickException(str(error)) from error
    target.parent.mkdir(parents=True, exist_ok=True)
    graph.save(target)
    kilometres = float(graph.metres.sum()) / 1000
    click.echo(
        f"{len(graph.lat)} junctions, {len(graph.head)} ways, {kilometres:.0f} km written to {target}; "
        f"GONGZHI_ROADS={target} puts it to use"
    )


def _progress(things: Iterable[Any], name: str) -> Iterable[Any]:
    shown: Iterable[Any] = tqdm(things, unit=f" {name}", smoothing=0.1)
    return shown


@roads.command("close")
@click.argument("lat", type=float)
@click.argument("lon", type=float)
@click.option("--radius", "radius_m", type=float, default=30.0, help="Metres around the point; 30 if absent.")
@click.option("--hours", type=float, required=True, help="For how long from now.")
@click.option("--reason", default="", help="What a person reads.")
def close(lat: float, lon: float, *, radius_m: float, hours: float, reason: str) -> None:
    """Close the streets around a point (negative numbers after `--`)."""
    runtime = told.house()
    closure = closing.close(
        lat,
        lon,
        radius_m=radius_m,
        lasts=timedelta(hours=hours),
        reason=reason,
        actor="command",
        uows=runtime.uows,
        clock=runtime.clock,
    )
    click.echo(f"{closure.id} closed until {closure.ends_at.isoformat()}")


@roads.command("open")
@click.argument("closure_id", metavar="ID")
def open_(closure_id: str) -> None:
    """Open a street before its time."""
    runtime = told.house()
    closing.reopen(closure_id, actor="command", uows=runtime.uows, clock=runtime.clock)
    click.echo(f"{closure_id} is open again")


@roads.command("closed")
def closed() -> None:
    """List what is closed now or will be."""
    runtime = told.house()
    with runtime.uows(reading=True) as uow:
        for closure in uow.road_closures.not_over(runtime.clock()):
            place = f"{closure.lat:.5f} {closure.lon:.5f} within {closure.radius_m:.0f} m"
            click.echo(f"{closure.id}  {place}  until {closure.ends_at.isoformat()}  {closure.reason}")


@roads.command("learned")
def learned() -> None:
    """Show by how much estimates are off, by hour and area, from the trips of the last two months."""
    runtime = told.house()
    zone, jurisdiction = runtime.settings.timezone, runtime.house().jurisdiction
    with runtime.reading() as connection:
        found = finished_trips.listed(connection, runtime.clock(), zone, jurisdiction)
    residuals = learning.learn(found)
    if residuals is None:
        raise click.ClickException(f"{len(found)} finished trips are too few; {learning.FEWEST} are needed")
    click.echo(f"{'':24} {'n':>6} {'factor':>7}  mean error before, after (s)")
    rows = [("all trips", residuals.all)]
    rows += [(f"{hour:02}:00", residuals.hours[hour]) for hour in sorted(residuals.hours)]
    rows += [(f"area {area or '-'}", known) for area, known in residuals.areas.items()]
    for name, known in rows:
        click.echo(f"{name:24} {known.n:6} {known.factor:7.2f}  {known.before_s:.0f}, {known.after_s:.0f}")


def register(app: Flask) -> None:
    """Hang the commands onto the application."""
    app.cli.add_command(roads)
