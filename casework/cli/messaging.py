"""`flask messages`: how texts will look, who wants none, and what they cost."""

from datetime import datetime

import click
from flask import Flask

from casework.analytics import outlets
from casework.cli import told
from casework.domain.addressees import How, Will
from casework.services import consenting, telling
from notifications import addresses, previews

messages = told.Group("messages", help="Texts: previews, wishes, costs.")


@messages.command("preview")
@click.argument("keys", nargs=-1)
def preview(keys: tuple[str, ...]) -> None:
    """Fill the packs' texts with an example and count their segments; all of them unless named."""
    texts = telling.texts_to_show(told.house().house())
    wrong = 0
    for one in previews.of_all(texts, keys or None):
        size = f"{one.segments} x {one.encoding}, {one.characters}" if not one.problem else "cannot be made"
        click.echo(f"{one.key} [{one.language}] {one.rule}: {size}\n    {one.problem or one.body}")
        wrong += one.problem is not None
    unknown = set(keys) - set(texts)
    if unknown:
        raise click.ClickException(f"no pack has {', '.join(sorted(unknown))}")
    if wrong:
        raise SystemExit(1)


@messages.command("stop")
@click.argument("channel")
@click.argument("address")
@click.option("--words", default="at the desk", help="What the person said.")
def stop(channel: str, address: str, words: str) -> None:
    """Note that somebody wants no more news."""
    _say(channel, address, Will.STOP, words)


@messages.command("start")
@click.argument("channel")
@click.argument("address")
@click.option("--words", default="at the desk", help="What the person said.")
def start(channel: str, address: str, words: str) -> None:
    """Note that somebody wants news again."""
    _say(channel, address, Will.START, words)


def _say(channel: str, address: str, will: Will, words: str) -> None:
    house = told.house()
    written = _address(channel, address)
    with house.uows() as uow:
        changed = consenting.say(uow, channel, written, will, how=How.DESK, words=words, now=house.clock())
        uow.commit()
    click.echo(f"{will}: noted" if changed else f"{will}: was so already")


def _address(channel: str, address: str) -> str:
    if channel != "sms":
        return address
    try:
        return addresses.normalise(address)
    except addresses.UnusableNumber as error:
        raise click.ClickException(str(error)) from error


@messages.command("quiet")
@click.argument("channel")
@click.argument("address")
@click.argument("hours")
def quiet(channel: str, address: str, hours: str) -> None:
    """Keep when somebody wants quiet, like 22:00-07:00; `default` lets the house's own hours hold."""
    house = told.house()
    try:
        consenting.prefer_quiet(
            channel,
            _address(channel, address),
            None if hours == "default" else hours,
            uows=house.uows,
            now=house.clock(),
        )
    except ValueError as error:
        raise click.ClickException(f"{hours}: {error}") from error
    click.echo("noted")


@messages.command("costs")
@click.option("--from", "since", type=click.DateTime(["%Y-%m-%d"]), required=True)
def costs(since: datetime) -> None:
    """Add up what was sent since a day, by channel and provider."""
    house = told.house()
    with house.reading() as connection:
        rows = outlets.costs(connection, since.replace(tzinfo=house.settings.timezone))
    for row in rows:
        amount = f"{row.amount:.4f} {row.currency}" if row.currency else "no price"
        click.echo(f"{row.channel} {row.provider}: {row.messages} texts, {row.segments} segments, {amount}")


def register(app: Flask) -> None:
    """Hang the commands onto the application."""
    app.cli.add_command(messages)
