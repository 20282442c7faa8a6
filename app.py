"""Wires everything: `create_app` for the web, `create_worker` for the background work."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import TypedDict, Unpack
from zoneinfo import ZoneInfo

import click
import structlog
from flask import Flask

import rules
from casework import logs, outlets, web
from casework import settings as settings_module
from casework.analytics import finished_trips
from casework.cli import commands
from casework.clock import Clock, system_clock
from casework.domain.places import Area
from casework.jobs.worker import Background, Worker, boot_elapsed
from casework.services.bells import Bells
from casework.services.editions import Editions
from casework.services.house import House
from casework.services.ports import UnitsOfWork
from casework.services.runtime import Runtime
from casework.settings import Settings
from casework.store.archive import Archive
from casework.store.area_index import AreaIndex, AreaTree
from casework.store.database import Database
from casework.store.inbox import GroupCommitInbox
from casework.store.unit_of_work import SqlUnitOfWork
from casework.web.api import event_schema
from notifications.channel import Channel
from routing import learning
from routing.travel import DeferredTravelTimes, DistanceTravelTimes, TravelTimes
from rules import canary
from rules.catalogue import Catalogue

log = structlog.get_logger(__name__)


class Replacements(TypedDict, total=False):
    """What tests, replays and benchmarks may put in place of the real thing."""

    clock: Clock
    channels: Mapping[str, Channel]
    travel: TravelTimes
    elapsed: Callable[[], float]


def create_runtime(
    settings: Settings, bells: Bells | None = None, **replacements: Unpack[Replacements]
) -> Runtime:
    """Open the database and load the scenarios: everything that use cases need."""
    database = Database(settings.database_url)
    bells = bells or Bells()
    inbox = GroupCommitInbox(database, written=bells.events_came)
    clock = replacements.get("clock", system_clock)

    def uows(*, reading: bool = False) -> SqlUnitOfWork:
        return SqlUnitOfWork(database, reading=reading)

    def close() -> None:
        inbox.close()
        database.close()

    house = _house(settings, uows, database, replacements)
    rulebook = Editions(house, settings.scenarios, uows=uows, clock=clock, prefer=settings.matcher)
    return Runtime(
        settings=settings,
        clock=clock,
        uows=uows,
        reading=database.reading,
        inbox=inbox,
        read=event_schema.reader(house.catalogue, clock),
        house=rulebook.house,
        rulebook=rulebook,
        archive=Archive(database),
        close=close,
        bells=bells,
    )


@cache
def load_packs(folders: tuple[Path, ...]) -> Catalogue:
    """Load the packs after a child process has compiled them and run their examples: only that may crash."""
    canary.check(folders)
    return rules.load_packs(folders)


def _house(settings: Settings, uows: UnitsOfWork, database: Database, replacements: Replacements) -> House:
    catalogue = load_packs(settings.scenarios)
    with uows(reading=True) as uow:
        areas = uow.registers.areas()
    index = AreaIndex(areas)
    return House(
        catalogue=catalogue,
        matcher=rules.build_matcher(catalogue, prefer=settings.matcher),
        channels=replacements.get("channels")
        or outlets.channels(settings, replacements.get("clock", system_clock)),
        travel=replacements.get("travel")
        or _learned(settings, areas, database, replacements.get("clock", system_clock)),
        public_url=settings.public_url,
        language=settings.language,
        locate=index.locate,
        reach=index,
        jurisdiction=AreaTree(areas).lifted,
        status_callbacks=outlets.uses_twilio(settings),
        paces=outlets.paces(settings, replacements.get("clock", system_clock)),
        prices=settings.prices,
        quiet=settings.quiet_hours,
        role_channels=settings.role_channels,
        lineage=AreaTree(areas).path,
        timezone=settings.timezone,
        hooks=settings.webhooks,
        alone=settings.one_process,
    )


def _learned(settings: Settings, areas: list[Area], database: Database, clock: Clock) -> TravelTimes:
    """Correct the travel times by what the district's own trips have taught up to this start."""
    travel = _travel(settings)
    tree, index = AreaTree(areas), AreaIndex(areas)
    with database.reading() as connection:
        residuals = learning.learn(finished_trips.listed(connection, clock(), settings.timezone, tree.lifted))
    if residuals is None:
        return travel
    log.info("travel_times_learned", trips=residuals.all.n, factor=round(residuals.all.factor, 2))
    return learning.LearnedTravelTimes(
        travel, residuals, settings.timezone, lambda lat, lon: tree.lifted(index.locate(lat, lon))
    )


def _travel(settings: Settings) -> TravelTimes:
    """Travel times by a routing service, by the roads of a file, or by distance: the best that is set up.

    The demo city brings its own roads.
    """
    travel: TravelTimes = DistanceTravelTimes(settings.timezone)
    of_demo = settings.scenarios[0] / "demo-city" / "roads.npz"
    roads = settings.roads or (of_demo if settings.demo and of_demo.is_file() else None)
    if roads is not None:
        travel = DeferredTravelTimes(partial(_road_times, roads, settings.timezone), "road")
    if settings.osrm_url is not None:
        travel = DeferredTravelTimes(partial(_osrm_times, settings.osrm_url, travel), "osrm")
    return travel


def _road_times(file: Path, zone: ZoneInfo) -> TravelTimes:
    from routing.roads import RoadGraph, RoadTravelTimes  # noqa: PLC0415  (scipy: 50 MB, at the first decision)

    return RoadTravelTimes(RoadGraph.load(file), zone)


def _osrm_times(url: str, fallback: TravelTimes) -> TravelTimes:
    from routing.osrm import OsrmTravelTimes  # noqa: PLC0415  (as above)

    return OsrmTravelTimes(url, fallback)


def _settings() -> Settings:
    """Read the settings; a command at a shell is refused with their sentences, not with a traceback."""
    try:
        return settings_module.load()
    except settings_module.SettingsError as error:
        raise click.ClickException(str(error)) from error


def create_app(settings: Settings | None = None, **replacements: Unpack[Replacements]) -> Flask:
    """Make the web application; on SQLite it carries the background work too, for the server to start."""
    logs.configure()
    settings = settings or _settings()
    app = Flask("casework")
    bells = Bells()

    @cache
    def runtime() -> Runtime:
        return create_runtime(settings, bells, **replacements)

    @cache
    def worker() -> Worker:
        return create_worker(runtime(), **replacements)

    app.extensions["gongzhi"] = runtime
    app.extensions["gongzhi_settings"] = settings
    app.extensions["gongzhi_make_worker"] = worker
    app.extensions["gongzhi_stopping"] = bells.stopping
    if settings.one_process:
        app.extensions["gongzhi_background"] = Background(worker)
    web.register(app, settings, runtime)
    commands.register(app)
    return app


def create_worker(runtime: Runtime, **replacements: Unpack[Replacements]) -> Worker:
    """Make the background work of one process."""
    return Worker(runtime, elapsed=replacements.get("elapsed", boot_elapsed))
