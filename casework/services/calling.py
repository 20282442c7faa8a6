"""The callback call: what is asked on the telephone, and what the pressed key means."""

from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from casework.domain import errors
from casework.domain.messages import WAITING, Message, MessageState
from casework.domain.timeline import Scribe
from casework.ids import MessageId
from casework.services import chat_texts, closing, relaying, telling
from casework.services.house import House
from casework.services.ports import UnitOfWork
from casework.services.runtime import Runtime
from notifications.channel import Accepted

log = structlog.get_logger(__name__)

YES, NO = "1", "2"
_PROVIDER = "twilio_voice"


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is said, and in which language; `asks` tells whether a key is waited for."""

    words: str
    language: str
    asks: bool = False


def ask(message_id: MessageId, *, runtime: Runtime) -> Spoken:
    """Answer what a call says first; raises `NotFound` for what is no call of ours."""
    with runtime.uows(reading=True) as uow:
        message = _call(uow, message_id)
    return Spoken(message.body, message.language, asks=True)


def press(message_id: MessageId, digit: str, call_id: str, *, runtime: Runtime) -> Spoken:
    """Take the key that somebody pressed: 1 is fixed, 2 is not; any other key is asked again.

    A key proves that a person has heard the question, which nothing else about a call does.
    """
    now = runtime.clock()
    with runtime.uows() as uow:
        message = _call(uow, message_id)
        if digit not in {YES, NO}:
            return Spoken(message.body, message.language, asks=True)
        key = _answer(uow, runtime.house(), message, call_id, now, fixed=digit == YES)
        uow.commit()
    runtime.bells.ring_all()
    log.info("call_answered", message_id=message_id, answer=key)
    return Spoken(chat_texts.say(key, message.language), message.language)


def _call(uow: UnitOfWork, message_id: MessageId) -> Message:
    message = uow.messages.get(message_id)
    if message.channel != telling.VOICE or message.case_id is None:
        raise errors.NotFound
    return message


def _answer(
    uow: UnitOfWork, house: House, message: Message, call_id: str, now: datetime, *, fixed: bool
) -> str:
    if message.case_id is None or message.report_id is None:
        return "voice_over"
    case = uow.cases.lock(message.case_id)
    held = uow.messages.lock(message.id)
    if held.state in WAITING:  # the answer to our own call to the provider is still under way, or was lost
        relaying.mark_sent(uow, house, held, Accepted(call_id, 1, _PROVIDER), now)
        held = uow.messages.lock(message.id)
    report = uow.reports.get(message.report_id)
    if held.state is MessageState.SENT:
        uow.messages.save(replace(held, state=MessageState.DELIVERED, delivered_at=now))
        uow.messages.note(held.id, now, "key_pressed", {"fixed": fixed})
        scribe = Scribe(case.id, now, "reporter", f"message:{message.id}")
        relaying.after_delivered(uow, case, held, scribe)
    if report.confirmed is not None:
        return "voice_over"
    try:
        closing.answer_fixed_in(uow, house, case, report, fixed=fixed, now=now)
    except errors.Conflict:
        return "voice_over"
    return "voice_yes" if fixed else "voice_no"
