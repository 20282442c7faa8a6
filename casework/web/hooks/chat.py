"""Residents' chat: the generic channel answers in JSON, Twilio's form posts in TwiML or by text."""

from collections.abc import Mapping
from xml.sax.saxutils import escape

from flask import Blueprint, Response, jsonify, request

from casework.domain import errors
from casework.domain.dialogue import Said
from casework.services import chatting, crew_texting, telling
from casework.services.chatting import Door, Incoming
from casework.web.hooks import chat_schema, doors
from notifications import addresses, signatures

GENERIC = Door("chat:generic", "chat-generic", answers_at_once=True)
SMS = Door(telling.SMS, "chat-sms", answers_at_once=False)
TWILIO = Door("chat:twilio", "chat-twilio", answers_at_once=True)
_LONGEST_KEY = 190
_MOST_PHOTOS = 10


def hang(hooks: Blueprint) -> None:
    """Add the addresses to the blueprint."""

    @hooks.post("/hooks/chat/generic")
    def chat_generic() -> Response:
        """Take one signed message and answer it at once."""
        incoming = chat_schema.read(request.get_data(), _signed())
        answer = chatting.converse(GENERIC, incoming, runtime=doors.runtime())
        return jsonify(
            replies=[{"text": text} for text in answer.replies],
            case={"code": answer.code} if answer.code else None,
        )

    @hooks.post("/hooks/chat/twilio")
    @hooks.post("/hooks/twilio/sms")
    def chat_twilio() -> Response:
        """Take a text or a chat message that the provider passes on."""
        return _twiml(_take(doors.twilio_form()))

    @hooks.post("/hooks/twilio/voice")
    def voice() -> Response:
        """Tell a caller that this number reads and does not listen."""
        doors.twilio_form()
        return _xml(
            '<Say language="zh-CN">本号码只收短信。紧急情况请拨打110、119或120。</Say>'
            '<Say language="en-US">This number takes texts only. In danger call 110, 119 or 120.</Say>'
            "<Hangup/>"
        )


def _signed() -> str:
    """Answer the id of a truly signed message; raise `Unauthorised` for any other."""
    house = doors.runtime()
    try:
        return signatures.verify_standard_webhook(
            house.settings.chat_secrets, dict(request.headers), request.get_data(), now=house.clock()
        )
    except signatures.BadSignature as error:
        raise errors.Unauthorised(str(error)) from error
    except ValueError as error:
        raise errors.Unauthorised("the message cannot be checked") from error


def _take(fields: Mapping[str, str]) -> tuple[str, ...]:
    """Hear one message of Twilio's; answer what is to be said in the answer itself."""
    message_id = _clean(fields.get("MessageSid") or fields.get("SmsMessageSid"), _LONGEST_KEY)
    sender = _clean(fields.get("From"), _LONGEST_KEY)
    if not message_id or not sender:
        raise errors.InvalidInput({"MessageSid": ["and From must say which message this is, and whose"]})
    house = doors.runtime()
    text = _clean(fields.get("Body"), 10_000)
    if ":" in sender:  # whatsapp:+86..., messenger:...: a chat, answered in the answer
        return chatting.converse(TWILIO, _incoming(message_id, sender, text, fields), runtime=house).replies
    try:
        sender = addresses.normalise(sender)
    except addresses.UnusableNumber as error:
        raise errors.InvalidInput({"From": [str(error)]}) from error
    with house.uows(reading=True) as uow:
        crew = uow.crews.find_by_phone(sender)
    if crew is None or not crew_texting.take(crew, message_id, text, runtime=house):
        chatting.converse(SMS, _incoming(message_id, sender, text, fields), runtime=house)
    return ()


def _incoming(message_id: str, sender: str, text: str, fields: Mapping[str, str]) -> Incoming:
    lat, lon = _degrees(fields.get("Latitude"), 90), _degrees(fields.get("Longitude"), 180)
    whole = lat is not None and lon is not None
    photos = (_clean(fields.get(f"MediaUrl{number}"), 2000) for number in range(_MOST_PHOTOS))
    return Incoming(
        id=message_id,
        user=sender,
        said=Said(
            text=text,
            photos=tuple(photo for photo in photos if photo.startswith("https://")),
            lat=lat if whole else None,
            lon=lon if whole else None,
            address=_clean(fields.get("Address"), 500) or None,
        ),
        name=_clean(fields.get("ProfileName"), 100) or None,
    )


def _degrees(written: str | None, most: float) -> float | None:
    try:
        value = float(written or "")
    except ValueError:
        return None
    return value if -most <= value <= most else None


def _clean(value: str | None, longest: int) -> str:
    """Leave out of a form's text what no database can hold."""
    return (value or "").replace("\0", "").encode(errors="replace").decode()[:longest].strip()


def _twiml(replies: tuple[str, ...]) -> Response:
    return _xml("".join(f"<Message>{escape(text)}</Message>" for text in replies))


def _xml(inside: str) -> Response:
    body = f"<Response>{inside}</Response>" if inside else "<Response/>"
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>{body}', content_type="text/xml; charset=utf-8")
