"""The default channel: every text becomes a log line and stays in memory; nothing leaves the machine."""

import threading
from collections import deque
from collections.abc import Collection
from datetime import datetime
from typing import ClassVar

import structlog

from notifications import addresses, segments
from notifications.channel import Accepted, OutgoingText

log = structlog.get_logger()


class ConsoleChannel:
    """Accepts everything, logs it with the number masked, and keeps the last `keep` texts."""

    name: ClassVar[str] = "console"
    can_reconcile: ClassVar[bool] = True
    reports_delivery: ClassVar[bool] = False

    def __init__(self, *, keep: int = 1_000) -> None:
        self._texts: deque[OutgoingText] = deque(maxlen=keep)
        self._lock = threading.Lock()

    def send(self, text: OutgoingText) -> Accepted:
        """Log the text and keep it."""
        with self._lock:
            self._texts.append(text)
        accepted = _accepted(text)
        log.info(
            "text_on_console",
            outbox_id=text.id,
            to=addresses.mask(text.to),
            body=text.body,
            segments=accepted.segments,
        )
        return accepted

    def find(
        self,
        text: OutgoingText,
        *,
        since: datetime,  # noqa: ARG002  (the outbox id alone decides here)
        claimed: Collection[str] | None = None,  # noqa: ARG002  (as above)
    ) -> Accepted | None:
        """Answer whether this process has logged the text."""
        return _accepted(text) if any(kept.id == text.id for kept in self.last()) else None

    def last(self) -> tuple[OutgoingText, ...]:
        """Answer the kept texts, oldest first."""
        with self._lock:
            return tuple(self._texts)


def _accepted(text: OutgoingText) -> Accepted:
    return Accepted(provider_id=f"console-{text.id}", segments=segments.count(text.body).segments)
