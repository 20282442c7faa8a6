"""Whether a provider is used at all: by the share of its calls that failed of late."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """`closed` is in use, `open` is left alone, `half_open` is tried with one text at a time."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Limits:
    """Open when `threshold` of at least `fewest` calls within `window_s` failed; try again after `open_s`."""

    window_s: float = 60.0
    fewest: int = 5
    threshold: float = 0.5
    open_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Standing:
    """A circuit as figures show it: its state, and the calls within the window with those that failed."""

    state: State
    calls: int
    failures: int


class Circuit:
    """Counts outcomes in a sliding window; many threads may share it. `elapsed` counts seconds.

    `enter` before a call and `leave` after it. A call that began in one state says nothing about the next:
    its ticket is no longer valid then.
    """

    def __init__(
        self, limits: Limits | None = None, *, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self.limits = limits or Limits()
        self._elapsed = elapsed
        self._outcomes: deque[tuple[float, bool]] = deque()
        self._state = State.CLOSED
        self._opened_at = 0.0
        self._ticket = 0
        self._probing = False
        self._lock = threading.Lock()

    def enter(self) -> int | None:
        """Answer a ticket for one call, or None while the provider is to be left alone."""
        with self._lock:
            if self._state is State.OPEN and self._elapsed() - self._opened_at >= self.limits.open_s:
                self._move(State.HALF_OPEN)
            if self._state is State.OPEN or self._probing:
                return None
            self._probing = self._state is State.HALF_OPEN
            return self._ticket

    def leave(self, ticket: int, *, ok: bool) -> None:
        """Record how the call went."""
        with self._lock:
            if ticket != self._ticket:
                return
            if self._state is State.HALF_OPEN:
                self._move(State.CLOSED if ok else State.OPEN)
                return
            self._outcomes.append((self._elapsed(), ok))
            self._forget()
            failures = sum(not went_well for _, went_well in self._outcomes)
            enough = len(self._outcomes) >= self.limits.fewest
            if enough and failures >= self.limits.threshold * len(self._outcomes):
                self._move(State.OPEN)

    def opens_in_s(self) -> float:
        """Answer after how many seconds a call may be worth trying."""
        with self._lock:
            if self._state is not State.OPEN:
                return 0.0 if not self._probing else 1.0
            return max(0.0, self._opened_at + self.limits.open_s - self._elapsed())

    def standing(self) -> Standing:
        """Answer the present state and figures."""
        with self._lock:
            self._forget()
            failures = sum(not went_well for _, went_well in self._outcomes)
            return Standing(self._state, len(self._outcomes), failures)

    def _move(self, state: State) -> None:
        self._state = state
        self._ticket += 1
        self._probing = False
        if state is State.OPEN:
            self._opened_at = self._elapsed()
        if state is State.CLOSED:
            self._outcomes.clear()

    def _forget(self) -> None:
        oldest = self._elapsed() - self.limits.window_s
        while self._outcomes and self._outcomes[0][0] < oldest:
            self._outcomes.popleft()
