"""Which source a key belongs to, and how fast it may send: held in memory for a few seconds."""

import threading
from collections.abc import Callable, Mapping
from time import monotonic

from casework.domain import errors
from casework.domain.people import Scope, Source
from casework.services import accounts
from casework.services.ports import UnitsOfWork

FRESH_S = 3.0
"""A withdrawn key or a changed rate is heard of after at most this long."""
RETRY_S = 0.2
"""An unknown key makes the ring look again, but not more often than this."""
_SCHEME = "bearer "


class Bucket:
    """A token bucket: `burst` at once, `rate_per_s` for long.

    What costs more than a whole bucket passes when the bucket is full, and leaves a debt.
    """

    __slots__ = ("_at", "_lock", "_tokens", "burst", "rate_per_s")

    def __init__(self, rate_per_s: float, burst: int, now_s: float) -> None:
        self.rate_per_s = max(rate_per_s, 1e-6)
        self.burst = max(float(burst), 1.0)
        self._tokens = self.burst
        self._at = now_s
        self._lock = threading.Lock()

    def take(self, cost: int, now_s: float) -> float:
        """Take tokens; answer 0, or how many seconds to wait before asking again."""
        with self._lock:
            self._tokens = min(self.burst, self._tokens + (now_s - self._at) * self.rate_per_s)
            self._at = now_s
            missing = min(float(cost), self.burst) - self._tokens
            if missing > 0:
                return missing / self.rate_per_s
            self._tokens -= cost
            return 0.0


class Keyring:
    """Answers the source of a key; the database is asked once in a few seconds."""

    def __init__(self, uows: Callable[[], UnitsOfWork], elapsed: Callable[[], float] = monotonic) -> None:
        self._uows = uows
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._by_hash: Mapping[str, Source] = {}
        self._by_key: dict[str, Source] = {}
        self._buckets: dict[str, Bucket] = {}

    def source(self, authorization: str | None, scopes: frozenset[Scope]) -> Source:
        """Answer whose key it is; raises `Unauthorised`, or `Forbidden` when it opens none of the scopes."""
        source = self._find(authorization or "")
        if source is None:
            raise errors.Unauthorised("send a source's key: Authorization: Bearer <key>")
        if scopes and not scopes & source.scopes:
            raise errors.Forbidden(
                f"the key of {source.name!r} opens {', '.join(sorted(source.scopes)) or 'nothing'}; "
                f"this needs {' or '.join(sorted(scopes))}"
            )
        return source

    def spend(self, source: Source, cost: int) -> None:
        """Count what a source sends; raises `TooFast` over its rate. Counted apart in each process."""
        bucket = self._buckets.get(source.name)
        if bucket is None or (bucket.rate_per_s, bucket.burst) != (source.rate_per_s, float(source.burst)):
            bucket = self._buckets[source.name] = Bucket(source.rate_per_s, source.burst, self._elapsed())
        wait_s = bucket.take(cost, self._elapsed())
        if wait_s:
            raise errors.TooFast(
                wait_s, f"{source.name!r} may send {source.rate_per_s:g} a second, {source.burst} at once"
            )

    def _find(self, authorization: str) -> Source | None:
        if authorization[:7].lower() != _SCHEME:
            return None
        now_s = self._elapsed()
        if now_s - self._read_at > FRESH_S:
            self._read(now_s, FRESH_S)
        known = self._by_key.get(authorization)
        if known is not None:
            return known
        found = self._by_hash.get(fingerprint := _fingerprint(authorization[7:].strip()))
        if found is None and now_s - self._read_at > RETRY_S:
            self._read(now_s, RETRY_S)
            found = self._by_hash.get(fingerprint)
        if found is not None:
            self._by_key[authorization] = found
        return found

    def _read(self, now_s: float, older_than_s: float) -> None:
        # While one looks, the others go on with what is known; only at the very first they wait.
        if not self._lock.acquire(blocking=not self._by_hash):
            return
        try:
            if now_s - self._read_at <= older_than_s:
                return
            with self._uows()(reading=True) as uow:
                sources = uow.registers.sources()
            self._by_hash = {key: source for source in sources for key in source.key_hashes}
            self._by_key = {}
            self._read_at = now_s
        finally:
            self._lock.release()


def _fingerprint(key: str) -> str:
    # A header is latin-1 as the server read it; a key is ASCII, and anything else opens nothing.
    return accounts.fingerprint(key) if key.isascii() else ""
