"""How providers stand, written down by each process for the figures and the console."""

from datetime import datetime

from casework.domain.addressees import ProviderStanding
from casework.services.house import House
from casework.services.ports import UnitOfWork
from notifications.failover import Failover


def look(house: House, process: str, now: datetime) -> list[ProviderStanding]:
    """Answer how every provider behind a fail-over stands in this process."""
    return [
        ProviderStanding(
            process=process,
            channel=name,
            provider=provider,
            state=seen.state.value,
            calls=seen.calls,
            failures=seen.failures,
            at=now,
        )
        for name, channel in sorted(house.channels.items())
        if isinstance(channel, Failover)
        for provider, seen in channel.standings().items()
    ]


def record(uow: UnitOfWork, house: House, process: str, now: datetime) -> None:
    """Write it down."""
    standings = look(house, process, now)
    if standings:
        uow.ledger.stand(standings, now)
