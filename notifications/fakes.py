"""A provider in memory that does what a test scripts: refuse, ask to wait, or take a text in silence."""

import threading
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from notifications import errors, recognition, segments
from notifications.channel import Accepted, OutgoingText


@dataclass(frozen=True, slots=True)
class Received:
    """A text that the fake provider took, with the id it gave and its time."""

    text: OutgoingText
    provider_id: str
    received_at: datetime


class FakeSms:
    """Stands in for a provider of SMS; scripted failures happen first in, first out, then all is accepted."""

    name: str = "fake_sms"
    can_reconcile: bool = True
    reports_delivery: bool = True

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.received: list[Received] = []
        self._clock = clock
        self._script: deque[errors.ChannelError | None] = deque()
        self._lock = threading.Lock()

    def fail_next(self, *failures: errors.ChannelError) -> None:
        """Raise these for the next sends, one each; nothing is taken."""
        self._script.extend(failures)

    def take_silently_next(self) -> None:
        """Take the next text but answer as if the line had broken: the outcome is unknown to the sender."""
        self._script.append(None)

    def send(self, text: OutgoingText) -> Accepted:
        """Play the next scripted failure, or take the text."""
        with self._lock:
            silent = False
            if self._script:
                failure = self._script.popleft()
                if failure is not None:
                    raise failure
                silent = True
            provider_id = f"FAKE{len(self.received) + 1:08d}"
            self.received.append(Received(text, provider_id, self._clock()))
        if silent:
            raise errors.OutcomeUnknown("timeout", "taken without an answer, as scripted")
        return Accepted(provider_id, segments.count(text.body).segments)

    def find(
        self, text: OutgoingText, *, since: datetime, claimed: Collection[str] | None = None
    ) -> Accepted | None:
        """Recognise the text by the same rules as the real provider's channel."""
        with self._lock:
            listed = [_as_listed(one) for one in self.received]
        return recognition.choose(text, listed, since=since, claimed=claimed)

    def texts_to(self, address: str) -> list[str]:
        """Answer the bodies that this address received, oldest first."""
        return [one.text.body for one in self.received if one.text.to == address]


def _as_listed(one: Received) -> recognition.Listed:
    return recognition.Listed(
        one.provider_id,
        one.text.to,
        one.text.body,
        one.received_at,
        segments.count(one.text.body).segments,
    )
