"""Asking for a rehearsal and cancelling it; the background runs it."""

from dataclasses import replace
from datetime import datetime, timedelta

from casework import ids
from casework.clock import Clock
from casework.domain import errors
from casework.domain.rulebook import Rehearsal, RehearsalState, RuleKey
from casework.services import publishing
from casework.services.ports import UnitsOfWork
from notifications import prices
from notifications.prices import Prices

LONGEST = timedelta(days=366)
MOBILE = "+86"
"""Where most texts go; the longest fitting prefix of the prices is taken."""
_UNDER_WAY = frozenset({RehearsalState.WAITING, RehearsalState.RUNNING})


def ask(
    text: str, key: RuleKey, *, start: datetime, end: datetime, by: str, uows: UnitsOfWork, clock: Clock
) -> Rehearsal:
    """Ask for a rehearsal of a rule's draft over what happened in a span; one of a rule at a time."""
    if not timedelta(0) < end - start <= LONGEST:
        raise errors.InvalidInput({"to": [f"must lie after `from`, by at most {LONGEST.days} days"]})
    publishing.check_text(text, key)
    with uows() as uow:
        if any(known.state in _UNDER_WAY for known in uow.rehearsals.of_rule(key)):
            raise errors.Conflict("a rehearsal of this rule is under way; cancel it first")
        asked = Rehearsal(
            id=ids.new(),
            pack=key[0],
            rule_id=key[1],
            text=text,
            starts_at=start,
            ends_at=end,
            asked_at=clock(),
            asked_by=by,
        )
        uow.rehearsals.add(asked)
        uow.commit()
    return asked


def cancel(rehearsal_id: str, *, uows: UnitsOfWork, clock: Clock) -> Rehearsal:
    """Cancel a rehearsal; whoever runs it ends within a second."""
    with uows() as uow:
        known = uow.rehearsals.get(rehearsal_id)
        if known.state not in _UNDER_WAY:
            raise errors.Conflict(f"this rehearsal is {known.state} already")
        cancelled = replace(known, state=RehearsalState.CANCELLED, ended_at=clock())
        uow.rehearsals.save(cancelled)
        uow.commit()
    return cancelled


def text_price(known: Prices) -> float:
    """Answer what one segment of a text costs here, as the house's prices say; 0 where they do not."""
    found = prices.cost(known, "twilio", MOBILE, 1) or prices.cost(known, "aliyun", MOBILE, 1)
    return found.micros / prices.MICROS if found else 0.0
