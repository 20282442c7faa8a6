"""The gateway that every way of sending a text offers: one Protocol and the values that cross it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class OutgoingText:
    """One text as the outbox hands it to a channel.

    `id` is the outbox row, which also stands in the status-callback address; `to` is E.164; `validity_s` is
    how long the provider may keep trying, in seconds, or None for the provider's own default. `purpose` is
    the key of the template and `subject` a few words on what it is about, for channels that carry them.
    """

    id: str
    to: str
    body: str
    language: str
    validity_s: int | None
    status_callback: str | None
    purpose: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the text under its own id; `segments` only where it says so.

    `provider` names the one of several that took it; None means the channel's own.
    """

    provider_id: str
    segments: int | None
    provider: str | None = None


class Channel(Protocol):
    """One way of sending texts; capabilities are flags, failures are `notifications.errors`."""

    @property
    def name(self) -> str:
        """Short lower-case name, for logs, metrics and the delivery ledger."""

    @property
    def can_reconcile(self) -> bool:
        """Whether `find` can say what became of a text of unknown outcome."""

    @property
    def reports_delivery(self) -> bool:
        """Whether the provider calls back when a text is delivered or lost."""

    def send(self, text: OutgoingText) -> Accepted:
        """Hand the text over, once.

        Raises `Refused` (for good), `TryLater` (certainly not taken) or `OutcomeUnknown` (perhaps taken).
        """

    def find(
        self, text: OutgoingText, *, since: datetime, claimed: Collection[str] | None = None
    ) -> Accepted | None:
        """Answer what the provider holds for this text since its attempt began, or None if it holds nothing.

        `since` is the aware time of the attempt. `claimed` are provider ids that already belong to other
        outbox rows: with them two identical texts to one person are told apart. Without them a text that
        carries no token of its own raises `OutcomeUnknown` as soon as anything looks like it. Raises
        `TryLater` if the provider cannot be asked.
        """
