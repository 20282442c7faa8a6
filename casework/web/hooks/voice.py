"""Calls: what a callback asks on the telephone, the keys that are pressed, and callers who should write."""

import re
from xml.sax.saxutils import escape

from flask import Blueprint, Response, request

from casework.domain import errors
from casework.ids import MessageId
from casework.services import calling, chat_texts
from casework.services.calling import Spoken
from casework.web.hooks import doors

_ID = re.compile(r"[0-9a-f-]{36}")
_VOICES = {"zh": "zh-CN", "en": "en-US"}
_WAIT_S = 8
_MOST_TRIES = 3
_LONGEST_ID = 64


def hang(hooks: Blueprint) -> None:
    """Add the addresses to the blueprint."""

    @hooks.post("/hooks/twilio/voice")
    def texts_only() -> Response:
        """Tell a caller that this number reads and does not listen."""
        doors.twilio_form()
        said = "".join(_say(chat_texts.say("voice_texts_only", one), one) for one in _VOICES)
        return doors.twiml(f"{said}<Hangup/>")

    @hooks.post("/hooks/twilio/voice/ask")
    def ask() -> Response:
        """Ask what a callback call is for."""
        doors.twilio_form()
        message_id = _message_id()
        return _spoken(message_id, calling.ask(message_id, runtime=doors.runtime()), tried=0)

    @hooks.post("/hooks/twilio/voice/keys")
    def keys() -> Response:
        """Take the key that was pressed, or none; three times in all."""
        fields = doors.twilio_form()
        message_id = _message_id()
        digit = fields.get("Digits", "")[:1]
        call_id = fields.get("CallSid", "")[:_LONGEST_ID]
        said = calling.press(message_id, digit, call_id, runtime=doors.runtime())
        return _spoken(message_id, said, tried=request.args.get("tried", _MOST_TRIES, type=int))


def _message_id() -> MessageId:
    written = request.args.get("message", "")
    if not _ID.fullmatch(written):
        raise errors.InvalidInput({"message": ["must be the id of a call of ours"]})
    return MessageId(written)


def _spoken(message_id: MessageId, said: Spoken, *, tried: int) -> Response:
    words = _say(said.words, said.language)
    if not said.asks:
        return doors.twiml(f"{words}<Hangup/>")
    if not 0 <= tried < _MOST_TRIES:
        return doors.twiml(_say(chat_texts.say("voice_silent", said.language), said.language) + "<Hangup/>")
    base = doors.runtime().settings.public_url
    action = escape(f"{base}/hooks/twilio/voice/keys?message={message_id}&tried={tried + 1}")
    # `actionOnEmptyResult`: silence comes to the same address, so that the question is asked again there.
    return doors.twiml(
        f'<Gather numDigits="1" timeout="{_WAIT_S}" actionOnEmptyResult="true" method="POST" '
        f'action="{action}">{words}</Gather>'
    )


def _say(words: str, language: str) -> str:
    return f'<Say language="{_VOICES.get(language, "zh-CN")}">{escape(words)}</Say>'
