"""STOP and START: heard before anything else, kept with when and how, confirmed where that is ours."""

import unicodedata
from datetime import datetime

from casework import ids
from casework.domain import dialogue
from casework.domain.addressees import Consent, How, Preference, Will
from casework.services import chat_texts, chatting, telling
from casework.services.chatting import Answer, Door
from casework.services.ports import UnitOfWork, UnitsOfWork
from casework.services.runtime import Runtime
from notifications import inbound, purposes
from notifications.inbound import Intent

_WORDS = {Intent.STOP: Will.STOP, Intent.START: Will.START}
_TAKES_BACK = frozenset({"cancel", "end", "quit", "停止"})
"""In a chat these take a report back; only by text do carriers hear STOP in them."""
_LONGEST = 200


def meant(door: Door, text: str) -> Will | None:
    """Answer whether a message is STOP or START, by the words of its channel."""
    will = _WORDS.get(inbound.read_intent(text))
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    if will is Will.STOP and door.channel != telling.SMS and plain in _TAKES_BACK:
        return None
    return will


def hear(
    door: Door,
    message_id: str,
    user: str,
    text: str,
    *,
    runtime: Runtime,
    language: str | None = None,
) -> Answer | None:
    """Take a STOP or START and answer it; None for every other message, and for a START without a STOP.

    By text the provider has answered already and would let nothing through after a STOP.
    """
    will = meant(door, text)
    if will is None:
        return None
    now = runtime.clock()
    spoken = language or dialogue.language_of(text) or runtime.house().language
    body = chat_texts.say("consent_stop" if will is Will.STOP else "consent_start", spoken)
    silent = door.channel == telling.SMS
    replies = () if silent else (body,)
    with runtime.uows() as uow:
        given = uow.talks.answer_of(door.channel, message_id)
        if given is not None:
            return Answer(tuple(given["replies"]), given["code"])
        changed = say(uow, door.channel, user, will, how=How.TEXT, words=text, now=now)
        if will is Will.START and not changed:
            return None
        uow.talks.first_time(door.channel, message_id, user, now, {"text": text})
        answer = {"user": user, "replies": list(replies), "code": None}
        uow.talks.put_answer(door.channel, message_id, answer)
        if not silent and not door.answers_at_once:
            uow.messages.add(chatting.make_text(door.channel, user, spoken, body, now, None))
        uow.commit()
    runtime.bells.ring_all()
    return Answer(replies)


def say(
    uow: UnitOfWork, channel: str, address: str, will: Will, *, how: How, words: str, now: datetime
) -> bool:
    """Keep a word inside a transaction of the caller; answer False where it holds already."""
    consent = Consent(
        id=ids.new(), channel=channel, address=address, at=now, will=will, how=how, words=words[:_LONGEST]
    )
    return uow.addressees.say(consent)


def prefer_quiet(channel: str, address: str, quiet: str | None, *, uows: UnitsOfWork, now: datetime) -> None:
    """Keep when somebody wants quiet, `22:00-07:00`; None lets the house's own hours hold again.

    Raises `ValueError` for hours that cannot be read.
    """
    with uows() as uow:
        if quiet is None:
            uow.addressees.forget_preference(channel, address)
        else:
            hours = purposes.read_quiet_hours(quiet)
            written = f"{hours.start:%H:%M}-{hours.end:%H:%M}"
            uow.addressees.prefer(Preference(channel=channel, address=address, quiet=written, changed_at=now))
        uow.commit()
