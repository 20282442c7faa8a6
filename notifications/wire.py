"""One HTTP call to a provider, bounded in time and size, its failures told apart by what may be done next."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3
from urllib3 import exceptions as broken

from notifications import errors

_POOL = 32
_LONGEST_ANSWER = 64_000
_TOO_MANY, _UNAVAILABLE, _SERVER_ERROR = 429, 503, 500
_LONGEST_PAUSE_S = 3_600.0
_NEVER_SENT = (
    broken.NewConnectionError,
    broken.ConnectTimeoutError,
    broken.ProxyError,
    broken.LocationValueError,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status of HTTP, the first 64,000 bytes, and the pause that was asked for."""

    status: int
    body: bytes
    retry_after_s: float | None = None

    def document(self) -> Mapping[str, Any]:
        """Read the body as a JSON object; raises `OutcomeUnknown` where it is none."""
        try:
            read = json.loads(self.body)
        except ValueError as error:
            raise errors.OutcomeUnknown("broken_answer", "the answer is not JSON") from error
        if not isinstance(read, dict):
            raise errors.OutcomeUnknown("broken_answer", "the answer is not a JSON object")
        return read


class Wire:
    """Connections to providers, shared by threads; no call is repeated and no redirect followed in here.

    Addresses may hold keys, so neither they nor the bodies are ever logged or put into an error.
    """

    def __init__(self, *, timeout_s: float = 5.0, pool: urllib3.PoolManager | None = None) -> None:
        self._timeout = urllib3.Timeout(connect=timeout_s, read=timeout_s)
        self._pool = pool or urllib3.PoolManager(maxsize=_POOL, num_pools=_POOL)

    def post_json(
        self, url: str, document: Mapping[str, object], headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Post a JSON object."""
        body = json.dumps(document, ensure_ascii=False).encode()
        return self.call("POST", url, body, {"Content-Type": "application/json", **(headers or {})})

    def post_form(self, url: str, fields: Mapping[str, str]) -> Answer:
        """Post a form."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.call("POST", url, urlencode(fields).encode(), headers)

    def get(self, url: str, fields: Mapping[str, str]) -> Answer:
        """Get an address with these fields behind it."""
        return self.call("GET", f"{url}?{urlencode(fields)}", None, {})

    def call(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Make one call; raises `TryLater` if it never left, `OutcomeUnknown` if no answer came."""
        try:
            response = self._pool.request(
                method,
                url,
                body=body,
                headers=dict(headers),
                timeout=self._timeout,
                retries=False,
                redirect=False,
                preload_content=False,
            )
            try:
                read = response.read(_LONGEST_ANSWER)
            finally:
                response.release_conn()
        except broken.HTTPError as failure:
            raise read_failure(failure) from failure
        return Answer(response.status, read, seconds(response.headers.get("Retry-After")))


def read_failure(failure: broken.HTTPError) -> errors.ChannelError:
    """Tell a request that never left from one whose outcome is unknown."""
    if isinstance(failure, _NEVER_SENT):
        return errors.TryLater("connect", type(failure).__name__)
    if isinstance(failure, broken.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(failure):
        return errors.TryLater("certificate", "the provider's certificate is not trusted")
    code = "timeout" if isinstance(failure, broken.TimeoutError) else "connection_lost"
    return errors.OutcomeUnknown(code, type(failure).__name__)


def demand_answer(vendor: str, answer: Answer) -> Answer:
    """Pass on an answer that a provider meant, whatever it says.

    Raises `TryLater` for 429 and 503, after which nothing was taken, and `OutcomeUnknown` for every other
    5xx.
    """
    if answer.status in {_TOO_MANY, _UNAVAILABLE}:
        raise errors.TryLater(f"{vendor}:{answer.status}", retry_after_s=answer.retry_after_s)
    if answer.status >= _SERVER_ERROR:
        raise errors.OutcomeUnknown(f"{vendor}:{answer.status}")
    return answer


def seconds(written: object) -> float | None:
    """Read a pause in seconds, an hour at most; the form of `Retry-After` that is a date is not used."""
    text = str(written) if written is not None else ""
    return min(float(text), _LONGEST_PAUSE_S) if text.isascii() and text.isdigit() else None
