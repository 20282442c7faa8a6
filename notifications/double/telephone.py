"""Telephones that ring: the double fetches what is said, and the person presses a key, or does not.

A number that ends in 1 presses 1, in 2 presses 2, in 3 hears it out and presses nothing; all others are
not at home.
"""

import threading
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from defusedxml import ElementTree

from notifications.double import calls
from notifications.double.config import DoubleConfig

_MOST_QUESTIONS = 5


@dataclass(frozen=True, slots=True)
class Call:
    """One call; `heard` is all that was said into it."""

    sid: str
    to: str
    sender: str
    created_at: datetime
    status: str
    heard: tuple[str, ...] = ()


class Exchange:
    """Puts calls through, each in a thread of its own; keeps the last thousand."""

    def __init__(self, config: DoubleConfig) -> None:
        self._config = config
        self._calls: deque[Call] = deque(maxlen=1_000)
        self._lock = threading.Lock()

    def dial(self, form: Mapping[str, str]) -> Call:
        """Begin a call and answer it as it stands now."""
        call = Call(
            "CA" + uuid.uuid4().hex, form.get("To", ""), form.get("From", ""), self._config.clock(), "queued"
        )
        with self._lock:
            self._calls.append(call)
        target = threading.Thread(
            target=self._ring, args=(call, form.get("Url", ""), form.get("StatusCallback")), daemon=True
        )
        target.start()
        return call

    def to(self, number: str | None) -> list[Call]:
        """Answer the calls to a number, newest first."""
        with self._lock:
            return [one for one in reversed(self._calls) if number is None or one.to == number]

    def _ring(self, call: Call, url: str, callback: str | None) -> None:
        key = call.to[-1:]
        if key not in {"1", "2", "3"}:
            self._end(call, "no-answer", (), callback)
            return
        heard: list[str] = []
        fields = {"CallStatus": "in-progress"}
        for _ in range(_MOST_QUESTIONS):
            answer = calls.post_form(url, self._fields(call) | fields, self._config.auth_token)
            if not answer.arrived:
                break
            said = ElementTree.fromstring(answer.body)
            heard += [one.text or "" for one in said.iter("Say")]
            gather = said.find("Gather")
            if gather is None:
                break
            url = gather.get("action", "")
            fields = {"Digits": "" if key == "3" else key, "CallStatus": "in-progress"}
        self._end(call, "completed", tuple(heard), callback)

    def _end(self, call: Call, status: str, heard: tuple[str, ...], callback: str | None) -> None:
        ended = replace(call, status=status, heard=heard)
        with self._lock:
            place = next((at for at, one in enumerate(self._calls) if one.sid == call.sid), None)
            if place is not None:
                self._calls[place] = ended
        if callback:
            calls.post_form(callback, self._fields(ended), self._config.auth_token)

    def _fields(self, call: Call) -> dict[str, str]:
        return {
            "AccountSid": self._config.account_sid,
            "CallSid": call.sid,
            "CallStatus": call.status,
            "From": call.sender,
            "To": call.to,
        }


def show(call: Call, config: DoubleConfig) -> dict[str, Any]:
    """Answer one call in the provider's form."""
    return {
        "account_sid": config.account_sid,
        "date_created": format_datetime(call.created_at),
        "from": call.sender,
        "sid": call.sid,
        "status": call.status,
        "to": call.to,
        "uri": f"/2010-04-01/Accounts/{config.account_sid}/Calls/{call.sid}.json",
        "subresource_uris": {},
    }
