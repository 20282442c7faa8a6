"""Status reports, sent in the background: each text goes through its states in order, many texts at once."""

import heapq
import itertools
import threading
import time
from dataclasses import dataclass

from notifications.double import calls
from notifications.double.book import Book, Entry
from notifications.double.config import DoubleConfig
from notifications.double.faults import FaultSwitch
from notifications.double.magic import AT_DELIVERY

_WORKERS = 4
_IDLE_S = 1.0
_FAILED_STATES = {"undelivered", "failed"}
_EXPIRED = 30036


@dataclass(frozen=True, slots=True)
class _Step:
    sid: str
    states: tuple[str, ...]
    error: int | None


class Reporter:
    """Moves texts through their states and calls the product at each; `close` ends its threads."""

    def __init__(self, config: DoubleConfig, book: Book, faults: FaultSwitch) -> None:
        self.arrived = 0
        self.failed = 0
        self._config = config
        self._book = book
        self._faults = faults
        self._queue: list[tuple[float, int, _Step]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._closed = False
        self._threads: list[threading.Thread] = []

    def follow(self, entry: Entry) -> None:
        """Begin to report on a text that was just taken."""
        error = AT_DELIVERY.get(entry.to)
        last = "undelivered" if error else "delivered"
        if entry.validity_s is not None and 2 * self._config.callback_delay_s >= entry.validity_s:
            self._put(_Step(entry.sid, ("queued", "failed"), _EXPIRED))
        else:
            # Nobody hears the states between of a text without a callback, so they are skipped.
            states = ("queued", "sent", last) if entry.callback else (last,)
            self._put(_Step(entry.sid, states[::-1] if self._faults.shuffles_callbacks() else states, error))

    def close(self) -> None:
        """Stop reporting; what is still queued is dropped, as a provider's outage would."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=_IDLE_S)

    def _put(self, step: _Step) -> None:
        due = time.monotonic() + self._config.callback_delay_s
        with self._changed:
            item = (due, next(self._order), step)
            heapq.heappush(self._queue, item)
            if self._queue[0] is item:
                # Otherwise somebody already waits for an earlier one; waking more would only cost.
                self._changed.notify()
            if len(self._threads) < _WORKERS and not self._closed:
                thread = threading.Thread(target=self._work, name="double-callbacks", daemon=True)
                self._threads.append(thread)
                thread.start()

    def _work(self) -> None:
        while (step := self._next()) is not None:
            self._report(step)
            if len(step.states) > 1:
                self._put(_Step(step.sid, step.states[1:], step.error))

    def _next(self) -> _Step | None:
        with self._changed:
            while not self._closed:
                if not self._queue:
                    self._changed.wait(_IDLE_S)
                    continue
                wait_s = self._queue[0][0] - time.monotonic()
                if wait_s <= 0:
                    return heapq.heappop(self._queue)[2]
                self._changed.wait(min(wait_s, _IDLE_S))
        return None

    def _report(self, step: _Step) -> None:
        state = step.states[0]
        error = step.error if state in _FAILED_STATES else None
        entry = self._book.find(step.sid)
        if entry is not None and state != "queued":
            entry = self._book.advance(step.sid, state, self._config.clock(), error)
        if entry is None or entry.callback is None or self._faults.loses_callback():
            return
        fields = _fields(entry, state, error, self._config.account_sid)
        for _ in range(2 if self._faults.repeats_callback() else 1):
            arrived = calls.post_form(entry.callback, fields, self._config.auth_token).arrived
        with self._changed:
            self.arrived += arrived
            self.failed += not arrived


def _fields(entry: Entry, state: str, error: int | None, account_sid: str) -> dict[str, str]:
    fields = {
        "AccountSid": account_sid,
        "ApiVersion": "2010-04-01",
        "From": entry.sender,
        "MessageSid": entry.sid,
        "MessageStatus": state,
        "SmsSid": entry.sid,
        "SmsStatus": state,
        "To": entry.to,
    }
    return fields | ({"ErrorCode": str(error)} if error else {})
