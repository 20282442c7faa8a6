"""Who really called: signatures of Twilio (form and JSON) and of Standard Webhooks, failing closed."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import standardwebhooks

TOLERANCE = timedelta(minutes=5)
"""How old or early a Standard Webhooks message may be, as the specification proposes."""
_MAX_SECONDS_DIGITS = 11
FormFields = Mapping[str, str | Sequence[str]]


class BadSignature(Exception):
    """The request does not come from whom it says, or it is too old."""


def public_address(public_url: str, path: str, query: str = "") -> str:
    """Answer the address as the provider called it, from the configured public URL.

    A server behind a proxy sees another scheme and host than the provider signed, and must not believe
    headers that anyone can set. Raises `BadSignature` if no public URL is configured.
    """
    if not public_url:
        raise BadSignature("no public URL is configured, so no signature can be checked")
    return public_url.rstrip("/") + path + (f"?{query}" if query else "")


def sign_twilio_form(auth_token: str, url: str, fields: FormFields) -> str:
    """Answer the `X-Twilio-Signature` of a form post.

    It is the HMAC-SHA1, in Base64, over the address and the fields in order of their names:
    https://www.twilio.com/docs/usage/security#validating-requests
    """
    signed = url + "".join(
        name + value for name in sorted(fields) for value in sorted(set(_values(fields[name])))
    )
    # A form may decode to a lone surrogate, which must fail as a signature and not as a program.
    message = signed.encode("utf-8", "surrogatepass")
    return base64.b64encode(hmac.new(auth_token.encode(), message, hashlib.sha1).digest()).decode()


def verify_twilio_form(
    auth_tokens: Iterable[str], url: str, fields: FormFields, signature: str | None
) -> None:
    """Raise `BadSignature` unless one of the live tokens signed this form post to this address."""
    _demand(
        signature,
        [sign_twilio_form(token, form, fields) for token in auth_tokens for form in _spellings(url)],
    )


def verify_twilio_json(auth_tokens: Iterable[str], url: str, body: bytes, signature: str | None) -> None:
    """Raise `BadSignature` unless a live token signed the address, and that carries the body's SHA-256."""
    claimed = parse_qs(urlsplit(url).query).get("bodySHA256", [""])[0]
    if not hmac.compare_digest(claimed.encode(), hashlib.sha256(body).hexdigest().encode()):
        raise BadSignature("the body is not the one that was signed")
    verify_twilio_form(auth_tokens, url, {}, signature)


def sign_standard_webhook(secret: str, message_id: str, sent_at: datetime, body: str) -> str:
    """Answer the `webhook-signature` header, `v1,...`. Raises `ValueError` for an unreadable secret."""
    try:
        # The library replaces the zone by UTC instead of converting to it.
        return standardwebhooks.Webhook(secret).sign(message_id, sent_at.astimezone(UTC), body)
    except (binascii.Error, standardwebhooks.webhooks.EmptyWebhookSecretError) as error:
        raise ValueError("a webhook secret is whsec_ and Base64") from error


def verify_standard_webhook(
    secrets: Iterable[str], headers: Mapping[str, str], body: bytes, *, now: datetime
) -> str:
    """Answer the message id of a truly signed and timely message, else raise `BadSignature`.

    `secrets` are all that are live, so that one can be replaced without losing a message; `now` is aware.
    The library computes the signature; the time is compared here, because the library asks the machine's
    clock. https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    lower = {name.lower(): value for name, value in headers.items()}
    message_id, signature = lower.get("webhook-id", ""), lower.get("webhook-signature", "")
    sent_at = _timely(lower.get("webhook-timestamp", ""), now)
    if not message_id:
        raise BadSignature("webhook-id is missing")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise BadSignature("the body is not UTF-8") from error
    expected = [sign_standard_webhook(secret, message_id, sent_at, text) for secret in secrets]
    for one in signature.split(" "):
        if any(hmac.compare_digest(one.encode(), good.encode()) for good in expected):
            return message_id
    raise BadSignature("no signature matches")


def _timely(written: str, now: datetime) -> datetime:
    if not (written.isascii() and written.isdigit() and len(written) <= _MAX_SECONDS_DIGITS):
        raise BadSignature("webhook-timestamp is not a number of seconds")
    sent_at = datetime.fromtimestamp(int(written), tz=UTC)
    if abs(sent_at - now) > TOLERANCE:
        raise BadSignature("the message is too old, or from the future")
    return sent_at


def _demand(signature: str | None, good: list[str]) -> None:
    if not signature or not any(hmac.compare_digest(signature.encode(), one.encode()) for one in good):
        raise BadSignature("the signature does not match")


def _spellings(url: str) -> tuple[str, str]:
    # The provider signs the address sometimes with the default port and sometimes without, and says so.
    parts = urlsplit(url)
    port = 443 if parts.scheme == "https" else 80
    host = parts.hostname or ""
    named = f"[{host}]" if ":" in host else host
    without = parts._replace(netloc=named).geturl()
    with_port = parts._replace(netloc=f"{named}:{parts.port or port}").geturl()
    return without, with_port


def _values(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value
