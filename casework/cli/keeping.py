"""`flask backup` and `flask restore`."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import click
from flask import Flask
from flask.cli import with_appcontext

import migrations
from casework.cli import told
from casework.settings import Settings


@click.command("backup", cls=told.Command)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def backup(file: Path) -> None:
    """Write the whole database into a file, while the house runs."""
    if file.exists():
        raise click.ClickException(f"{file} exists already")
    settings = told.settings()
    if told.revision(settings) is None:
        raise click.ClickException("the database is empty; there is nothing to keep")
    # Under another name until it is whole: a backup that was cut short must not look like one.
    begun = file.with_name(file.name + ".part")
    begun.touch(mode=0o600)
    try:
        if settings.one_process:
            _copy(told.database_file(settings), begun)
        else:
            address = told.database_address(settings)
            _run("pg_dump", "--format=custom", "--no-owner", f"--file={begun}", f"--dbname={address}")
        _sync(begun)
        begun.replace(file)
    finally:
        begun.unlink(missing_ok=True)
    click.echo(f"written to {file}")


@click.command("restore", cls=told.Command)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace a database that holds something.")
@with_appcontext
def restore(file: Path, *, force: bool) -> None:
    """Bring back what a backup holds; the service must be stopped."""
    settings = told.settings()
    with told.alone(settings, "a database is replaced only while nobody works on it"):
        held = sum(told.row_counts(settings).values())
        if held and not force:
            raise click.ClickException(f"the database holds {held} rows; --force replaces them")
        if settings.one_process:
            _restore_sqlite(file, told.database_file(settings))
        else:
            _restore_postgresql(file, settings)
        found, counts = told.revision(settings), told.row_counts(settings)
    click.echo(f"restored: schema at {found}, {sum(counts.values())} rows in {len(counts)} tables")
    if found != migrations.head():
        click.echo("the schema is an older one; `flask --app app db upgrade` brings it up to date")
    click.echo("start the service again; `flask --app app self-check` then tells whether it works")


def _restore_sqlite(file: Path, target: Path) -> None:
    """Put the copy beside the database and then in its place: at no moment is there half of one."""
    fresh = target.with_name(target.name + ".restoring")
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as kept:
            _require_whole(kept, file)
        _copy(file, fresh)
        _sync(fresh)
        for beside in ("-wal", "-shm"):
            target.with_name(target.name + beside).unlink(missing_ok=True)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def _require_whole(kept: sqlite3.Connection, file: Path) -> None:
    try:
        whole = kept.execute("pragma integrity_check").fetchone() == ("ok",)
        ours = whole and kept.execute("select version_num from alembic_version").fetchone() is not None
    except sqlite3.DatabaseError as error:
        raise click.ClickException(
            f"{file} is no backup of Gongzhi ({error}); nothing was changed"
        ) from error
    if not ours:
        raise click.ClickException(f"{file} is damaged or empty; nothing was changed")


def _copy(source: Path, target: Path) -> None:
    """Copy a SQLite database through its backup interface: one state, also while others write."""
    with closing(sqlite3.connect(source, timeout=10)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
        # One file, without the two that write-ahead logging keeps beside it; the house turns it on again.
        copy.execute("pragma journal_mode=delete")


def _sync(file: Path) -> None:
    descriptor = os.open(file, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _restore_postgresql(file: Path, settings: Settings) -> None:
    address = f"--dbname={told.database_address(settings)}"
    options = ("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error")
    _run("pg_restore", *options, address, str(file))


def _run(*command: str) -> None:
    program = shutil.which(command[0])
    if program is None:
        raise click.ClickException(f"{command[0]} is not installed; it comes with PostgreSQL's clients")
    done = subprocess.run([program, *command[1:]], check=False, capture_output=True, text=True)  # noqa: S603  (our own words)
    if done.returncode:
        raise click.ClickException(f"{done.stderr.strip() or command[0] + ' failed'}; nothing was changed")


def register(app: Flask) -> None:
    """Hang the commands onto the application."""
    app.cli.add_command(backup)
    app.cli.add_command(restore)
