"""The lock that keeps a SQLite file with one process, also while a killed one is still on its way out."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from threading import Event
from time import monotonic

_ASK_AGAIN_S = 0.1


class AnotherProcessServes(Exception):
    """Another process holds this database; two that share a SQLite file starve each other."""


class Claim:
    """A held lock; it ends with the process at the latest, because the kernel owns it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Let the next process in."""
        os.close(self._descriptor)


def claim(
    path: Path,
    *,
    wait_s: float = 20.0,
    pause: Callable[[float], object] | None = None,
    elapsed: Callable[[], float] = monotonic,
) -> Claim:
    """Hold the lock file at `path`, waiting up to `wait_s` seconds for a process that is about to end.

    When the parent of a serving process is killed, that process lives on for a moment. Its successor
    waits here before it opens the database. Raises `AnotherProcessServes` with the holder's process id.
    """
    pause = pause or Event().wait
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    give_up_at = elapsed() + wait_s
    while not _lock(descriptor):
        if elapsed() >= give_up_at:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise AnotherProcessServes(
                f"process {holder or 'unknown'} still holds {path} after {wait_s:g} s; stop it first"
            )
        pause(_ASK_AGAIN_S)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode("ascii"), 0)
    return Claim(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
