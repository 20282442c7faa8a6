"""A guard around any channel, for demo and drill: no text can reach a person."""

from collections.abc import Callable, Collection
from datetime import datetime
from urllib.parse import urlsplit

from notifications import addresses, errors
from notifications.channel import Accepted, Channel, OutgoingText

_WHATSAPP = "whatsapp:"
_NO_MAILBOX = (".example", ".invalid", ".test", "@example.com", "@example.org", "@example.net")
"""Set apart by RFC 2606: no mail can be delivered there."""


def rings_nobody(address: str) -> bool:
    """Tell whether a number, a WhatsApp address or a mailbox can never reach a person."""
    if "@" in address:
        return address.casefold().endswith(_NO_MAILBOX)
    return addresses.is_unroutable(address.removeprefix(_WHATSAPP))


def is_loopback(address: str) -> bool:
    """Tell whether an absolute URL leads to this machine."""
    return urlsplit(address).hostname in {"127.0.0.1", "::1", "localhost"}


def nothing(_address: str) -> bool:
    """Let nothing through: for a channel of which no address is known to reach nobody."""
    return False


class OnlyUnroutable:
    """Passes texts to addresses that can never reach anybody, and refuses all others before they leave."""

    def __init__(self, channel: Channel, reaches_nobody: Callable[[str], bool] = rings_nobody) -> None:
        self._channel = channel
        self._reaches_nobody = reaches_nobody

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
        if not self._reaches_nobody(text.to):
            raise errors.Refused("drill_real_number", "a drill may not write to an address that is real")
        return self._channel.send(text)

    def find(
        self, text: OutgoingText, *, since: datetime, claimed: Collection[str] | None = None
    ) -> Accepted | None:
        """Ask the guarded channel."""
        return self._channel.find(text, since=since, claimed=claimed)
