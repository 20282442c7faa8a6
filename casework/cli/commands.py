"""The `flask` commands, one group a noun; the larger ones have modules of their own."""

import signal
import threading
from dataclasses import replace
from pathlib import Path
from types import FrameType

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

import migrations
import rules
from casework.cli import (
    importing,
    keeping,
    messaging,
    packing,
    registers,
    reporting,
    resending,
    roads,
    ruling,
    simulating,
    told,
)
from casework.clock import system_clock
from casework.demo import city, loading
from casework.domain.people import Role, Scope, Source
from casework.services import accounts, acting
from casework.settings import Settings
from rules import canary

db = told.Group("db", help="The database's schema.")
users = told.Group("users", help="People who may sign in.")
sources = told.Group("sources", help="Systems that may send.")
rule_packs = told.Group("rules", help="Scenario packs.")
dev = told.Group("dev", help="For demonstration and development only.")
_POSITIVE = click.FloatRange(min=0, min_open=True)


def register(app: Flask) -> None:
    """Hang every command onto the application."""
    for group in (db, users, sources, rule_packs, dev):
        app.cli.add_command(group)
    ruling.register(rule_packs)
    app.cli.add_command(work)
    for module in (importing, keeping, messaging, registers, reporting, resending, roads, simulating):
        module.register(app)
    packing.register(rule_packs)


@db.command("upgrade")
def upgrade() -> None:
    """Bring the schema to the newest revision."""
    settings = told.settings()
    if settings.one_process:
        told.database_file(settings).parent.mkdir(parents=True, exist_ok=True)
    if not _is_newest(settings):
        # A predecessor that is about to end is waited for, as the service itself does.
        with told.alone(settings, "the schema is changed only while nobody works on it", wait_s=20):
            migrations.upgrade(settings.database_url)
    click.echo(f"schema at {told.revision(settings)}")


def _is_newest(settings: Settings) -> bool:
    absent = settings.one_process and not told.database_file(settings).exists()
    return not absent and told.revision(settings) == migrations.head()


@users.command("create")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--phone", help="Where escalations reach this person by text.")
@click.option("--language", type=click.Choice(["zh", "en"]))
@click.password_option()
def create_user(name: str, role: str, phone: str | None, language: str | None, password: str) -> None:
    """Add a person who may sign in to the console."""
    accounts.create_user(name, password, Role(role), phone=phone, language=language, uows=told.house().uows)
    click.echo(f"{name} may sign in as {role}")


@sources.command("create")
@click.argument("name")
@click.option("--title", help="What people read; the name where absent.")
@click.option("--owner", help="Who answers for it.")
@click.option("--scope", "scopes", multiple=True, type=click.Choice([scope.value for scope in Scope]))
@click.option("--rate", type=_POSITIVE, help="Events a second that are taken for long; 100 where absent.")
@click.option("--burst", type=click.IntRange(min=1), help="Events that may come at once; 1000 where absent.")
@click.option(
    "--interval", type=_POSITIVE, help="Seconds after which its silence is an alarm; none where absent."
)
def create_source(
    name: str,
    title: str | None,
    owner: str | None,
    scopes: tuple[str, ...],
    rate: float | None,
    burst: int | None,
    interval: float | None,
) -> None:
    """Register a system, or give it a further key; what is not named stays as it was.

    The key is shown this once.
    """
    house = told.house()
    with house.uows(reading=True) as uow:
        known = uow.registers.source(name)
    before = known or Source(
        name=name,
        title=name,
        owner="",
        key_hashes=(),
        scopes=frozenset({Scope.EVENTS}),
        rate_per_s=100.0,
        burst=1000,
    )
    source = replace(
        before,
        title=title or before.title,
        owner=before.owner if owner is None else owner,
        scopes=frozenset(map(Scope, scopes)) or before.scopes,
        rate_per_s=rate or before.rate_per_s,
        burst=burst or before.burst,
        interval_s=interval or before.interval_s,
    )
    key = accounts.new_key()
    accounts.put_source(source, key, uows=house.uows)
    click.echo(
        f"{'a further key of' if known else 'made'} {name}, which may {', '.join(sorted(source.scopes))}",
        err=True,
    )
    click.echo(key)


@rule_packs.command("check")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def check_packs(paths: tuple[Path, ...]) -> None:
    """Load packs, compile their rules and run their examples; every problem with its file and line."""
    canary.check(paths)
    catalogue = rules.load_packs(paths)
    click.echo(
        f"{len(catalogue.packs)} packs, {len(catalogue.rules)} rules, "
        f"{sum(len(rule.examples) for rule in catalogue.rules)} examples: all as expected"
    )


@rule_packs.command("resume")
@click.argument("rule", metavar="PACK/RULE")
def resume_rule(rule: str) -> None:
    """Let a rule act again that paused itself."""
    runtime = told.house()
    acting.resume(rule, uows=runtime.uows, clock=runtime.clock)
    click.echo(f"{rule} acts again")


@dev.command("seed-demo")
def seed_demo() -> None:
    """Load the demo city into an empty database; into one that has it, only the next month's shifts."""
    house = told.house()
    zone = house.settings.timezone
    made = city.demo_city()
    samples = [pack.sample for pack in house.house().catalogue.packs if pack.sample]
    if loading.load(made, samples=samples, uows=house.uows, clock=house.clock, zone=zone):
        click.echo(f"demo city: {len(made.areas)} areas, {len(made.assets)} assets, {len(made.crews)} crews")
        return
    with house.uows(reading=True) as uow:
        has_crews = bool(uow.crews.all())
    if not has_crews:
        click.echo("the demo city goes into an empty database only; this one has sources or areas", err=True)
        return
    loading.renew_shifts(made, uows=house.uows, clock=house.clock, zone=zone)
    click.echo("the database holds a city already; the crews' shifts go on for another month")


@dev.command("fake-sms")
@click.option("--port", default=8010, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
def fake_sms(port: int, host: str) -> None:
    """Run a double of the SMS provider: read on a page what crews and residents are sent."""
    from notifications.double import config, server  # noqa: PLC0415  (a server that the product does not need)

    settings = told.settings()
    double = config.DoubleConfig(
        clock=system_clock,
        account_sid=settings.twilio_account_sid or config.DEMO_SID,
        auth_token=settings.twilio_auth_token or "demo-token-of-the-double",
        inbound_url=f"{settings.public_url}/hooks/twilio/sms",
    )
    server.serve(double, port=port, host=host)


@dev.command("fake-chats")
@click.option("--port", default=8011, show_default=True)
def fake_chats(port: int) -> None:
    """Run doubles of DingTalk, WeCom, Telegram, Aliyun and a webhook's receiver on this machine."""
    from notifications.double.vendors import RunningVendors, VendorConfig  # noqa: PLC0415  (a server for trials)

    with RunningVendors(VendorConfig(system_clock), port=port) as running:
        click.echo(f"doubles at {running.url}; what they take is at {running.url}/__received")
        stopping = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stopping.set())
        signal.signal(signal.SIGINT, lambda *_: stopping.set())
        stopping.wait()


@click.command("work", cls=told.Command)
@with_appcontext
def work() -> None:
    """Run the background work in a process of its own: for PostgreSQL, where there may be many."""
    settings = told.settings()
    if settings.one_process:
        raise click.ClickException(
            "on SQLite the web process does the background work; see docs/operating.md"
        )
    house = told.house()
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        threading.Thread(target=stopping.set, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    worker = current_app.extensions["gongzhi_make_worker"]()
    worker.start()
    stopping.wait()
    worker.stop(5.0)
    house.close()
