"""The relay: hands texts to their channels, each attempt on record before the call, its outcome after.

No transaction and no connection is held while a provider is called. A text whose outcome is unknown is
never sent again before the provider was asked what became of it.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from casework.clock import Clock
from casework.domain.assignments import ACTIVE, AssignmentState
from casework.domain.cases import Case
from casework.domain.deadlines import Deadline
from casework.domain.messages import WAITING, Message, MessageState
from casework.domain.timeline import EntryKind, Scribe
from casework.ids import MessageId
from casework.services import booking, calling_back, chronicling, screening
from casework.services.house import House
from casework.services.ports import UnitOfWork, UnitsOfWork
from notifications import errors as channel_errors
from notifications import provider_codes, purposes, receipts
from notifications.channel import Accepted, Channel, OutgoingText
from notifications.receipts import Word

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 8
"""So often a text of unknown outcome goes to a provider that cannot tell what it holds."""
GIVE_UP_AFTER = timedelta(hours=24)
"""So long a text is offered to a provider that certainly does not take it: an outage loses none."""
AGAIN_AFTER = timedelta(minutes=5)
"""A text that was taken and then lost on its way for a passing reason goes out again after this."""
START_WITHIN = timedelta(seconds=3)
"""A sender that comes to its text later than this leaves it alone: somebody may be asking after it."""
LONGEST_CALL = timedelta(seconds=10)
"""Five seconds to connect and five to answer: after that a call has ended, one way or the other."""
CALL_ENDS = START_WITHIN + LONGEST_CALL + timedelta(seconds=2)
"""A row still `sending` then belongs to a call that died: only now may the provider be asked about it."""
FIRST_LOOK = timedelta(seconds=2)
"""A call that broke off is asked about this soon: it has ended, and the provider may have called back."""
LISTED_BY = timedelta(seconds=10)
"""A text that the provider does not list so long after its attempt began was not taken."""
_LOOK_BACK = timedelta(hours=1)
_BACK_OFF_S = (1, 2, 5, 10, 30, 60, 60, 60, 120, 300, 600)
_ANSWERS = frozenset({"resident_received", "resident_extended"})


def claim(uows: UnitsOfWork, house: House, clock: Clock, *, limit: int) -> list[Message]:
    """Take the next texts; each is on record as `sending` when this returns."""
    going, held = _claim(uows, house, clock(), limit)
    while held and not going:  # what was held back may have stood before what may go
        going, held = _claim(uows, house, clock(), limit)
    return going


def _claim(uows: UnitsOfWork, house: House, now: datetime, limit: int) -> tuple[list[Message], bool]:
    """Claim once: what may go, and whether anything was held back."""
    channels = [name for name in sorted(house.channels) if _may_send(house, name)]
    with uows(reading=True) as uow:
        if not uow.messages.any_due(now, channels):
            return [], False
    with uows() as uow:
        claimed = _next(uow, house, channels, now, limit)
        going, held = screening.part(uow, house, claimed, now)
        for message in going:
            uow.messages.note(message.id, now, "attempt", {"attempt": message.attempts})
        if claimed:
            uow.commit()
    for message, verdict in held:
        _hold(uows, house, message, verdict, now)
    return going, bool(held)


def _may_send(house: House, channel: str) -> bool:
    pace = house.paces.get(channel)
    return pace is None or pace.ready()


def _next(uow: UnitOfWork, house: House, channels: list[str], now: datetime, limit: int) -> list[Message]:
    """Claim as many as each channel may send now: those without a pace at once, the others one by one."""
    first = purposes.goes_first(house.catalogue.messages)
    free = [name for name in channels if name not in house.paces]
    claimed: list[Message] = []
    for group in (free, *([name] for name in channels if name in house.paces)):
        pace = house.paces.get(group[0]) if group else None
        wanted = limit - len(claimed)
        allowed = wanted if pace is None else pace.take(wanted)
        if not group or allowed < 1:
            continue
        taken = uow.messages.claim(now, allowed, group, ask_at=now + CALL_ENDS, first=first)
        if pace is not None:
            pace.give_back(allowed - len(taken))
        claimed += taken
    return claimed


def _hold(
    uows: UnitsOfWork, house: House, message: Message, verdict: screening.Verdict, now: datetime
) -> None:
    def keep(uow: UnitOfWork, held: Message) -> None:
        uow.messages.note(held.id, now, verdict.why, {})
        if verdict.until is None:
            _fail(uow, house, held, verdict.why, now)
        else:
            waiting = replace(held, state=MessageState.NEW, attempts=held.attempts - 1, error=verdict.why)
            uow.messages.save(replace(waiting, next_attempt_at=verdict.until))

    _settle(uows, message, keep)


def send(uows: UnitsOfWork, house: House, clock: Clock, message: Message) -> None:
    """Make one attempt at one claimed text and keep its outcome."""
    now = clock()
    if message.valid_until is not None and now >= message.valid_until:
        _settle(uows, message, lambda uow, held: _expire(uow, held, now))
        return
    if message.attempt_at is not None and now - message.attempt_at > START_WITHIN:
        log.warning("message_left_to_reconcile", message_id=message.id)
        return
    channel = house.channels[message.channel]
    try:
        accepted = channel.send(outgoing(house, message, now))
    except channel_errors.OutcomeUnknown as unknown:
        code = unknown.code
        _settle(uows, message, lambda uow, held: _ask_later(uow, held, clock(), code))
        log.warning("message_outcome_unknown", message_id=message.id, code=unknown.code)
    except channel_errors.ChannelError as error:
        refused = error
        _slow_down(house, message.channel, error)
        _settle(uows, message, lambda uow, held: _refuse(uow, house, held, refused, clock()))
    else:
        _settle(uows, message, lambda uow, held: mark_sent(uow, house, held, accepted, clock()), taken=True)


def _slow_down(house: House, channel: str, error: channel_errors.ChannelError) -> None:
    """Keep the pause that a provider asks for, for every text that would go the same way."""
    pace = house.paces.get(channel)
    if pace is not None and error.retry_after_s:
        pace.pause(error.retry_after_s)


def reconcile(uows: UnitsOfWork, house: House, clock: Clock, *, limit: int = 50) -> int:
    """Ask providers about texts of unknown outcome: those they hold are sent, the others go out again."""
    now = clock()
    with uows(reading=True) as uow:
        unknown = uow.messages.unknown(now, limit)
    for message in unknown:
        channel = house.channels.get(message.channel)
        if channel is not None:
            _reconcile(uows, house, clock, message, channel)
    return len(unknown)


def _reconcile(uows: UnitsOfWork, house: House, clock: Clock, message: Message, channel: Channel) -> None:
    try:
        found = _find(uows, house, channel, message, clock()) if channel.can_reconcile else None
    except channel_errors.ChannelError as error:
        log.warning("reconcile_failed", message_id=message.id, code=error.code)
        return
    now = clock()
    if found is None:
        tells = channel.can_reconcile
        _settle(uows, message, lambda uow, held: _not_listed(uow, house, held, now, tells=tells))
        return
    accepted = found

    def settle(uow: UnitOfWork, held: Message) -> None:
        # Of two workers that find one text of two alike, the second leaves it for the next look.
        since = held.created_at - _LOOK_BACK
        if accepted.provider_id not in uow.messages.provider_ids(held.channel, held.address, since):
            mark_sent(uow, house, held, accepted, now)

    _settle(uows, message, settle, taken=True)


def _find(
    uows: UnitsOfWork, house: House, channel: Channel, message: Message, now: datetime
) -> Accepted | None:
    """Ask the provider for the text; ids that other rows hold are not this one's."""
    since = message.attempt_at or message.created_at
    with uows(reading=True) as uow:
        claimed = uow.messages.provider_ids(message.channel, message.address, since - _LOOK_BACK)
    return channel.find(outgoing(house, message, now), since=since, claimed=claimed)


def outgoing(house: House, message: Message, now: datetime) -> OutgoingText:
    """Shape an outbox row for a channel."""
    validity = None
    if message.valid_until is not None:
        validity = max(1, round((message.valid_until - now).total_seconds()))
    callback = (
        f"{house.public_url}/hooks/twilio/status?message={message.id}" if house.status_callbacks else None
    )
    return OutgoingText(
        id=message.id,
        to=message.address,
        body=message.body,
        language=message.language,
        validity_s=validity,
        status_callback=callback,
        purpose=message.purpose,
        subject=message.body,
    )


def _settle(
    uows: UnitsOfWork, message: Message, change: Callable[[UnitOfWork, Message], None], *, taken: bool = False
) -> None:
    """Apply the outcome of an attempt unless somebody settled the row meanwhile.

    That the provider has taken a text counts even if the row was set back for another attempt.
    """
    with uows() as uow:
        if message.case_id is not None:
            uow.cases.lock(message.case_id)  # the case before its rows: the same order everywhere
        held = uow.messages.lock(message.id)
        same_attempt = held.state is MessageState.SENDING and held.attempts == message.attempts
        if not same_attempt and not (taken and held.state in WAITING):
            return
        change(uow, held)
        uow.commit()


def mark_sent(uow: UnitOfWork, house: House, message: Message, accepted: Accepted, now: datetime) -> None:
    """Record that the provider took the text; the link in it is struck out of what we keep."""
    channel = house.channels.get(message.channel)
    sent = replace(
        _without_secret(message),
        state=MessageState.SENT,
        sent_at=now,
        provider_id=accepted.provider_id,
        segments=accepted.segments or message.segments,
        next_attempt_at=None,
        error=None,
    )
    uow.messages.save(sent)
    uow.messages.note(
        message.id, now, "accepted", {"provider_id": accepted.provider_id, "provider": accepted.provider}
    )
    booking.charge(uow, house, sent, accepted, now)
    if message.case_id is None:
        return
    case = uow.cases.get(message.case_id)
    _after_sent(uow, house, case, sent, Scribe(case.id, now, "system", f"message:{message.id}"))
    if channel is None or not channel.reports_delivery:
        after_delivered(uow, case, sent, Scribe(case.id, now, "system", f"message:{message.id}"))


def hand_over(uow: UnitOfWork, house: House, messages: Iterable[Message], now: datetime) -> list[str]:
    """Put waiting texts into the answer to somebody who is writing to us now, and answer their bodies.

    The caller holds the locks of their cases and commits: the person has read them once the answer is out.
    """
    bodies = []
    for message in messages:
        bodies.append(message.body)
        mark_sent(uow, house, message, Accepted(f"reply:{message.id}", None), now)
        handed = uow.messages.lock(message.id)
        uow.messages.save(replace(handed, state=MessageState.DELIVERED, delivered_at=now))
    return bodies


def _after_sent(uow: UnitOfWork, house: House, case: Case, message: Message, scribe: Scribe) -> None:
    if message.purpose == "crew_offer" and message.assignment_id is not None:
        assignment = uow.assignments.get(message.assignment_id)
        if assignment.sent_at is None:
            uow.assignments.save(replace(assignment, sent_at=scribe.at))
            if assignment.state in ACTIVE:  # of one that is over nothing can be timed any more
                entry = scribe.entry(EntryKind.ASSIGNMENT_SENT, assignment_id=assignment.id)
                chronicling.record(uow, case, entry)
    if message.report_id is None:
        return
    report = uow.reports.get(message.report_id)
    if message.purpose in _ANSWERS and report.answered_at is None:
        uow.reports.save(replace(report, answered_at=scribe.at))
        entry = scribe.entry(EntryKind.REPORT_ANSWERED, report_id=report.id, by="bot")
        chronicling.record(uow, case, entry)
    if message.purpose == calling_back.RESULT and report.reached_at is None:
        calling_back.wait(uow, house, case, report, scribe)


def after_delivered(uow: UnitOfWork, case: Case, message: Message, scribe: Scribe) -> None:
    """Record what a delivered text means for its case: the crew has it, the reporter is reached."""
    if message.purpose == "crew_offer" and message.assignment_id is not None:
        assignment = uow.assignments.get(message.assignment_id)
        if assignment.delivered_at is None:
            uow.assignments.save(replace(assignment, delivered_at=scribe.at))
            entry = scribe.entry(EntryKind.ASSIGNMENT_DELIVERED, assignment_id=assignment.id)
            chronicling.record(uow, case, entry)
    if message.purpose == calling_back.RESULT and message.report_id is not None:
        report = uow.reports.get(message.report_id)
        if report.reached_at is None:
            uow.reports.save(replace(report, reached_at=scribe.at))
            uow.deadlines.silence([report.id], scribe.at)
            chronicling.record(uow, case, scribe.entry(EntryKind.REPORTER_REACHED, report_id=report.id))


def take_receipt(
    message_id: MessageId,
    status: str,
    *,
    provider_id: str,
    code: str | None,
    uows: UnitsOfWork,
    clock: Clock,
    house: House,
    provider: str | None = None,
) -> None:
    """Take the provider's word on a text; words that come late or twice are kept and change nothing."""
    now = clock()
    with uows() as uow:
        message = uow.messages.get(message_id)
        case = uow.cases.lock(message.case_id) if message.case_id else None
        message = uow.messages.lock(message_id)
        uow.messages.note(message_id, now, status, {"provider_id": provider_id, "code": code})
        if message.state in WAITING and message.attempts:
            mark_sent(uow, house, message, Accepted(provider_id, None, provider), now)
            message = uow.messages.lock(message_id)
        word = receipts.read(status)
        if message.state is MessageState.SENT and word in {Word.DELIVERED, Word.READ}:
            uow.messages.save(replace(message, state=MessageState.DELIVERED, delivered_at=now))
            if case is not None:
                after_delivered(uow, uow.cases.get(case.id), message, _scribe(case, message, now))
        elif message.state is MessageState.SENT and word is Word.FAILED:
            _lost(uow, house, message, code or status, now)
        uow.commit()


def _scribe(case: Case, message: Message, now: datetime) -> Scribe:
    return Scribe(case.id, now, "system", f"message:{message.id}")


def _refuse(
    uow: UnitOfWork, house: House, message: Message, error: channel_errors.ChannelError, now: datetime
) -> None:
    uow.messages.note(message.id, now, "refused", {"code": error.code, "permanent": error.permanent})
    if error.permanent:
        screening.hear_refusal(uow, message, error.code, now)
        _fail(uow, house, message, error.code, now)
        return
    _again(uow, house, message, now, error.code, error.retry_after_s)


def _again(
    uow: UnitOfWork, house: House, message: Message, now: datetime, why: str, after_s: float | None = None
) -> None:
    if now - message.created_at >= GIVE_UP_AFTER:
        _fail(uow, house, message, why, now)
        return
    wait = after_s or _BACK_OFF_S[min(message.attempts, len(_BACK_OFF_S)) - 1]
    uow.messages.save(
        replace(message, state=MessageState.NEW, next_attempt_at=now + timedelta(seconds=wait), error=why)
    )


def _ask_later(uow: UnitOfWork, message: Message, now: datetime, code: str) -> None:
    uow.messages.save(replace(message, next_attempt_at=now + FIRST_LOOK, error=code))
    uow.messages.note(message.id, now, "outcome_unknown", {"code": code})


def _not_listed(
    uow: UnitOfWork, house: House, message: Message, now: datetime, *, tells: bool = True
) -> None:
    """Send again what the provider has had time to list and does not; ask once more where it had not."""
    if now - (message.attempt_at or message.created_at) < LISTED_BY:
        uow.messages.save(replace(message, next_attempt_at=now + FIRST_LOOK))
    elif not tells and message.attempts >= MAX_ATTEMPTS:
        _fail(uow, house, message, "outcome_unknown", now)
    else:
        _again(uow, house, message, now, "not_found_at_provider")


def _lost(uow: UnitOfWork, house: House, message: Message, code: str, now: datetime) -> None:
    """Send again what got lost for a passing reason, unless somebody else can be asked instead.

    An offer goes on to the next crew at once, and a call has its own tries.
    """
    row = provider_codes.find(code)
    lasting = row is None or row.permanent or message.attempts > row.retries
    if lasting or message.assignment_id is not None or message.purpose == calling_back.RESULT:
        screening.hear_refusal(uow, message, code, now)
        _fail(uow, house, message, code, now)
        return
    again = replace(message, state=MessageState.NEW, provider_id=None, error=code)
    uow.messages.save(replace(again, next_attempt_at=now + AGAIN_AFTER))


def _expire(uow: UnitOfWork, message: Message, now: datetime) -> None:
    uow.messages.save(replace(_without_secret(message), state=MessageState.EXPIRED, next_attempt_at=None))
    uow.messages.note(message.id, now, "expired", {})


def _fail(uow: UnitOfWork, house: House, message: Message, code: str, now: datetime) -> None:
    failed = replace(_without_secret(message), state=MessageState.FAILED, error=code, next_attempt_at=None)
    uow.messages.save(failed)
    if message.case_id is None:
        return
    case = uow.cases.get(message.case_id)
    scribe = _scribe(case, message, now)
    entry = scribe.entry(
        EntryKind.MESSAGE_FAILED,
        assignment_id=message.assignment_id,
        report_id=message.report_id,
        purpose=message.purpose,
        code=code,
    )
    chronicling.record(uow, case, entry)
    if message.assignment_id is not None and message.purpose == "crew_offer":
        _hurry_offer(uow, case, message, now)
    if message.report_id is not None and message.purpose == calling_back.RESULT:
        calling_back.wait(uow, house, case, uow.reports.get(message.report_id), scribe)


def _hurry_offer(uow: UnitOfWork, case: Case, message: Message, now: datetime) -> None:
    """An offer that cannot reach its crew need not wait for its time-out: it is due now."""
    if message.assignment_id is None:
        return
    assignment = uow.assignments.get(message.assignment_id)
    if assignment.state is AssignmentState.OFFERED:
        uow.deadlines.silence([assignment.id], now)
        uow.deadlines.arm([Deadline.of_offer(assignment.id, case.id, due_at=now)])


def _without_secret(message: Message) -> Message:
    if message.secret is None:
        return message
    return replace(message, secret=None, body=message.body.replace(message.secret, message.secret[:4] + "…"))
