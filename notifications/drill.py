"""A guard around any channel, for demo and drill: no text can reach a person."""

from collections.abc import Collection
from datetime import datetime

from notifications import addresses, errors
from notifications.channel import Accepted, Channel, OutgoingText


class OnlyUnroutable:
    """Passes texts to numbers that can never ring, and refuses all others before they leave."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    @property
    def name(self) -> str:
        """The guarded channel's name."""
        return self._channel.name

    @property
    def can_reconcile(self) -> bool:
        """As the guarded channel."""
        return self._channel.can_reconcile

    @property
    def reports_delivery(self) -> bool:
        """As the guarded channel."""
        return self._channel.reports_delivery

    def send(self, text: OutgoingText) -> Accepted:
        """Hand the text on, or raise `Refused` with the code `drill_real_number`."""
        try:
            addresses.refuse_real_numbers([text.to])
        except addresses.RealNumber as error:
            raise errors.Refused("drill_real_number", str(error)) from error
        return self._channel.send(text)

    def find(
        self, text: OutgoingText, *, since: datetime, claimed: Collection[str] | None = None
    ) -> Accepted | None:
        """Ask the guarded channel."""
        return self._channel.find(text, since=since, claimed=claimed)
