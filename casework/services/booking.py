"""The cost ledger: what each sending cost, booked in the transaction that knows of it."""

from datetime import datetime

from casework import ids
from casework.domain.addressees import Charge
from casework.domain.messages import Message
from casework.services.house import House
from casework.services.ports import UnitOfWork
from notifications import prices
from notifications.channel import Accepted

_FREE = frozenset({"console"})
HANDED_OVER = "reply:"
"""Begins the id of a text that went into the answer to somebody's own message: nobody is paid for it."""


def charge(uow: UnitOfWork, house: House, message: Message, accepted: Accepted, now: datetime) -> None:
    """Book what a provider takes for a text that it has just taken."""
    channel = house.channels.get(message.channel)
    if channel is None or accepted.provider_id.startswith(HANDED_OVER):
        return
    provider = accepted.provider or channel.name
    if provider in _FREE:
        return
    address = message.address.removeprefix("whatsapp:")
    cost = prices.cost(house.prices, provider, address, message.segments)
    uow.ledger.add(
        Charge(
            id=ids.new(),
            message_id=message.id,
            at=now,
            channel=message.channel,
            provider=provider[:32],
            segments=message.segments,
            micros=cost.micros if cost else None,
            currency=cost.currency if cost else None,
        )
    )
