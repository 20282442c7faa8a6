"""Bells between the entrances of one process: "there is something for you", never more than that.

A bell that is not heard, for its hearer lives in another process, costs a fraction of a second: every
hearer also looks by itself.
"""

import threading
from time import monotonic

_BUSY_S = 0.05
"""Callers are being answered while commits of the inbox follow each other this closely."""


class Bells:
    """One bell for each kind of work."""

    def __init__(self) -> None:
        self.triage = threading.Event()
        self.solver = threading.Event()
        self.relay = threading.Event()
        self.sweep = threading.Event()
        self.reconcile = threading.Event()
        self.rehearse = threading.Event()
        self.stopping = threading.Event()
        self._came_at = float("-inf")

    def events_came(self) -> None:
        """Ring for triage after a commit of the inbox."""
        self._came_at = monotonic()
        self.triage.set()

    def callers_wait(self) -> bool:
        """Whether events are coming in just now, whose senders wait for an answer from this process."""
        return monotonic() - self._came_at < _BUSY_S

    def ring_all(self) -> None:
        """Let everyone look, at a tick or at the end."""
        for bell in (self.triage, self.solver, self.relay, self.sweep, self.reconcile, self.rehearse):
            bell.set()
