"""WeCom: messages to the application in encrypted envelopes, answered through the outbox."""

from xml.etree.ElementTree import Element

import defusedxml
from defusedxml import ElementTree
from flask import Blueprint, Response, request

from casework.domain import errors
from casework.domain.dialogue import Said
from casework.services.chatting import Door, Incoming
from casework.web.hooks import doors
from notifications import datum
from notifications.signatures import BadSignature
from notifications.vendor_crypto import Envelope

DOOR = Door("chat:wecom", "chat-wecom", answers_at_once=False)


def hang(hooks: Blueprint) -> None:
    """Add the addresses to the blueprint."""

    @hooks.get("/hooks/chat/wecom")
    def prove_address() -> Response:
        """Prove to WeCom that this address is ours: it wants its own words back, in the clear."""
        return Response(_opened(request.args.get("echostr", "")), content_type="text/plain; charset=utf-8")

    @hooks.post("/hooks/chat/wecom")
    def chat_wecom() -> Response:
        """Take one message; an event (somebody came or went) is thanked for and left."""
        sealed = _words(_parsed(request.get_data()), "Encrypt", 60_000)
        incoming = read(_parsed(_opened(sealed).encode()))
        if incoming is not None:
            doors.hear(DOOR, incoming)
        return Response("", content_type="text/plain; charset=utf-8")


def _opened(cipher_text: str) -> str:
    house = doors.runtime()
    settings = house.settings
    with doors.only_the_vendor():
        if not settings.wecom_token or not settings.wecom_aes_key:
            raise BadSignature("no token and key of WeCom are set up, so no envelope can be opened")
        envelope = Envelope(settings.wecom_token, settings.wecom_aes_key, settings.wecom_corporation or "")
        timestamp = request.args.get("timestamp")
        envelope.check_time(timestamp, now=house.clock())
        return envelope.open(
            request.args.get("msg_signature"), timestamp, request.args.get("nonce"), cipher_text
        )


def _parsed(body: bytes) -> Element:
    try:
        read: Element = ElementTree.fromstring(body, forbid_dtd=True)
    except (ElementTree.ParseError, defusedxml.DefusedXmlException, ValueError) as error:
        raise errors.MalformedBody("the body is not XML of WeCom's kind") from error
    return read


def _words(element: Element, name: str, longest: int = doors.LONGEST_TEXT) -> str:
    return doors.clean(element.findtext(name), longest)


def read(message: Element) -> Incoming | None:
    """Read a message; None for an event, which has no id."""
    message_id = _words(message, "MsgId", doors.LONGEST_KEY)
    user = _words(message, "FromUserName", doors.LONGEST_KEY)
    if not message_id or not user:
        return None
    lat, lon = (
        doors.degrees(_words(message, "Location_X"), 90),
        doors.degrees(_words(message, "Location_Y"), 180),
    )
    # WeCom gives positions on the Chinese datum.
    place = datum.gcj02_to_wgs84(lat, lon) if lat is not None and lon is not None else (None, None)
    return Incoming(
        id=message_id,
        user=user,
        said=Said(
            text=_words(message, "Content") or _words(message, "Recognition"),
            photos=_files(message),
            lat=place[0],
            lon=place[1],
            address=_words(message, "Label", 500) or None,
        ),
    )


def _files(message: Element) -> tuple[str, ...]:
    picture, file = _words(message, "PicUrl", 2000), _words(message, "MediaId", 500)
    if picture.startswith(("https://", "http://")):
        return (picture,)
    return (f"wecom-file:{file}",) if file else ()
