"""Texts through Twilio's own library, one attempt a call; the library is loaded at the first text."""

import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from notifications import errors, recognition
from notifications.channel import Accepted, OutgoingText

if TYPE_CHECKING:
    from notifications.twilio_http import TwilioClient

_MIN_VALIDITY_S, _MAX_VALIDITY_S = 1, 36_000
_LISTED_SINCE, _LISTED_UNSENT, _PAGE = 1_000, 100, 200


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """Whose account sends, and from where: a number (`sender`) or a messaging service, one of the two."""

    account_sid: str
    auth_token: str = field(repr=False)
    sender: str | None = None
    messaging_service_sid: str | None = None

    def __post_init__(self) -> None:
        """Raise `ValueError` for an account that cannot send."""
        if not (self.account_sid and self.auth_token):
            raise ValueError("Twilio needs TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN")
        if bool(self.sender) == bool(self.messaging_service_sid):
            raise ValueError("Twilio needs one of TWILIO_FROM and TWILIO_MESSAGING_SERVICE_SID")


class LazyClient:
    """Makes the library's client at its first use; many threads may share it."""

    def __init__(self, account: TwilioAccount, api_base: str | None, timeout_s: float) -> None:
        self._account = account
        self._api_base = api_base
        self._timeout_s = timeout_s
        self._made: TwilioClient | None = None
        self._making = threading.Lock()

    def __call__(self) -> "TwilioClient":
        """Answer the one client."""
        with self._making:
            if self._made is None:
                from notifications import twilio_http  # noqa: PLC0415  (27 MB, only where Twilio is used)

                self._made = twilio_http.TwilioClient(
                    self._account.account_sid,
                    self._account.auth_token,
                    api_base=self._api_base,
                    timeout_s=self._timeout_s,
                )
            return self._made


class TwilioSms:
    """Sends SMS through Twilio, or through a double of it at `api_base`; many threads may share it.

    `timeout_s` bounds connecting and each wait for bytes; a time-out after connecting is `OutcomeUnknown`.
    """

    name: ClassVar[str] = "twilio"
    can_reconcile: ClassVar[bool] = True
    reports_delivery: ClassVar[bool] = True

    def __init__(
        self, account: TwilioAccount, *, api_base: str | None = None, timeout_s: float = 10.0
    ) -> None:
        self._account = account
        self._client = LazyClient(account, api_base, timeout_s)

    def send(self, text: OutgoingText) -> Accepted:
        """Create one message. Nothing is tried twice in here: the API has no idempotency key."""
        fields = _fields(self._account, text)
        message = self._client().ask(lambda client: client.messages.create(**fields))
        if not message.sid:
            raise errors.OutcomeUnknown("broken_answer", "an answer without a message id")
        return Accepted(message.sid, _count(message.num_segments))

    def find(
        self, text: OutgoingText, *, since: datetime, claimed: Collection[str] | None = None
    ) -> Accepted | None:
        """Look through the account's list: first what was sent since, then what may still be unsent."""
        queries: tuple[dict[str, Any], ...] = (
            {
                "date_sent_after": since - recognition.CLOCK_SKEW,
                "limit": _LISTED_SINCE,
                "page_size": _PAGE,
            },
            # A queued message may have no date of sending yet, so that the filter would hide it.
            {"limit": _LISTED_UNSENT},
        )
        for query in queries:
            found = recognition.choose(text, self._list(text.to, query), since=since, claimed=claimed)
            if found is not None:
                return found
        return None

    def _list(self, to: str, query: dict[str, Any]) -> list[recognition.Listed]:
        try:
            return self._client().ask(
                lambda client: [_listed(one) for one in client.messages.stream(to=to, **query)]
            )
        except errors.ChannelError as error:
            # Nothing is sent by asking: whatever went wrong, ask again.
            raise errors.TryLater(error.code, error.detail, retry_after_s=error.retry_after_s) from error


def _fields(account: TwilioAccount, text: OutgoingText) -> dict[str, Any]:
    fields: dict[str, Any] = {"to": text.to, "body": text.body}
    if account.sender:
        fields["from_"] = account.sender
    else:
        fields["messaging_service_sid"] = account.messaging_service_sid
    if text.validity_s is not None:
        fields["validity_period"] = min(max(text.validity_s, _MIN_VALIDITY_S), _MAX_VALIDITY_S)
    if text.status_callback:
        fields["status_callback"] = text.status_callback
    return fields


def _listed(message: Any) -> recognition.Listed:  # noqa: ANN401  (the library is not annotated)
    return recognition.Listed(
        provider_id=message.sid or "",
        to=message.to or "",
        body=message.body or "",
        created_at=message.date_created,
        segments=_count(message.num_segments),
    )


def _count(written: str | None) -> int | None:
    # A messaging service says 0 until it has chosen a sender.
    return int(written) if written and written.isdigit() and written != "0" else None


class TwilioWhatsApp(TwilioSms):
    """WhatsApp through Twilio: the same call; addresses are `whatsapp:` and a number.

    More than 24 hours after the person last wrote, WhatsApp takes approved templates only (error 63016).
    """

    name: ClassVar[str] = "twilio_whatsapp"
