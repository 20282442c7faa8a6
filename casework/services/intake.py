"""Accepting events: written down and durable before the caller is answered, judged afterwards."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import structlog

from casework.clock import Clock
from casework.domain import errors
from casework.domain.events import NewEvent, Quarantined, QuarantineState, Receipt
from casework.services.ports import UnitsOfWork

log = structlog.get_logger(__name__)


class Inbox(Protocol):
    """Writes events durably; many callers share one commit."""

    def put(
        self, events: Sequence[NewEvent], quarantined: Sequence[Quarantined], *, live: bool = False
    ) -> Receipt:
        """Write both and answer after the commit; an event whose source and id are known is not written.

        Live events come from their senders just now: they are signs of life, and those that a device sends
        beyond its rate are kept without being judged. Files and mended events are neither.
        Raises `Unavailable` when the queue is full or the database cannot be reached.
        """


Read = Callable[[Mapping[str, Any], str], NewEvent]
"""Checks one raw event against its schema for a source; raises `InvalidInput` by field."""


def resubmit(
    item_id: str,
    raw: Mapping[str, Any],
    *,
    read: Read,
    inbox: Inbox,
    actor: str,
    uows: UnitsOfWork,
    clock: Clock,
) -> Receipt:
    """Send a mended event in again; the quarantined one keeps its first body and says who mended it."""
    with uows() as uow:
        item = uow.quarantine.get(item_id)
    if item.state is not QuarantineState.WAITING:
        raise errors.Conflict(f"this event was {item.state} already")
    receipt = inbox.put([read(raw, item.source)], [])
    with uows() as uow:
        settled = replace(
            uow.quarantine.get(item_id),
            state=QuarantineState.RESUBMITTED,
            settled_at=clock(),
            settled_by=actor,
        )
        uow.quarantine.save(settled)
        uow.commit()
    log.info("quarantine_resubmitted", item_id=item_id, actor=actor, duplicates=receipt.duplicates)
    return receipt


def discard(item_id: str, *, actor: str, uows: UnitsOfWork, clock: Clock) -> None:
    """Set a quarantined event aside for good; it stays readable."""
    with uows() as uow:
        item = uow.quarantine.get(item_id)
        if item.state is not QuarantineState.WAITING:
            raise errors.Conflict(f"this event was {item.state} already")
        uow.quarantine.save(
            replace(item, state=QuarantineState.DISCARDED, settled_at=clock(), settled_by=actor)
        )
        uow.commit()
