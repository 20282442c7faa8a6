"""A lock that serves in the order of asking."""

import threading
from collections import deque
from types import TracebackType


class Turnstile:
    """Lets one thread through at a time, first come first served.

    SQLite has one writer. `threading.Lock` may give itself back to the thread that just released it, so
    under a full intake a sweep could wait for seconds; here every waiter moves up by one at each release.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    def __enter__(self) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            ticket = threading.Lock()
            ticket.acquire()
            self._waiting.append(ticket)
        ticket.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()  # the turn passes on without being put down
            else:
                self._taken = False
