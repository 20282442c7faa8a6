"""Bells between the entrances of one process: "there is something for you", never more than that.

A bell that is not heard, for its hearer lives in another process, costs a fraction of a second: every
hearer also looks by itself.
"""

import threading
from time import monotonic

_BUSY_S = 0.05
"""A crowd is being answered while commits of the inbox follow each other this closely."""


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
        self._crowded_at = float("-inf")

    def events_came(self) -> None:
        """Ring for triage after a commit of the inbox."""
        now = monotonic()
        if now - self._came_at < _BUSY_S:
            self._crowded_at = now
        self._came_at = now
        self.triage.set()

    def crowded(self) -> bool:
        """Whether commit follows commit just now, so that many senders wait for this process's answers."""
        return monotonic() - self._crowded_at < _BUSY_S

    def ring_all(self) -> None:
        """Let everyone look, at a tick or at the end."""
        for bell in (self.triage, self.solver, self.relay, self.sweep, self.reconcile, self.rehearse):
            bell.set()
