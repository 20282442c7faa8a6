"""All that touches Twilio's library: its HTTP client turned to another address, and its failures read.

Loaded only when the first text is sent, because `twilio` costs 27 MB and a tenth of a second.
"""

import logging
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from requests import exceptions as http
from requests.adapters import HTTPAdapter
from twilio.base import exceptions as library  # type: ignore[import-untyped]  # ships no annotations
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]  # as above
from twilio.rest import Client  # type: ignore[import-untyped]  # as above
from urllib3 import exceptions as wire

from notifications import errors, provider_codes

T = TypeVar("T")
_TWILIO = "https://api.twilio.com"
_POOL = 32
_NEVER_CONNECTED = (wire.NewConnectionError, wire.ConnectTimeoutError, wire.ProxyError)
_NEVER_SENT = (http.ConnectTimeout, http.InvalidURL, http.MissingSchema, http.ProxyError)
_TOO_MANY, _UNAVAILABLE, _SERVER_ERROR = 429, 503, 500


class RedirectingClient(TwilioHttpClient):  # type: ignore[misc]  # the library is not annotated
    """Sends what is meant for api.twilio.com to `api_base`, and keeps each thread's last `Retry-After`."""

    def __init__(self, *, api_base: str | None, timeout_s: float) -> None:
        # The library's own logger writes whole addresses with the recipient's number at INFO.
        quiet = logging.getLogger("notifications.twilio_http")
        quiet.setLevel(logging.WARNING)
        super().__init__(timeout=timeout_s, logger=quiet)
        self._api_base = (api_base or _TWILIO).rstrip("/")
        self._last = threading.local()
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, HTTPAdapter(pool_maxsize=_POOL))

    @property
    def retry_after_s(self) -> float | None:
        """The pause, in seconds, that the last answer in this thread asked for."""
        return getattr(self._last, "retry_after_s", None)

    def request(self, method: str, url: str, **kwargs: Any) -> Any:  # noqa: ANN401  (the library's own values)
        """Make one request, once; never repeated here, because the provider has no idempotency key."""
        self._last.retry_after_s = None
        if url.startswith(_TWILIO):
            url = self._api_base + url.removeprefix(_TWILIO)
        response = super().request(method, url, **kwargs)
        self._last.retry_after_s = _seconds((response.headers or {}).get("Retry-After"))
        return response


class TwilioClient:
    """Twilio's client at one address, every failure of it raised as one of `notifications.errors`."""

    def __init__(self, account_sid: str, auth_token: str, *, api_base: str | None, timeout_s: float) -> None:
        self._http = RedirectingClient(api_base=api_base, timeout_s=timeout_s)
        self._client = Client(account_sid, auth_token, http_client=self._http)

    def ask(self, call: Callable[[Any], T]) -> T:
        """Answer `call(client)`, where `client` is the library's: its `messages`, its `calls`."""
        try:
            return call(self._client)
        except (library.TwilioRestException, library.TwilioServiceException) as error:
            raise read_answer(error.status, str(error.code), self._http.retry_after_s) from error
        except library.TwilioException as error:
            raise errors.OutcomeUnknown("broken_answer", "the library could not read the answer") from error
        except http.RequestException as error:
            raise read_failure(error) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            # A success whose body is no JSON, or not the JSON of a message.
            raise errors.OutcomeUnknown("broken_answer", type(error).__name__) from error


def read_answer(status: int, code: str, retry_after_s: float | None) -> errors.ChannelError:
    """Read an error answer: `status` of HTTP and the provider's own `code`.

    Only 429 and 503 promise that nothing was taken; after any other 5xx the text may be on its way.
    """
    row = provider_codes.find(code)
    detail = row.meaning["en"] if row else f"HTTP {status}"
    if status in {_TOO_MANY, _UNAVAILABLE}:
        return errors.TryLater(code, detail, retry_after_s=retry_after_s)
    if status >= _SERVER_ERROR:
        return errors.OutcomeUnknown(code, detail)
    if provider_codes.is_permanent(code, status):
        return errors.Refused(code, detail)
    return errors.TryLater(code, detail, retry_after_s=retry_after_s)


def read_failure(failure: http.RequestException) -> errors.ChannelError:
    """Tell a request that never left from one whose outcome is unknown."""
    reason = getattr(failure.args[0], "reason", None) if failure.args else None
    if isinstance(failure, _NEVER_SENT) or isinstance(reason, _NEVER_CONNECTED):
        return errors.TryLater("connect", type(reason or failure).__name__)
    if isinstance(failure, http.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(failure):
        return errors.TryLater("certificate", "the provider's certificate is not trusted")
    code = "timeout" if isinstance(failure, http.Timeout) else "connection_lost"
    return errors.OutcomeUnknown(code, type(failure).__name__)


def _seconds(written: str | None) -> float | None:
    # The other form of Retry-After, a date, is not used by this provider.
    return float(written) if written and written.isascii() and written.isdigit() else None
