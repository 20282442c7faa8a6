"""`flask outbox retry`: failed texts go out again, unless they would do harm."""

import re
from dataclasses import replace

import click
from flask import Flask

from casework.analytics import listings
from casework.cli import told
from casework.domain import errors
from casework.domain.messages import Message, MessageState
from casework.ids import MessageId
from casework.services.runtime import Runtime

outbox = told.Group("outbox", help="Texts on their way.")
_STRUCK_LINK = re.compile(r"/[\w-]{4}…")


@outbox.command("retry")
@click.argument("message_ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every failed text that may go out again.")
def retry(message_ids: tuple[str, ...], *, every: bool) -> None:
    """Let failed texts go out again; one that may have arrived is never repeated."""
    if every == bool(message_ids):
        raise click.UsageError("name the texts by their ids, or say --all")
    runtime = told.house()
    if every:
        with runtime.reading() as connection:
            message_ids = tuple(listings.failed_messages(connection))
    refused = [message_id for message_id in message_ids if not _told_again(runtime, message_id)]
    click.echo(f"{len(message_ids) - len(refused)} wait to be sent, {len(refused)} cannot be sent again")
    if refused and not every:
        raise SystemExit(1)


def _told_again(runtime: Runtime, message_id: str) -> bool:
    try:
        again(runtime, MessageId(message_id))
    except (errors.NotFound, errors.Conflict) as error:
        click.echo(f"{message_id}: {error.detail}", err=True)
        return False
    click.echo(f"{message_id} waits to be sent")
    return True


def again(runtime: Runtime, message_id: MessageId) -> Message:
    """Let one failed text wait to be sent; raises `NotFound`, or `Conflict` where that would do harm."""
    now = runtime.clock()
    with runtime.uows() as uow:
        message = uow.messages.lock(message_id)
        if message.state is not MessageState.FAILED:
            raise errors.Conflict(f"this text is {message.state}; only a failed one is sent again")
        if message.valid_until is not None and now >= message.valid_until:
            raise errors.Conflict("what this text offers has expired")
        if _STRUCK_LINK.search(message.body):
            raise errors.Conflict(
                "its link was struck out when it failed; dispatch anew for a text with a new one"
            )
        waiting = replace(message, state=MessageState.NEW, next_attempt_at=now, error=None)
        uow.messages.save(waiting)
        uow.messages.note(message.id, now, "retry_asked", {})
        uow.commit()
    return waiting


def register(app: Flask) -> None:
    """Hang the command onto the application."""
    app.cli.add_command(outbox)
