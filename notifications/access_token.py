"""A token that a vendor gives for a while: fetched when needed, kept until shortly before its end."""

import threading
import time
from collections.abc import Callable

EARLY_S = 300.0
"""A token is given up this long before its end, so that none ends on its way."""


class AccessToken:
    """One token shared by threads; `fetch` answers the token and for how many seconds it is good."""

    def __init__(
        self, fetch: Callable[[], tuple[str, float]], *, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._elapsed = elapsed
        self._token = ""
        self._until = 0.0
        self._lock = threading.Lock()

    def get(self) -> str:
        """Answer the token, fetched anew if it is about to end; raises what `fetch` raises."""
        with self._lock:
            if not self._token or self._elapsed() >= self._until:
                self._token, good_for_s = self._fetch()
                self._until = self._elapsed() + max(0.0, good_for_s - EARLY_S)
            return self._token

    def drop(self, refused: str) -> None:
        """Forget a token that the vendor no longer takes, unless it was replaced meanwhile."""
        with self._lock:
            if self._token == refused:
                self._token = ""
