"""The provider's word on a text that went out: sent, delivered, failed."""

import re

from flask import Blueprint, Response, request

from casework.domain import errors
from casework.ids import MessageId
from casework.services import relaying
from casework.web.hooks import doors

_ID = re.compile(r"[0-9a-f-]{36}")
_LONGEST_ID, _LONGEST_WORD = 64, 32
_PROVIDER = {False: "twilio", True: "twilio_voice"}


def hang(hooks: Blueprint) -> None:
    """Add the address to the blueprint."""

    @hooks.post("/hooks/twilio/status")
    def take_status() -> Response:
        """Keep one word of the provider; late and repeated ones change nothing."""
        fields = doors.twilio_form()
        message = request.args.get("message", "")
        if not _ID.fullmatch(message):
            raise errors.InvalidInput({"message": ["must be the id of a text that we sent"]})
        call = "CallSid" in fields
        status = fields.get("MessageStatus") or fields.get("SmsStatus") or fields.get("CallStatus") or ""
        if not status:
            raise errors.InvalidInput({"MessageStatus": ["must say what became of the text"]})
        house = doors.runtime()
        relaying.take_receipt(
            MessageId(message),
            status[:_LONGEST_WORD].lower(),
            provider_id=(fields.get("CallSid" if call else "MessageSid") or "")[:_LONGEST_ID],
            code=fields.get("ErrorCode", "")[:_LONGEST_WORD] or (_of_call(status) if call else None),
            provider=None if fields.get("From", "").startswith("whatsapp:") else _PROVIDER[call],
            uows=house.uows,
            clock=house.clock,
            house=house.house(),
        )
        house.bells.sweep.set()
        return Response(status=204)


def _of_call(status: str) -> str:
    """Name what became of a call as the table of codes does."""
    return f"voice:{status[:_LONGEST_WORD].lower()}"
