"""Residents' chat: the generic channel answers in JSON, Twilio's form posts in TwiML or by text."""

from collections.abc import Mapping
from xml.sax.saxutils import escape

from flask import Blueprint, Response, jsonify, request

from casework.domain import errors
from casework.domain.dialogue import Said
from casework.services import chatting, consenting, crew_texting, telling
from casework.services.chatting import Door, Incoming
from casework.web.hooks import chat_schema, doors
from notifications import addresses, signatures

GENERIC = Door("chat:generic", "chat-generic", answers_at_once=True)
SMS = Door(telling.SMS, "chat-sms", answers_at_once=False)
TWILIO = Door("chat:twilio", "chat-twilio", answers_at_once=True)
_MOST_PHOTOS = 10


def hang(hooks: Blueprint) -> None:
    """Add the addresses to the blueprint."""

    @hooks.post("/hooks/chat/generic")
    def chat_generic() -> Response:
        """Take one signed message and answer it at once."""
        incoming = chat_schema.read(request.get_data(), _signed())
        answer = doors.hear(GENERIC, incoming)
        return jsonify(
            replies=[{"text": text} for text in answer.replies],
            case={"code": answer.code} if answer.code else None,
        )

    @hooks.post("/hooks/chat/twilio")
    @hooks.post("/hooks/twilio/sms")
    def chat_twilio() -> Response:
        """Take a text or a chat message that the provider passes on."""
        return _twiml(_take(doors.twilio_form()))


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
    message_id = doors.clean(fields.get("MessageSid") or fields.get("SmsMessageSid"), doors.LONGEST_KEY)
    sender = doors.clean(fields.get("From"), doors.LONGEST_KEY)
    if not message_id or not sender:
        raise errors.InvalidInput({"MessageSid": ["and From must say which message this is, and whose"]})
    text = doors.clean(fields.get("Body"), 10_000)
    if ":" in sender:  # whatsapp:+86..., messenger:...: a chat, answered in the answer
        return doors.hear(TWILIO, _incoming(message_id, sender, text, fields)).replies
    # The provider says itself what it took for STOP or START, in whatever language it was set up.
    text = fields.get("OptOutType", "").strip() or text
    try:
        sender = addresses.normalise(sender)
    except addresses.UnusableNumber as error:
        raise errors.InvalidInput({"From": [str(error)]}) from error
    hear_text(_incoming(message_id, sender, text, fields))
    return ()


def hear_text(incoming: Incoming) -> None:
    """Hear one text message of a normalised number: STOP first, then a crew's word, then a resident's."""
    house = doors.runtime()
    text = incoming.said.text
    if consenting.hear(SMS, incoming.id, incoming.user, text, runtime=house) is not None:
        return
    with house.uows(reading=True) as uow:
        crew = uow.crews.find_by_phone(incoming.user)
    if crew is None or not crew_texting.take(crew, incoming.id, text, runtime=house):
        chatting.converse(SMS, incoming, runtime=house)


def _incoming(message_id: str, sender: str, text: str, fields: Mapping[str, str]) -> Incoming:
    lat, lon = doors.degrees(fields.get("Latitude"), 90), doors.degrees(fields.get("Longitude"), 180)
    whole = lat is not None and lon is not None
    photos = (doors.clean(fields.get(f"MediaUrl{number}"), 2000) for number in range(_MOST_PHOTOS))
    return Incoming(
        id=message_id,
        user=sender,
        said=Said(
            text=text,
            photos=tuple(photo for photo in photos if photo.startswith("https://")),
            lat=lat if whole else None,
            lon=lon if whole else None,
            address=doors.clean(fields.get("Address"), 500) or None,
        ),
        name=doors.clean(fields.get("ProfileName"), 100) or None,
    )


def _twiml(replies: tuple[str, ...]) -> Response:
    return doors.twiml("".join(f"<Message>{escape(text)}</Message>" for text in replies))
