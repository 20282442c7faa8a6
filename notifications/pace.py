"""How fast texts may go to one provider: a token bucket, and the pauses that the provider itself asks for."""

import threading
import time
from collections.abc import Callable


class Pace:
    """Lets `per_s` texts a second through, `burst` of them at once; many threads may share it.

    In any span of t seconds it lets through `burst + t * per_s` at most. `elapsed` counts seconds.
    """

    def __init__(
        self, per_s: float, burst: int | None = None, *, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        if per_s <= 0:
            raise ValueError("a pace is more than 0 texts a second")
        self.per_s = per_s
        self.burst = burst or max(1, round(per_s))
        self._elapsed = elapsed
        self._tokens = float(self.burst)
        self._at = elapsed()
        self._not_before = self._at
        self._lock = threading.Lock()

    def ready(self) -> bool:
        """Tell whether a text may go now."""
        with self._lock:
            return self._fill() >= 1

    def take(self, wanted: int) -> int:
        """Answer how many of these texts may go now; they are counted as gone."""
        with self._lock:
            taken = max(0, min(wanted, int(self._fill())))
            self._tokens -= taken
            return taken

    def give_back(self, unused: int) -> None:
        """Take back what was taken and not used."""
        with self._lock:
            self._tokens = min(self.burst, self._tokens + unused)

    def pause(self, for_s: float) -> None:
        """Let nothing through for so long: the provider says that it is too much."""
        with self._lock:
            self._not_before = max(self._not_before, self._elapsed() + for_s)

    def _fill(self) -> float:
        now = self._elapsed()
        # A clock that is set back must not make a pause longer than it was asked for.
        self._not_before -= max(0.0, self._at - now)
        self._tokens = min(self.burst, self._tokens + max(0.0, now - self._at) * self.per_s)
        self._at = now
        return 0.0 if now < self._not_before else self._tokens
