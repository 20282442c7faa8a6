"""The live stream: one reader of changes in a process, any number of consoles that wait for it."""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import structlog

from casework.analytics.views import Changes
from casework.clock import Clock

HEARTBEAT_S = 15.0
LIFE_S = 600.0
POLL_S = 0.4
REMEMBERED = 2_000
RETRY_S = 2.0

log = structlog.get_logger(__name__)

ReadChanges = Callable[[int], Changes]


class TooManyStreams(Exception):
    """As many streams are open as threads may be spent on them; poll instead."""


class ChangeFeed:
    """Reads changes once for a whole process and hands them to every waiting stream.

    The reading thread starts with the first stream and ends with `stop`, so that a process which serves
    no console asks the database nothing.
    """

    def __init__(
        self,
        read: ReadChanges,
        *,
        limit: int = 40,
        poll_s: float = POLL_S,
        stop: threading.Event | None = None,
    ) -> None:
        self._read = read
        self._poll_s = poll_s
        self._places = threading.BoundedSemaphore(limit)
        self._news = threading.Condition()
        self._recent: deque[Changes] = deque(maxlen=REMEMBERED)
        self._n = 0
        self._forgotten = 0
        self._stop = stop or threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def stopping(self) -> bool:
        """Whether the process is going down."""
        return self._stop.is_set()

    @property
    def n(self) -> int:
        """The number of the newest change that was read."""
        return self._n

    def stop(self) -> None:
        """End the reading thread and let every stream finish."""
        self._stop.set()
        with self._news:
            self._news.notify_all()

    def enter(self) -> None:
        """Take a place for one stream, or raise `TooManyStreams`."""
        if not self._places.acquire(blocking=False):
            raise TooManyStreams
        with self._news:
            if self._thread is None:
                self._n = self._forgotten = self._read(0).n
                self._thread = threading.Thread(target=self._run, name="console-feed", daemon=True)
                self._thread.start()

    def leave(self) -> None:
        """Give the place back."""
        self._places.release()

    def wait(self, after: int, timeout_s: float) -> Changes | None:
        """Wait for changes after number `after`; None when the time is over or the process stops."""
        with self._news:
            if self._n <= after:
                self._news.wait(timeout_s)
            return self._since(after) if self._n > after else None

    def _since(self, after: int) -> Changes:
        later = [change for change in self._recent if change.n > after]
        cases = dict.fromkeys(key for change in later for key in change.cases)
        crews = dict.fromkeys(key for change in later for key in change.crews)
        alarms = any(change.alarms for change in later)
        return Changes(self._n, list(cases), list(crews), after >= self._forgotten, alarms)

    def _run(self) -> None:
        while not self._stop.wait(self._poll_s):
            self._look()
        with self._news:
            self._news.notify_all()

    def _look(self) -> None:
        try:
            changes = self._read(self._n)
        except Exception:  # the outermost loop of a thread: a database that is away comes back
            log.exception("console_feed_failed")
            self._stop.wait(RETRY_S)
            return
        if changes.n > self._n:
            self._keep(changes)

    def _keep(self, changes: Changes) -> None:
        with self._news:
            if len(self._recent) == REMEMBERED:
                self._forgotten = self._recent[0].n
            if not changes.complete:
                self._recent.clear()
                self._forgotten = changes.n
            self._recent.append(changes)
            self._n = changes.n
            self._news.notify_all()


def frames(feed: ChangeFeed, after: int, clock: Clock) -> Iterator[str]:
    """Write the stream of one browser; the place must have been taken with `enter`.

    It ends after `LIFE_S` seconds, so that a thread is never held for ever by a peer that went away
    without a word, and at once when the process stops; the browser comes back with `Last-Event-ID`.
    """
    ends_at = clock() + timedelta(seconds=LIFE_S)
    try:
        yield f"retry: 1500\n\n{frame('hello', {'n': after, 'now': millis(clock())})}"
        while not feed.stopping and clock() < ends_at:
            changes = feed.wait(after, HEARTBEAT_S)
            if changes is None:
                yield frame("beat", {"now": millis(clock())})
                continue
            after = changes.n
            yield frame("changed", as_json(changes, clock()), after)
        yield frame("bye", {"now": millis(clock())})
    finally:
        feed.leave()


def frame(event: str, data: object, event_id: int | None = None) -> str:
    """Write one server-sent event."""
    head = "" if event_id is None else f"id: {event_id}\n"
    return f"{head}event: {event}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"


def as_json(changes: Changes, now: datetime) -> dict[str, object]:
    """Say what changed, the same for the stream and for polling."""
    return {
        "n": changes.n,
        "now": millis(now),
        "cases": list(changes.cases),
        "crews": list(changes.crews),
        "complete": changes.complete,
        "alarms": changes.alarms,
    }


def millis(instant: datetime) -> int:
    """Give an instant as the browser counts: milliseconds since 1970 in UTC."""
    return int(instant.timestamp() * 1000)
