"""Cases made through the services, for benchmarks that need many of a certain kind at certain instants."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from casework.services import filing
from casework.services.filing import Reporting, Signal
from casework.services.house import House
from casework.services.runtime import Runtime
from rules.catalogue import EscalationPolicy, EscalationStep

CATEGORY = "road_damage"
_ALONE = timedelta(microseconds=1)
_A_COMMIT = 50


def with_category(
    house: House, *, targets: dict[str, float], warn_at: float, steps: Sequence[EscalationStep] = ()
) -> House:
    """Answer the house with one category changed: these clocks, this chain, and crews sent by hand only.

    A case keeps what it was opened with, so that the workers, who know nothing of the change, go by it.
    """
    category = replace(house.catalogue.categories[CATEGORY], targets=targets, warn_at=warn_at, mode="manual")
    policy = EscalationPolicy(category.escalation, tuple(steps))
    catalogue = replace(
        house.catalogue,
        categories={**house.catalogue.categories, CATEGORY: category},
        policies={**house.catalogue.policies, category.escalation: policy},
    )
    return replace(house, catalogue=catalogue)


def instants_from(start: datetime, count: int) -> list[datetime]:
    """Make instants far enough apart that no case is asked whether it is the same as those before it."""
    return [start + timedelta(microseconds=10 * number) for number in range(count)]


def open_many(
    runtime: Runtime,
    house: House,
    instants: Sequence[datetime],
    phones: Sequence[str] = (),
    *,
    south: float = 30.2,
) -> Iterator[int]:
    """Open a case of its own for each instant, as if at that instant; gives how many there are, now and then.

    `south` is the latitude where they begin. With `phones` each case has a reporter, who is told
    of the receipt by text.
    """
    for start in range(0, len(instants), _A_COMMIT):
        with runtime.uows() as uow:
            for number in range(start, min(start + _A_COMMIT, len(instants))):
                signal = _signal(number, phones[number] if phones else None, south)
                filing.open_or_join(uow, house, signal, instants[number])
            uow.commit()
        yield min(start + _A_COMMIT, len(instants))


def _signal(number: int, phone: str | None, south: float) -> Signal:
    reporting = Reporting(text="路面破损", channel="sms", address=phone) if phone else None
    return Signal(
        category=CATEGORY,
        actor="benchmark",
        cause=f"event:benchmark/{number}",
        lat=south + (number // 200) * 0.002,
        lon=120.0 + (number % 200) * 0.002,
        radius_m=1.0,
        within=_ALONE,
        reporting=reporting,
    )
