"""Calls through Twilio: a telephone rings, the product's hook says what is spoken and takes the key."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar

from notifications import errors, recognition
from notifications.channel import Accepted, OutgoingText
from notifications.twilio_sms import LazyClient, TwilioAccount

_RINGS_S = 25
_LISTED = 100
_REPORTED = ("initiated", "ringing", "answered", "completed")


class TwilioVoice:
    """Calls a number once; what is said and asked stands behind `{public_url}/hooks/twilio/voice/ask`.

    The account needs a number that can call: a messaging service cannot.
    """

    name: ClassVar[str] = "twilio_voice"
    can_reconcile: ClassVar[bool] = True
    reports_delivery: ClassVar[bool] = True

    def __init__(
        self,
        account: TwilioAccount,
        *,
        public_url: str,
        api_base: str | None = None,
        timeout_s: float = 10.0,
    ) -> None:
        if not account.sender:
            raise ValueError("calls need TWILIO_FROM, a number that can call")
        self._account = account
        self._public_url = public_url
        self._client = LazyClient(account, api_base, timeout_s)

    def send(self, text: OutgoingText) -> Accepted:
        """Let the telephone ring."""
        fields: dict[str, Any] = {
            "to": text.to,
            "from_": self._account.sender,
            "url": f"{self._public_url}/hooks/twilio/voice/ask?message={text.id}",
            "timeout": _RINGS_S,
        }
        if text.status_callback:
            fields["status_callback"] = text.status_callback
            fields["status_callback_event"] = list(_REPORTED)
        call = self._client().ask(lambda client: client.calls.create(**fields))
        if not call.sid:
            raise errors.OutcomeUnknown("broken_answer", "an answer without a call id")
        return Accepted(call.sid, 1)

    def find(
        self, text: OutgoingText, *, since: datetime, claimed: Collection[str] | None = None
    ) -> Accepted | None:
        """Look through the account's calls to this number for one that no other row has."""
        try:
            listed = self._client().ask(
                lambda client: [_listed(one, text) for one in client.calls.list(to=text.to, limit=_LISTED)]
            )
        except errors.ChannelError as error:
            # Nobody is called by asking: whatever went wrong, ask again.
            raise errors.TryLater(error.code, error.detail, retry_after_s=error.retry_after_s) from error
        return recognition.choose(text, listed, since=since, claimed=claimed)


def _listed(call: Any, text: OutgoingText) -> recognition.Listed:  # noqa: ANN401  (the library is not annotated)
    # The list does not say what was spoken: calls to one number at one time are alike.
    return recognition.Listed(call.sid or "", call.to or "", text.body, call.date_created, 1)
