"""Who may be written to now: STOP and quiet hours, against the declared rule of `notifications.purposes`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from casework import ids
from casework.domain.addressees import Consent, How, Will
from casework.domain.messages import Message
from casework.services.house import House
from casework.services.ports import UnitOfWork
from notifications import purposes
from notifications.purposes import QuietHours

OPTED_OUT, QUIET = "opted_out", "quiet_hours"
EVERY_OTHER = "*"
_SAME_PERSON = {"voice": "sms"}
"""A number that wants no texts wants no calls either."""
_PROVIDERS_STOP = frozenset({"21610", "telegram:403"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """A text that must not go: not before `until`, or never where that is None."""

    why: str
    until: datetime | None = None


def part(
    uow: UnitOfWork, house: House, messages: Sequence[Message], now: datetime
) -> tuple[list[Message], list[tuple[Message, Verdict]]]:
    """Part texts into those that may go and those that may not, with the reason."""
    bound = [message for message in messages if _is_bound(message)]
    if not bound:
        return list(messages), []
    who = {person(message) for message in bound}
    stopped, own_quiet = uow.addressees.stopped(who), uow.addressees.quiet(who)
    held = {}
    for message in bound:
        key = person(message)
        verdict = _judge(uow, house, message, now, stopped=key in stopped, own_quiet=own_quiet.get(key))
        if verdict is not None:
            held[message.id] = verdict
    going = [message for message in messages if message.id not in held]
    return going, [(message, held[message.id]) for message in messages if message.id in held]


def person(message: Message) -> tuple[str, str]:
    """Answer under which channel and address the wishes of a text's addressee are kept."""
    return _SAME_PERSON.get(message.channel, message.channel), message.address


def hear_refusal(uow: UnitOfWork, message: Message, code: str, now: datetime) -> None:
    """Keep that a provider knows of a STOP which did not come by us."""
    if code in _PROVIDERS_STOP:
        channel, address = person(message)
        uow.addressees.say(
            Consent(
                id=ids.new(),
                channel=channel,
                address=address,
                at=now,
                will=Will.STOP,
                how=How.PROVIDER,
                words=code,
            )
        )


def _is_bound(message: Message) -> bool:
    own = purposes.class_of(message.purpose)
    return not (own.after_stop and own.in_quiet_hours)


def _judge(
    uow: UnitOfWork, house: House, message: Message, now: datetime, *, stopped: bool, own_quiet: str | None
) -> Verdict | None:
    own = purposes.class_of(message.purpose)
    if stopped and not own.after_stop:
        return Verdict(OPTED_OUT)
    if own.in_quiet_hours:
        return None
    quiet = purposes.read_quiet_hours(own_quiet) if own_quiet else _house_quiet(house, message.channel)
    until = quiet.over_at(now.astimezone(house.timezone)) if quiet else None
    if until is None or _is_urgent(uow, message):
        return None
    return Verdict(QUIET, until.astimezone(UTC))


def _house_quiet(house: House, channel: str) -> QuietHours | None:
    return house.quiet.get(channel) or house.quiet.get(EVERY_OTHER)


def _is_urgent(uow: UnitOfWork, message: Message) -> bool:
    if message.case_id is None:
        return False
    return uow.cases.get(message.case_id).priority <= purposes.rule().quiet_breaking_priority
