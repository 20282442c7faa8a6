"""HTTP as an outsider speaks it: one kept-alive connection to one service, patient when it is away."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT_S = 10.0
LONGEST_BODY = 1_000_000


class Unreachable(Exception):
    """The service does not answer; it may be starting, or stopped for a moment."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    retry_after_s: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the request had its effect; a redirect after a form is a success."""
        return self.status < http.client.BAD_REQUEST

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:  # noqa: ANN401  (whatever the service says)
        """Read the body as JSON."""
        return json.loads(self.body)


class Outsider:
    """A client of one service; not for several threads."""

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"not an address of a service: {url}")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=timeout_s)
        self._prefix = parts.path.rstrip("/")

    def get(self, path: str) -> Answer:
        """Read a page."""
        return self._send("GET", path, None, {})

    def post_json(
        self, path: str, body: object, *, key: str, content_type: str = "application/json"
    ) -> Answer:
        """Send JSON with a source's key."""
        headers = {"Content-Type": content_type, "Authorization": f"Bearer {key}"}
        return self._send("POST", path, json.dumps(body, ensure_ascii=False).encode(), headers)

    def post_form(self, path: str, fields: Mapping[str, str]) -> Answer:
        """Send a form, as a browser without scripts does."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._send("POST", path, urlencode(fields).encode(), headers)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        try:
            self._connection.request(method, self._prefix + path, body, headers)
            response = self._connection.getresponse()
            content = response.read(LONGEST_BODY)
            if not response.isclosed():
                self._connection.close()
        except (OSError, http.client.HTTPException) as reason:
            # A half-used connection cannot be trusted with the next request.
            self._connection.close()
            raise Unreachable(str(reason) or type(reason).__name__) from reason
        wait = response.headers.get("Retry-After", "")
        return Answer(response.status, content, float(wait) if wait.isdecimal() else 0.0)
