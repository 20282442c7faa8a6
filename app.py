"""Wires everything: `create_app` for the web, `create_worker` for the background work."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TypedDict, Unpack

import click
import structlog
from flask import Flask

import rules
from casework import logs, web
from casework import settings as settings_module
from casework.cli import commands
from casework.clock import Clock, system_clock
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
from notifications.console_channel import ConsoleChannel
from notifications.drill import OnlyUnroutable
from routing.travel import DistanceTravelTimes, TravelTimes
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

    house = _house(settings, uows, replacements)
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


def _house(settings: Settings, uows: UnitsOfWork, replacements: Replacements) -> House:
    catalogue = load_packs(settings.scenarios)
    with uows(reading=True) as uow:
        areas = uow.registers.areas()
    return House(
        catalogue=catalogue,
        matcher=rules.build_matcher(catalogue, prefer=settings.matcher),
        channels=replacements.get("channels") or _channels(settings),
        travel=replacements.get("travel") or DistanceTravelTimes(settings.timezone),
        public_url=settings.public_url,
        language=settings.language,
        locate=AreaIndex(areas).locate,
        jurisdiction=AreaTree(areas).lifted,
        status_callbacks=settings.sms == "twilio",
        alone=settings.one_process,
    )


def _channels(settings: Settings) -> Mapping[str, Channel]:
    console = ConsoleChannel()
    sms: Channel = console
    if settings.sms == "twilio":
        sms = _twilio(settings)
    return {"console": console, "sms": OnlyUnroutable(sms) if settings.demo else sms}


def _twilio(settings: Settings) -> Channel:
    from notifications.twilio_sms import TwilioAccount, TwilioSms  # noqa: PLC0415  (27 MB that others do without)

    account = TwilioAccount(
        settings.twilio_account_sid or "",
        settings.twilio_auth_token or "",
        sender=settings.twilio_from,
        messaging_service_sid=settings.twilio_messaging_service_sid,
    )
    return TwilioSms(account, api_base=settings.twilio_api_base, timeout_s=5.0)


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
