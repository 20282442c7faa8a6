"""`flask registers import`: assets, devices, parties and sources out of foreign lists, again and again."""

import json
from collections.abc import Iterable
from pathlib import Path

import click
from flask import Flask
from tqdm import tqdm

from casework.cli import told
from casework.domain import errors
from casework.domain.mappings import Topic
from casework.services import foreign_rows, register_files
from casework.services import topics as topic_table
from casework.services.register_files import Shape
from casework.services.registering import Outcome, Refusal, Register

registers = told.Group("registers", help="Assets, devices, parties and sources.")
topics = told.Group("topics", help="Which topics of the message broker are taken in, for whom.")
_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


def _pairs(_context: object, parameter: click.Parameter, given: Iterable[str]) -> dict[str, str]:
    pairs = dict(text.split("=", 1) for text in given if "=" in text)
    if any("=" not in text for text in given):
        raise click.BadParameter(f"write --{parameter.name} OURS=THEIRS")
    return pairs


@registers.command("import")
@click.argument("register", type=click.Choice([register.value for register in Register]))
@click.argument("file", type=_FILE)
@click.option("--column", multiple=True, callback=_pairs, help="Our name = the file's column; repeatable.")
@click.option("--set", "constant", multiple=True, callback=_pairs, help="Our name = a constant; repeatable.")
@click.option("--encoding", type=click.Choice(foreign_rows.ENCODINGS), default="utf-8", show_default=True)
@click.option(
    "--refused",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Where rows that are not taken go, with line and reason; FILE.refused.jsonl where absent.",
)
def import_register(
    register: str,
    file: Path,
    column: dict[str, str],
    constant: dict[str, str],
    encoding: str,
    refused: Path | None,
) -> None:
    """Read CSV, GeoJSON or JSON lines into a register. The same file may be read any number of times."""
    runtime = told.house()
    target = refused or file.with_name(file.name + ".refused.jsonl")
    total = Outcome()
    with (
        told.alone(runtime.settings, "stop the service, or send the rows to POST /api/v1/registers"),
        tqdm(total=file.stat().st_size, unit="B", unit_scale=True, disable=None) as bar,
    ):
        batches = register_files.take_all(
            Register(register),
            foreign_rows.read(file, encoding, bar.update),
            Shape(columns=column, constants=constant),
            uows=runtime.uows,
            locate=runtime.house().locate,
            clock=runtime.clock,
        )
        try:
            for outcome, refusals in batches:
                total.add(outcome)
                _keep(target, refusals, first=total.refused == outcome.refused)
        except (KeyboardInterrupt, errors.CaseworkError):
            bar.close()
            click.echo(f"stopped: {_said(total)}; import the same file again, nothing counts twice")
            raise
    if not total.refused:
        target.unlink(missing_ok=True)
    click.echo(_said(total) + (f"; they are in {target}" if total.refused else ""))


def _said(total: Outcome) -> str:
    rows = total.new + total.changed + total.same + total.refused
    return (
        f"{total.new} new, {total.changed} changed, {total.same} as they were, {total.refused} refused; "
        f"{rows} rows"
    )


def _keep(target: Path, refusals: Iterable[Refusal], *, first: bool) -> None:
    """Write refused rows down, durable batch by batch; the first ones replace those of an earlier import."""
    lines = [json.dumps(refusal.to_json(), ensure_ascii=False) for refusal in refusals]
    if lines:
        with target.open("w" if first else "a", encoding="utf-8", errors="backslashreplace") as out:
            out.writelines(line + "\n" for line in lines)


@topics.command("set")
@click.argument("filter_", metavar="FILTER")
@click.option("--source", required=True, help="The registered source that sends on these topics.")
@click.option("--mapping", help="The source's mapping; CloudEvents as they are where absent.")
def set_topic(filter_: str, source: str, mapping: str | None) -> None:
    """Take in what comes on a topic filter, like gauges/+/level; running workers hear of it in seconds."""
    topic = Topic(filter=filter_, source=source, mapping=mapping)
    topic_table.put(topic, uows=told.house().uows, actor="command")
    click.echo(f"{filter_} is taken in for {source}")


@topics.command("drop")
@click.argument("filter_", metavar="FILTER")
def drop_topic(filter_: str) -> None:
    """Take in no more what comes on a topic filter."""
    topic_table.drop(filter_, uows=told.house().uows, actor="command")
    click.echo(f"{filter_} is no longer taken in")


@topics.command("list")
def list_topics() -> None:
    """List the topic filters with their sources and mappings."""
    with told.house().uows(reading=True) as uow:
        for topic in uow.mappings.topics():
            click.echo(f"{topic.filter}  {topic.source}  {topic.mapping or 'CloudEvents'}")


def register(app: Flask) -> None:
    """Hang the commands onto the application."""
    app.cli.add_command(registers)
    app.cli.add_command(topics)
