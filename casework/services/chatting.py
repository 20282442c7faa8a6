"""Talking with residents: one message in, what it asks for done, the replies out.

A report is written into the inbox before anything else, under the message's own id; everything else happens
in one transaction that also keeps the replies. So a message that is delivered twice, or again after a crash,
opens nothing twice and is answered in the same words.
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from casework import ids
from casework.domain import dialogue, errors
from casework.domain.cases import Case, CaseStatus
from casework.domain.dialogue import Known, Said, Talk
from casework.domain.messages import Message
from casework.domain.reports import Report
from casework.domain.timeline import EntryKind, Scribe
from casework.ids import CaseId, MessageId
from casework.services import chat_texts, chronicling, closing, filing, relaying, telling, triage
from casework.services.ports import UnitOfWork
from casework.services.runtime import Runtime
from notifications import segments

log = structlog.get_logger(__name__)

_SHOWN_CASES = 3
_PATIENCE = 40
_PAUSE_S = 0.05
_DONE = frozenset({CaseStatus.RESOLVED, CaseStatus.VERIFIED})
_TAKEN_BACK = frozenset({CaseStatus.COLLECTED, CaseStatus.FILED})


@dataclass(frozen=True, slots=True)
class Door:
    """One way in: the channel of its people, the source of its reports, and how replies go back.

    With `answers_at_once` what waits in the outbox for somebody goes into the answer to their next message;
    otherwise replies are texts like any other.
    """

    channel: str
    source: str
    answers_at_once: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A message with who sent it; `user` is the channel's own key of the person."""

    id: str
    user: str
    said: Said
    language: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person reads, and the public code of the case that it is about."""

    replies: tuple[str, ...]
    code: str | None = None


@dataclass(frozen=True, slots=True)
class _Hearing:
    """One message being answered; `waiting` are the cases of which the person has texts to come."""

    door: Door
    incoming: Incoming
    language: str
    now: datetime
    runtime: Runtime
    waiting: frozenset[CaseId]


def converse(door: Door, incoming: Incoming, *, runtime: Runtime) -> Answer:
    """Do what a message asks for and answer it; the same message again gets the same answer.

    Raises `InvalidInput` for a report that the inbox does not take, `Conflict` for another person's id.
    """
    now = runtime.clock()
    with runtime.uows() as uow:
        answered = _first_look(uow, door, incoming, now)
        if answered is not None:
            return answered
        before = dialogue.read(uow.talks.state(door.channel, incoming.user))
        known = _known(uow, door, incoming.user)
        waiting = _waiting_cases(uow, door, incoming.user)
        uow.commit()
    talk, effects = dialogue.hear(before, incoming.said, known, now)
    language = incoming.language or talk.language or runtime.house().language
    hearing = _Hearing(door, incoming, language, now, runtime, waiting)
    opened = [effect for effect in effects if isinstance(effect, dialogue.OpenReport)]
    case = _open(hearing, opened[0].said) if opened else None
    return _settle(hearing, replace(talk, language=language), effects, case)


def _first_look(uow: UnitOfWork, door: Door, incoming: Incoming, now: datetime) -> Answer | None:
    """Write the message down; answer what was answered before where it is known already."""
    body = {"text": incoming.said.text, "photos": len(incoming.said.photos)}
    if uow.talks.first_time(door.channel, incoming.id, incoming.user, now, body):
        return None
    return _given(uow, door, incoming)


def _given(uow: UnitOfWork, door: Door, incoming: Incoming) -> Answer | None:
    given = uow.talks.answer_of(door.channel, incoming.id)
    if given is None:
        return None
    if given["user"] != incoming.user:
        raise errors.Conflict("another person's message has this id")
    return Answer(tuple(given["replies"]), given["code"])


def _known(uow: UnitOfWork, door: Door, user: str) -> Known:
    latest = uow.reports.latest_of(door.channel, user)
    if latest is None:
        return Known()
    case = uow.cases.get(latest.case_id)
    # Who is answered at once has not read the question before it was handed over.
    asked = latest.reached_at is not None or not door.answers_at_once
    return Known(
        asked_if_fixed=asked and case.status in _DONE and latest.confirmed is None,
        placeless=case.status is CaseStatus.COLLECTED and not case.has_place,
    )


def _waiting_cases(uow: UnitOfWork, door: Door, user: str) -> frozenset[CaseId]:
    if not door.answers_at_once:
        return frozenset()
    waiting = uow.messages.collect(door.channel, user)
    return frozenset(message.case_id for message in waiting if message.case_id is not None)


def _open(hearing: _Hearing, said: Said) -> Case | None:
    """Put the report into the inbox like any event and judge it at once; None while a worker holds it."""
    runtime, door, incoming = hearing.runtime, hearing.door, hearing.incoming
    reporter: dict[str, str | None] = {
        "channel": door.channel,
        "language": hearing.language,
        "name": incoming.name,
        "phone" if door.channel == telling.SMS else "address": incoming.user,
    }
    data = {
        "text": said.text.strip(),
        "lat": said.lat,
        "lon": said.lon,
        "address": said.address,
        "media": list(said.photos),
        "reporter": reporter,
    }
    raw = {
        "specversion": "1.0",
        "id": incoming.id,
        "source": door.source,
        "type": "report",
        "data": {name: value for name, value in data.items() if value not in (None, [])},
    }
    runtime.inbox.put([runtime.read(raw, door.source)], [])
    return _judged(hearing)


def _judged(hearing: _Hearing) -> Case | None:
    runtime = hearing.runtime
    for _ in range(_PATIENCE):
        try:
            case = triage.judge_now(
                hearing.door.source,
                hearing.incoming.id,
                uows=runtime.uows,
                house=runtime.house(),
                clock=runtime.clock,
            )
        except (errors.CaseworkError, LookupError, ValueError, TypeError):
            # The event is safe in the inbox: the worker tries it again, and sets it aside visibly at last.
            log.exception("chat_report_not_judged", source=hearing.door.source, event_id=hearing.incoming.id)
            return None
        if case is not None:
            return case
        with runtime.uows(reading=True) as uow:
            event = uow.events.find(hearing.door.source, hearing.incoming.id)
        if event is None or event.state != "new":
            return None
        threading.Event().wait(_PAUSE_S)  # a worker holds it at this moment
    return None


def _settle(hearing: _Hearing, talk: Talk, effects: Sequence[dialogue.Effect], opened: Case | None) -> Answer:
    """Do the rest and keep the answer, in one transaction."""
    door, incoming = hearing.door, hearing.incoming
    with hearing.runtime.uows() as uow:
        uow.talks.put_state(door.channel, incoming.user, dialogue.written(talk), hearing.now)
        answered = _given(uow, door, incoming)
        if answered is not None:  # the same message, delivered twice at the same moment
            return answered
        locked = _lock(uow, hearing, opened)
        own: list[str] = []
        first: list[str] = []
        for effect in effects:
            words = _carry_out(uow, hearing, effect, opened)
            (first if effect == dialogue.Say(dialogue.Words.EMERGENCY) else own).extend(words)
        case = opened or _latest_case(uow, hearing)
        replies = _deliver(uow, hearing, first, own, locked, opened)
        code = case.public_code if case is not None else None
        answer = {"user": incoming.user, "replies": list(replies), "code": code}
        uow.talks.put_answer(door.channel, incoming.id, answer)
        uow.commit()
    hearing.runtime.bells.ring_all()
    return Answer(replies, code)


def _lock(uow: UnitOfWork, hearing: _Hearing, opened: Case | None) -> frozenset[CaseId]:
    """Lock every case that this answer may touch, in the order of their ids, before any of their rows."""
    door, user = hearing.door, hearing.incoming.user
    touched = {report.case_id for report in uow.reports.recent_of(door.channel, user, _SHOWN_CASES)}
    touched |= hearing.waiting | ({opened.id} if opened is not None else set())
    for case_id in sorted(touched):
        uow.cases.lock(case_id)
    return frozenset(touched)


def _latest(uow: UnitOfWork, hearing: _Hearing) -> tuple[Report, Case] | None:
    report = uow.reports.latest_of(hearing.door.channel, hearing.incoming.user)
    return None if report is None else (report, uow.cases.get(report.case_id))


def _latest_case(uow: UnitOfWork, hearing: _Hearing) -> Case | None:
    latest = _latest(uow, hearing)
    return None if latest is None else latest[1]


def _carry_out(uow: UnitOfWork, hearing: _Hearing, effect: dialogue.Effect, opened: Case | None) -> list[str]:
    """Do one thing; answer what the bot itself says about it."""
    match effect:
        case dialogue.Say(words):
            return [_say(hearing, words.value)]
        case dialogue.OpenReport():
            return [] if opened is not None else [_say(hearing, "received")]
        case dialogue.TellProgress(code):
            return _progress(uow, hearing, code)
        case dialogue.GivePlace(said):
            return _give_place(uow, hearing, said)
        case dialogue.AnswerFixed(fixed):
            return _answer_fixed(uow, hearing, fixed=fixed)
        case dialogue.Withdraw():
            return _withdraw(uow, hearing)


def _say(hearing: _Hearing, key: str, **values: str) -> str:
    return chat_texts.say(key, hearing.language, **values)


def _progress(uow: UnitOfWork, hearing: _Hearing, code: str | None) -> list[str]:
    if code is not None:
        named = uow.cases.find_by_code(code)
        return [_standing(hearing, named) if named else _say(hearing, "unknown_case", code=code)]
    reports = uow.reports.recent_of(hearing.door.channel, hearing.incoming.user, _SHOWN_CASES)
    cases = [uow.cases.get(case_id) for case_id in dict.fromkeys(report.case_id for report in reports)]
    return [_standing(hearing, case) for case in cases] or [_say(hearing, "nothing_open")]


def _standing(hearing: _Hearing, case: Case) -> str:
    house = hearing.runtime.house()
    return _say(
        hearing,
        "progress",
        code=case.public_code,
        category=telling.category_title(house, case.category, hearing.language),
        status=chat_texts.STATUS[case.status.value][hearing.language],
        link=f"{house.public_url}/r/{case.public_code}",
    )


def _scribe(hearing: _Hearing, case: Case) -> Scribe:
    return Scribe(case.id, hearing.now, "reporter", f"message:{hearing.door.channel}/{hearing.incoming.id}")


def _give_place(uow: UnitOfWork, hearing: _Hearing, said: Said) -> list[str]:
    case = _latest_case(uow, hearing)
    if case is None:
        return [_say(hearing, "nothing_open")]
    words = said.address or said.text.strip() or None
    scribe = _scribe(hearing, case)
    if case.status is not CaseStatus.COLLECTED:
        chronicling.record(
            uow, case, scribe.entry(EntryKind.NOTE_ADDED, text=words, lat=said.lat, lon=said.lon)
        )
    elif said.lat is not None and said.lon is not None:
        filing.file_at(uow, hearing.runtime.house(), case, (said.lat, said.lon), scribe, words)
    else:
        named = uow.cases.save(replace(case, address=words, changed_at=hearing.now))
        chronicling.record(uow, named, scribe.entry(EntryKind.PLACE_CHANGED, address=words))
        return [_say(hearing, "placed_in_words")]
    return [_say(hearing, "placed")]


def _answer_fixed(uow: UnitOfWork, hearing: _Hearing, *, fixed: bool) -> list[str]:
    latest = _latest(uow, hearing)
    if latest is None or latest[1].status not in _DONE:
        return _progress(uow, hearing, None)
    report, case = latest
    closing.answer_fixed_in(uow, hearing.runtime.house(), case, report, fixed=fixed, now=hearing.now)
    return [_say(hearing, "fixed")] if fixed else []  # "no" is answered by the reopened case's own text


def _withdraw(uow: UnitOfWork, hearing: _Hearing) -> list[str]:
    case = _latest_case(uow, hearing)
    if case is None or case.status is CaseStatus.VOIDED:
        return [_say(hearing, "nothing_open")]
    if case.status not in _TAKEN_BACK or case.reporters > 1:
        return [_say(hearing, "too_late", code=case.public_code)]
    closing.void_in(uow, hearing.runtime.house(), case, _scribe(hearing, case), "the reporter took it back")
    return [_say(hearing, "withdrawn", code=case.public_code)]


def _deliver(
    uow: UnitOfWork,
    hearing: _Hearing,
    first: Iterable[str],
    own: Iterable[str],
    locked: frozenset[CaseId],
    opened: Case | None,
) -> tuple[str, ...]:
    """Bring the replies on their way: danger first, then what waited for the person, then our own words."""
    door, incoming = hearing.door, hearing.incoming
    if not door.answers_at_once:
        replies = (*first, *own)
        for body in replies:
            uow.messages.add(
                make_text(door.channel, incoming.user, hearing.language, body, hearing.now, opened)
            )
        return replies
    waiting = [
        message
        for message in uow.messages.collect(door.channel, incoming.user)
        if message.case_id is None or message.case_id in locked
    ]
    handed = relaying.hand_over(uow, hearing.runtime.house(), waiting, hearing.now)
    if opened is not None and not any(message.case_id == opened.id for message in waiting):
        link = f"{hearing.runtime.house().public_url}/r/{opened.public_code}"
        handed.append(_say(hearing, "received_case", code=opened.public_code, link=link))
    return (*first, *handed, *own)


def make_text(
    channel: str, address: str, language: str, body: str, now: datetime, case: Case | None
) -> Message:
    """Make an outbox row of the bot's own words."""
    return Message(
        id=MessageId(ids.new()),
        case_id=case.id if case is not None else None,
        purpose="chat_reply",
        channel=channel,
        address=address,
        language=language,
        body=body,
        segments=segments.count(body).segments,
        created_at=now,
        next_attempt_at=now,
    )
