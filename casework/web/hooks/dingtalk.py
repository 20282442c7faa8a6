"""DingTalk: messages to the robot, signed or in an encrypted envelope, answered through the outbox."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request

from casework.domain import errors
from casework.domain.dialogue import Said
from casework.services.chatting import Door, Incoming
from casework.web.hooks import doors
from notifications import vendor_crypto
from notifications.signatures import BadSignature
from notifications.vendor_crypto import Envelope

DOOR = Door("chat:dingtalk", "chat-dingtalk", answers_at_once=False)
_MILLISECONDS = 1_000


def hang(hooks: Blueprint) -> None:
    """Add the address to the blueprint."""

    @hooks.post("/hooks/chat/dingtalk")
    def chat_dingtalk() -> Response:
        """Take one message; an envelope is answered with an envelope, as DingTalk demands."""
        document = doors.json_object()
        if "encrypt" in document:
            return _enveloped(document)
        house = doors.runtime()
        with doors.only_the_vendor():
            vendor_crypto.verify_dingtalk(
                house.settings.dingtalk_app_secret or "",
                request.headers.get("timestamp"),
                request.headers.get("sign"),
                now=house.clock(),
            )
        _hear(document)
        return jsonify({})


def _enveloped(document: Mapping[str, Any]) -> Response:
    house = doors.runtime()
    timestamp, nonce = request.args.get("timestamp"), request.args.get("nonce")
    signature = request.args.get("signature") or request.args.get("msg_signature")
    with doors.only_the_vendor():
        envelope = _envelope()
        envelope.check_time(timestamp, now=house.clock(), per_second=_MILLISECONDS)
        plain = envelope.open(signature, timestamp, nonce, str(document["encrypt"]))
    try:
        inside = json.loads(plain)
    except ValueError as error:
        raise errors.MalformedBody("the envelope holds no JSON") from error
    if isinstance(inside, dict):
        _hear(inside)  # the check of the address has no message in it, and nothing is heard
    now_ms = str(int(house.clock().timestamp() * _MILLISECONDS))
    sealed, signed = envelope.seal("success", now_ms, nonce or "")
    return jsonify(msg_signature=signed, timeStamp=now_ms, nonce=nonce or "", encrypt=sealed)


def _envelope() -> Envelope:
    settings = doors.runtime().settings
    if not settings.dingtalk_token or not settings.dingtalk_aes_key:
        raise BadSignature("no token and key of DingTalk are set up, so no envelope can be opened")
    return Envelope(settings.dingtalk_token, settings.dingtalk_aes_key, settings.dingtalk_app_key or "")


def _hear(document: Mapping[str, Any]) -> None:
    incoming = read(document)
    if incoming is not None:
        doors.hear(DOOR, incoming)


def read(document: Mapping[str, Any]) -> Incoming | None:
    """Read a robot's message; None where it is no message of a person."""
    message_id = doors.clean(document.get("msgId"), doors.LONGEST_KEY)
    user = doors.clean(document.get("senderStaffId") or document.get("senderId"), doors.LONGEST_KEY)
    if not message_id or not user:
        return None
    content = doors.inner(document, "content")
    text = doors.inner(document, "text").get("content") or content.get("recognition")
    rich = content.get("richText")
    if not text and isinstance(rich, list):
        text = " ".join(str(part.get("text", "")) for part in rich if isinstance(part, dict))
    file = doors.clean(content.get("downloadCode"), 500)
    return Incoming(
        id=message_id,
        user=user,
        said=Said(text=doors.clean(text), photos=(f"dingtalk-file:{file}",) if file else ()),
        name=doors.clean(document.get("senderNick"), 100) or None,
    )
