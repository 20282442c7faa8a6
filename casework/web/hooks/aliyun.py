"""Aliyun's calls: what became of texts, and texts that people write. They carry no signature.

So the address holds a key of ours, which is compared in constant time; it must be kept like a password.
https://help.aliyun.com/zh/sms/developer-reference/configure-delivery-receipts-1
"""

import hmac
import re
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request

from casework.domain import errors
from casework.domain.dialogue import Said
from casework.ids import MessageId
from casework.services import relaying
from casework.services.chatting import Incoming
from casework.web.hooks import chat, doors
from notifications import addresses

_ID = re.compile(r"[0-9a-f-]{36}")
_MOST = 500
_LONGEST_ID, _LONGEST_WORD = 64, 60


def hang(hooks: Blueprint) -> None:
    """Add the addresses to the blueprint."""

    @hooks.post("/hooks/aliyun/report")
    def take_reports() -> Response:
        """Keep what became of some texts; what is not ours is left."""
        for row in _rows():
            _take_report(row)
        doors.runtime().bells.sweep.set()
        return jsonify(code=0, msg="ok")

    @hooks.post("/hooks/aliyun/sms")
    def take_texts() -> Response:
        """Hear texts that people have written."""
        for row in _rows():
            _take_text(row)
        return jsonify(code=0, msg="ok")


def _rows() -> Iterator[Mapping[str, Any]]:
    key = doors.runtime().settings.aliyun_hook_key or ""
    given = request.args.get("key", "")
    if not key or not hmac.compare_digest(given.encode("utf-8", "surrogatepass"), key.encode()):
        raise errors.Forbidden("the address does not hold the key that was set up")
    rows = doors.json_body()
    if not isinstance(rows, list) or len(rows) > _MOST:
        raise errors.MalformedBody(f"the body is not a list of {_MOST} rows at most")
    return (row for row in rows if isinstance(row, dict))


def _take_report(row: Mapping[str, Any]) -> None:
    message = doors.clean(row.get("out_id"), _LONGEST_ID)
    if not _ID.fullmatch(message):
        return
    house = doors.runtime()
    arrived = row.get("success") is True
    word = doors.clean(row.get("err_code"), _LONGEST_WORD)
    try:
        relaying.take_receipt(
            MessageId(message),
            "delivered" if arrived else "undelivered",
            provider_id=doors.clean(row.get("biz_id"), _LONGEST_ID) or f"out:{message}",
            code=None if arrived else f"aliyun:{word or 'unknown'}",
            provider="aliyun",
            uows=house.uows,
            clock=house.clock,
            house=house.house(),
        )
    except errors.NotFound:
        return  # a text of another house on the same account


def _take_text(row: Mapping[str, Any]) -> None:
    number = doors.clean(row.get("phone_number"), 40)
    written, serial = doors.clean(row.get("content")), row.get("sequence_id")
    try:
        sender = addresses.normalise(number)
    except addresses.UnusableNumber:
        return
    message_id = doors.clean(str(serial), 100) if serial is not None else ""
    sent_at = doors.clean(row.get("send_time"), 40)
    identity = f"aliyun-{message_id}" if message_id else f"aliyun-{sender}-{sent_at}"
    chat.hear_text(Incoming(id=identity[: doors.LONGEST_KEY], user=sender, said=Said(text=written)))
