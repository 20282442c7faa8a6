"""Commands that describe and check the house: `openapi` and `self-check`."""

import json

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from casework.cli import told


@click.command("openapi", cls=told.Command)
@with_appcontext
def openapi() -> None:
    """Print the OpenAPI document of the REST interface."""
    document = current_app.extensions["gongzhi_document"]
    click.echo(json.dumps(document.spec.to_dict(), ensure_ascii=False, indent=2))


@click.command("self-check", cls=told.Command)
@with_appcontext
def self_check() -> None:
    """Check database, schema, workers and outbox, as /readyz does; exit 1 where one fails."""
    told.house()
    found = current_app.extensions["gongzhi_checks"]()
    for name, check in found.items():
        details = ", ".join(
            f"{key} {'none' if value is None else value}" for key, value in check.items() if key != "ok"
        )
        click.echo(f"{'ok  ' if check['ok'] else 'FAIL'} {name} {details}".rstrip())
    if not found.get("worker", {}).get("ok", True):
        click.echo("no worker was alive in the last 10 s: is the service running?", err=True)
    if not all(check["ok"] for check in found.values()):
        raise SystemExit(1)


def register(app: Flask) -> None:
    """Hang the commands onto the application."""
    app.cli.add_command(openapi)
    app.cli.add_command(self_check)
