"""`flask events import`: CSV or JSON lines through a mapping into the inbox, durable batch by batch."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from flask import Flask
from tqdm import tqdm

from casework import ids
from casework.analytics import listings
from casework.cli import told
from casework.domain import errors
from casework.domain.events import NewEvent, Quarantined
from casework.services import cap_xml, mapping, warnings
from casework.services import foreign_rows as rows
from casework.services.runtime import Runtime

BATCH = 500
events = told.Group("events", help="What comes in from outside.")


@dataclass(slots=True)
class Tally:
    """What has become of the rows so far; each counts once, after its commit."""

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0

    def __str__(self) -> str:
        return (
            f"{self.accepted} accepted, {self.duplicates} known already, {self.rejected} in quarantine; "
            f"{self.accepted + self.duplicates + self.rejected} rows"
        )


class Importer:
    """Puts rows into the inbox in the name of one source, a batch a commit."""

    def __init__(self, runtime: Runtime, source: str, mapped: mapping.Mapped | None) -> None:
        self.tally = Tally()
        self._runtime = runtime
        self._source = source
        self._mapped = mapped
        self._good: list[NewEvent] = []
        self._bad: list[Quarantined] = []
        self._duplicates = 0
        with runtime.reading() as connection:
            self._set_aside = {_hash(body) for body in listings.quarantined_bodies(connection, source)}

    def take(self, found: rows.Row | rows.Unreadable) -> None:
        """Check one row; a bad one is set aside unless the same one waits there from an earlier import."""
        if isinstance(found, rows.Unreadable):
            self._reject(_holdable(found.text), found.line, errors.InvalidInput({"row": [found.reason]}))
            return
        raw: Mapping[str, Any] = found.values
        try:
            if self._mapped is not None:
                raw = self._mapped.event(found.values, self._source)
            self._good.append(self._runtime.read(raw, self._source))
        except (errors.InvalidInput, errors.ForeignSource) as error:
            self._reject(json.dumps(raw), found.line, error)

    def flush(self) -> None:
        """Write what was checked, and count it once it is durable."""
        receipt = self._runtime.inbox.put(self._good, self._bad)
        self.tally.accepted += receipt.accepted
        self.tally.duplicates += receipt.duplicates + self._duplicates
        self.tally.rejected += len(self._bad)
        self._good, self._bad, self._duplicates = [], [], 0

    @property
    def waiting(self) -> int:
        """How many rows have been checked and not yet written."""
        return len(self._good) + len(self._bad) + self._duplicates

    def _reject(self, body: str, line: int, error: errors.CaseworkError) -> None:
        if _hash(body) in self._set_aside:
            self._duplicates += 1
            return
        self._set_aside.add(_hash(body))
        named: Mapping[str, list[str]] = error.errors if isinstance(error, errors.InvalidInput) else {}
        self._bad.append(
            Quarantined(
                id=ids.new(),
                source=self._source,
                received_at=self._runtime.clock(),
                body=body,
                detail=_holdable(f"line {line}: {error.detail}")[:4000],
                errors={_holdable(name): [_holdable(s) for s in said] for name, said in named.items()},
            )
        )


def send(found: Iterable[rows.Row | rows.Unreadable], importer: Importer, batch: int = BATCH) -> None:
    """Put rows into the inbox; those of the last batch count only when it is written."""
    for row in found:
        importer.take(row)
        if importer.waiting >= batch:
            importer.flush()
    importer.flush()


def _hash(body: str) -> bytes:
    return hashlib.sha256(body.encode()).digest()


def _holdable(text: str) -> str:
    """Write visibly what PostgreSQL's texts cannot hold: NUL, and bytes or halves that are no character."""
    return text.replace("\0", "\N{SYMBOL FOR NULL}").encode(errors="backslashreplace").decode()


@events.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--source", required=True, help="The registered source in whose name the events come.")
@click.option(
    "--mapping",
    "mapping_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Which column is which field; needed for CSV. See docs/operating.md.",
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    help="Events a second; as fast as the disk takes them where absent.",
)
@click.option("--encoding", type=click.Choice(rows.ENCODINGS), default="utf-8", show_default=True)
def import_events(
    file: Path, source: str, mapping_file: Path | None, speed: float | None, encoding: str
) -> None:
    """Read CSV or JSON lines, map them to events, and put them into the inbox; .xml is a CAP 1.2 warning."""
    runtime = told.house()
    _require_source(runtime, source)
    if file.suffix.lower() in {".xml", ".cap"}:
        _import_warning(runtime, file, source)
        return
    mapped = _mapping(file, mapping_file, encoding, runtime)
    with told.alone(runtime.settings, "stop the service, or send the events to POST /api/v1/events"):
        importer = Importer(runtime, source, mapped)
        with tqdm(total=file.stat().st_size, unit="B", unit_scale=True, disable=None) as bar:
            found = rows.read(file, encoding, bar.update)
            paced = _paced(found, speed, runtime.bells.stopping.wait) if speed else found
            try:
                send(paced, importer, max(1, min(BATCH, int(speed or BATCH))))
            except (KeyboardInterrupt, errors.CaseworkError):
                bar.close()
                click.echo(f"stopped: {importer.tally}; import the same file again, no row counts twice")
                raise
    click.echo(str(importer.tally))


def _import_warning(runtime: Runtime, file: Path, source: str) -> None:
    with told.alone(runtime.settings, "stop the service, or send the warning to POST /hooks/cap"):
        taken = warnings.take(
            cap_xml.read(file.read_bytes()[: cap_xml.LONGEST + 1]),
            source,
            uows=runtime.uows,
            house=runtime.house(),
            inbox=runtime.inbox,
            read=runtime.read,
            clock=runtime.clock,
        )
    known = "" if taken.new else ", known already"
    standing = taken.warning.standing.value.replace("_", " ")
    events_made = len(taken.warning.event_ids)
    click.echo(f"{taken.warning.identifier}: {standing}, {events_made} events{known}")


def _require_source(runtime: Runtime, source: str) -> None:
    with runtime.uows(reading=True) as uow:
        if uow.registers.source(source) is not None:
            return
        known = ", ".join(sorted(one.name for one in uow.registers.sources())) or "none"
    raise click.ClickException(
        f"there is no source {source!r}; known are {known}; "
        f"`flask --app app sources create {source}` makes it"
    )


def _mapping(file: Path, told_in: Path | None, encoding: str, runtime: Runtime) -> mapping.Mapped | None:
    if told_in is None:
        if rows.is_csv(file):
            raise click.UsageError("a CSV file needs --mapping; docs/operating.md shows one")
        return None
    try:
        mapped = mapping.read(told_in, runtime.settings.timezone)
    except mapping.MappingInvalid as error:
        raise click.ClickException(str(error)) from error
    if rows.is_csv(file):
        columns = rows.header(file, encoding)
        missing = sorted(mapped.columns() - set(columns))
        if missing:
            raise click.ClickException(
                f"{told_in}: {file} has no column {', '.join(missing)}; it has {', '.join(columns)}"
            )
    return mapped


def _paced(found: Iterator[Any], per_s: float, wait: Callable[[float], object]) -> Iterator[Any]:
    """Hand rows on no faster than asked."""
    for row in found:
        wait(1 / per_s)
        yield row


def register(app: Flask) -> None:
    """Hang the command onto the application."""
    app.cli.add_command(events)
