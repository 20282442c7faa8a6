"""Telegram: each update once, answered through the outbox."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from casework.domain.dialogue import Said
from casework.services.chatting import Door, Incoming
from casework.web.hooks import doors
from notifications import vendor_crypto

DOOR = Door("chat:telegram", "chat-telegram", answers_at_once=False)
_SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  (a header's name)


def hang(hooks: Blueprint) -> None:
    """Add the address to the blueprint."""

    @hooks.post("/hooks/chat/telegram")
    def chat_telegram() -> Response:
        """Take one update; what is no message of a person is thanked for and left."""
        with doors.only_the_vendor():
            secret = doors.runtime().settings.telegram_hook_secret
            vendor_crypto.verify_telegram(secret or "", request.headers.get(_SECRET))
        incoming = read(doors.json_object())
        if incoming is not None:
            doors.hear(DOOR, incoming)
        return Response(status=204)


def read(update: Mapping[str, Any]) -> Incoming | None:
    """Read an update; None for one that holds no message of a person (an edit, a poll, another bot)."""
    message = doors.inner(update, "message")
    chat, sender = doors.inner(message, "chat"), doors.inner(message, "from")
    number, user = update.get("update_id"), chat.get("id")
    if not isinstance(number, int) or not isinstance(user, int) or sender.get("is_bot"):
        return None
    venue = doors.inner(message, "venue")
    place = doors.inner(message, "location") or doors.inner(venue, "location")
    lat, lon = doors.degrees(place.get("latitude"), 90), doors.degrees(place.get("longitude"), 180)
    whole = lat is not None and lon is not None
    language = doors.clean(sender.get("language_code"), 8)[:2]
    return Incoming(
        id=str(number)[: doors.LONGEST_KEY],
        user=str(user)[: doors.LONGEST_KEY],
        said=Said(
            text=doors.clean(message.get("text") or message.get("caption")),
            photos=_files(message),
            lat=lat if whole else None,
            lon=lon if whole else None,
            address=doors.clean(venue.get("address"), 500) or None,
        ),
        language=language if language in {"zh", "en"} else None,
        name=doors.clean(sender.get("first_name"), 100) or None,
    )


def _files(message: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the largest size of the photo, and the voice note, by the ids that the bot may fetch."""
    sizes = message.get("photo")
    largest = sizes[-1] if isinstance(sizes, list) and sizes and isinstance(sizes[-1], dict) else {}
    found = (largest, doors.inner(message, "voice"), doors.inner(message, "document"))
    ids = (doors.clean(one.get("file_id"), 500) for one in found)
    return tuple(f"telegram-file:{one}" for one in ids if one)
