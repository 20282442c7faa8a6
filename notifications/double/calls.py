"""Calls from the double to the product, signed as the provider signs them."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from notifications import signatures

_TIMEOUT_S = 10.0
_MAX_ANSWER = 64_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What the product said; `status` 0 means that it could not be reached."""

    status: int
    body: str

    @property
    def arrived(self) -> bool:
        """Whether the product took the call."""
        return 200 <= self.status < 300  # noqa: PLR2004  (HTTP's class of success)


def post_form(url: str, fields: Mapping[str, str], auth_token: str) -> Answer:
    """Post a signed form and answer what came back; never raises for a product that is away."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": signatures.sign_twilio_form(auth_token, url, fields),
        "User-Agent": "TwilioProxy/1.1 (double)",
    }
    connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, urlencode(fields), headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(_MAX_ANSWER).decode(errors="replace"))
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, type(error).__name__)
    finally:
        connection.close()
