"""What every command shares: refusals told in a sentence, and a database looked at before it is opened."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click
import psycopg
from flask import current_app
from flask.cli import AppGroup

import migrations
from casework.cli import single
from casework.domain import errors
from casework.services.runtime import Runtime
from casework.settings import Settings
from rules.errors import RulesError

_BUSY_S = 10.0


class Command(click.Command):
    """A command whose refusals are sentences on standard error with exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  (click's own)
        """Run it."""
        try:
            return super().invoke(ctx)
        except errors.CaseworkError as error:
            raise click.ClickException(error.detail) from error
        except (single.AnotherProcessServes, RulesError, OSError) as error:
            raise click.ClickException(str(error)) from error
        except (sqlite3.Error, psycopg.Error) as error:
            raise click.ClickException(f"the database says: {str(error).strip()}") from error


class Group(AppGroup):
    """Commands under one noun."""

    command_class = Command


def settings() -> Settings:
    """Answer the settings in force."""
    found: Settings = current_app.extensions["gongzhi_settings"]
    return found


def house() -> Runtime:
    """Open the house; a database that is absent, unreachable or of another schema is refused before that."""
    found, head = revision(settings()), migrations.head()
    if found != head:
        at = f"is at {found}" if found else "is empty"
        raise click.ClickException(
            f"the schema of the database {at}, this release needs {head}; "
            "`flask --app app db upgrade` brings it there"
        )
    made: Runtime = current_app.extensions["gongzhi"]()
    return made


def revision(told: Settings) -> str | None:
    """Name the schema's revision; None for a database without one. Raises where there is no database."""
    if told.one_process and not database_file(told).exists():
        raise click.ClickException(
            f"there is no database at {database_file(told)}; `flask --app app db upgrade` makes one"
        )
    with looking(told) as cursor:
        if "alembic_version" not in _tables(cursor, told):
            return None
        row = cursor.execute("select version_num from alembic_version").fetchone()
    return None if row is None else str(row[0])


def row_counts(told: Settings) -> Mapping[str, int]:
    """Count the rows of every table but the schema's own; an empty mapping where there is no database."""
    if told.one_process and not database_file(told).exists():
        return {}
    with looking(told) as cursor:
        names = _tables(cursor, told) - {"alembic_version"}
        return {
            name: int(cursor.execute(f'select count(*) from "{name}"').fetchone()[0])  # noqa: S608  (the catalogue's own names)
            for name in sorted(names)
        }


@contextmanager
def looking(told: Settings) -> Iterator[Any]:
    """Open a cursor of the driver itself, without the house: for a database that may not be ours yet."""
    with closing(_connect(told)) as connection, closing(connection.cursor()) as cursor:
        yield cursor


def _connect(told: Settings) -> Any:  # noqa: ANN401  (either driver's connection)
    if told.one_process:
        return sqlite3.connect(database_file(told), timeout=_BUSY_S)
    return psycopg.connect(database_address(told), connect_timeout=5)


def _tables(cursor: Any, told: Settings) -> set[str]:  # noqa: ANN401  (either driver's cursor)
    query = "select tablename from pg_tables where schemaname = current_schema()"
    if told.one_process:
        query = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
    return {str(row[0]) for row in cursor.execute(query).fetchall()}


@contextmanager
def alone(told: Settings, why: str, *, wait_s: float = 0.0) -> Iterator[None]:
    """Hold a SQLite database's lock, so that no service runs meanwhile; on PostgreSQL nothing is held."""
    if not told.one_process:
        yield
        return
    file = database_file(told)
    try:
        held = single.claim(file.with_name(file.name + ".lock"), wait_s=wait_s)
    except single.AnotherProcessServes as error:
        raise click.ClickException(f"{error}: {why}") from error
    try:
        yield
    finally:
        held.release()


def database_file(told: Settings) -> Path:
    """Where a SQLite database lies."""
    return Path(told.database_url.removeprefix("sqlite:///"))


def database_address(told: Settings) -> str:
    """The address of a PostgreSQL database as its own tools write it."""
    return told.database_url.replace("postgresql+psycopg://", "postgresql://", 1)
