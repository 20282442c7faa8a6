"""Senders: threads that hand texts to their channels, and one that keeps what came of it.

A provider is waited for by many threads at a time. What it answered is kept by one, in one commit for all
that came meanwhile: as many commits as texts would hold up everybody else who writes.
"""

import queue
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import structlog

from casework.domain.messages import Message
from casework.services import relaying
from casework.services.relaying import Attempt
from casework.services.runtime import Runtime

log = structlog.get_logger(__name__)

SENDERS = 24
GATHER_S = 0.02
"""An outcome waits so long for others to share its commit: a text that is out is in no hurry to be booked."""


class Senders:
    """Sends up to `SENDERS` texts at a time; `start` and `stop` once each."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._pool = ThreadPoolExecutor(SENDERS, thread_name_prefix="relay")
        self._ended: queue.SimpleQueue[Attempt | None] = queue.SimpleQueue()
        self._keeper = threading.Thread(target=self._keep_all, name="relay-keeper", daemon=True)
        self._counting = threading.Lock()
        self._in_flight = 0
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin to keep outcomes."""
        self._keeper.start()

    def stop(self, timeout_s: float) -> bool:
        """Begin no further text and keep what has come; answer whether that ended in time."""
        self._stopping.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._ended.put(None)
        self._keeper.join(timeout_s)
        return not self._keeper.is_alive()

    @property
    def free(self) -> int:
        """How many texts more may be begun."""
        with self._counting:
            return SENDERS - self._in_flight

    def begin(self, messages: Iterable[Message]) -> None:
        """Hand claimed texts over; the outcomes are kept later."""
        for message in messages:
            self._count(1)
            self._pool.submit(self._send, message)

    def _send(self, message: Message) -> None:
        runtime = self._runtime
        attempt = None
        try:
            attempt = relaying.attempt(runtime.house(), runtime.clock, message)
        except Exception:  # the outermost frame of a pool's thread; the row stays `sending` and is reconciled
            log.exception("relay_failed", message_id=message.id)
        if attempt is not None:
            self._ended.put(attempt)  # its sender counts as busy until the outcome is kept
        else:
            self._count(-1)

    def _keep_all(self) -> None:
        while not (self._stopping.is_set() and self._ended.empty()):
            first = self._ended.get()
            self._stopping.wait(GATHER_S)
            group = [first]
            while len(group) < SENDERS and not self._ended.empty():
                group.append(self._ended.get())
            attempts = [attempt for attempt in group if attempt is not None]
            if attempts:
                self._keep(attempts)

    def _keep(self, attempts: list[Attempt]) -> None:
        runtime = self._runtime
        try:
            relaying.settle(runtime.uows, runtime.house(), attempts)
        except Exception:  # the outermost frame of a thread that must live on; the rows are reconciled
            log.exception("outcomes_not_kept", attempts=len(attempts))
        finally:
            self._count(-len(attempts))
            runtime.bells.relay.set()

    def _count(self, more: int) -> None:
        with self._counting:
            self._in_flight += more
