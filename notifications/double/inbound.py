"""Texts that people write to the product: posted to its hook, signed, and its answer shown on their phone."""

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from notifications.double import calls
from notifications.double.book import Book, Entry
from notifications.double.config import DoubleConfig
from notifications.inbound import Intent, read_intent

_MAX_MEDIA = 10


class CannotDeliver(ValueError):
    """The text from a person cannot be handed to the product."""


def deliver(config: DoubleConfig, book: Book, wanted: Mapping[str, object]) -> tuple[Entry, calls.Answer]:
    """Post one text `{"from", "body", "media": [url]}` to the product; answer it and what the product said.

    Like the provider, the double hears STOP and START itself and hands them on. Raises `CannotDeliver`.
    """
    if config.inbound_url is None:
        raise CannotDeliver("the double was started without inbound_url")
    person, body, media = wanted.get("from"), wanted.get("body", ""), wanted.get("media", [])
    if not (isinstance(person, str) and person.startswith("+")):
        raise CannotDeliver("from: a number in E.164 is needed")
    if not (isinstance(body, str) and isinstance(media, list)):
        raise CannotDeliver("body: a text is needed, and media: a list of addresses")
    intent = read_intent(body)
    if intent in {Intent.STOP, Intent.START}:
        book.opt(person, out=intent is Intent.STOP)
    entry = book.add(
        direction="inbound", to=config.sender, sender=person, body=body, now=config.clock(), status="received"
    )
    answer = calls.post_form(config.inbound_url, _fields(config, entry, media), config.auth_token)
    for reply in replies(answer.body) if answer.arrived else []:
        book.add(
            direction="outbound-reply",
            to=person,
            sender=config.sender,
            body=reply,
            now=config.clock(),
            status="delivered",
        )
    return entry, answer


def replies(twiml: str) -> list[str]:
    """Answer the bodies of the `<Message>` elements of a TwiML document; none if it is not one."""
    try:
        root = ET.fromstring(twiml)  # noqa: S314  (the product's own answer; expat bounds entities)
    except ET.ParseError:
        return []
    return [text for one in root.iter("Message") if (text := "".join(one.itertext()).strip())]


def _fields(config: DoubleConfig, entry: Entry, media: list[object]) -> dict[str, str]:
    fields = {
        "AccountSid": config.account_sid,
        "ApiVersion": "2010-04-01",
        "Body": entry.body,
        "From": entry.sender,
        "MessageSid": entry.sid,
        "NumMedia": str(len(media[:_MAX_MEDIA])),
        "NumSegments": "1",
        "SmsMessageSid": entry.sid,
        "SmsSid": entry.sid,
        "SmsStatus": "received",
        "To": entry.to,
    }
    for place, url in enumerate(media[:_MAX_MEDIA]):
        fields |= {f"MediaUrl{place}": str(url), f"MediaContentType{place}": "image/jpeg"}
    return fields
