"""Child processes kept running: started, watched, restarted with growing pauses, stopped together."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from time import monotonic

import structlog

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
HEALTHY_AFTER_S = 60.0
KILL_AFTER_S = 8.0
_LOOK_EVERY_S = 0.1
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of <sys/prctl.h>

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """One program to keep running; `extra_environment` is added to the parent's own."""

    name: str
    command: tuple[str, ...]
    extra_environment: Mapping[str, str] = field(default_factory=dict)


def restart_pause_s(deaths_in_a_row: int) -> float:
    """How long to wait before the next start: not at all after one death, then 0.5 s, doubling, at most 30 s.

    One death is an accident, and what is due waits for the one who died; two in a row are a fault.
    """
    if deaths_in_a_row <= 1:
        return 0.0
    doublings = min(deaths_in_a_row - 2, 16)  # beyond, the bound holds anyway and floats stay small
    return min(FIRST_PAUSE_S * 2.0**doublings, LONGEST_PAUSE_S)


def deaths_in_a_row(before: int, lived_s: float) -> int:
    """Count one death more; a life of a minute or longer makes it the first of a new row."""
    return 1 if lived_s >= HEALTHY_AFTER_S else before + 1


class Child:
    """A running or resting child."""

    def __init__(self, spec: ChildSpec, elapsed: Callable[[], float]) -> None:
        self.spec = spec
        self._elapsed = elapsed
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._start_at = elapsed()
        self._deaths = 0

    @property
    def pid(self) -> int | None:
        """The process id, while there is a process."""
        return self._process.pid if self._process else None

    def look(self) -> None:
        """Start the child when it is time, and note its death."""
        if self._process is None:
            if self._elapsed() >= self._start_at:
                self._start()
        elif (code := self._process.poll()) is not None:
            self._note_death(code)

    def signal(self, number: signal.Signals) -> None:
        """Tell the child, and on SIGKILL all that it started."""
        if self._process is None:
            return
        # It may end between the look and the signal, which is what the signal wants.
        with suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self._process.pid, number)
            elif self._process.poll() is None:
                self._process.send_signal(number)

    def has_ended(self) -> bool:
        """Whether no process is left to wait for."""
        return self._process is None or self._process.poll() is not None

    def _start(self) -> None:
        # A group of its own: Ctrl-C in the terminal reaches the parent alone, which stops the children.
        self._process = subprocess.Popen(  # noqa: S603  (the commands are our own)
            self.spec.command,
            env={**os.environ, **self.spec.extra_environment},
            start_new_session=True,
            preexec_fn=partial(_die_with, os.getpid()) if sys.platform == "linux" else None,  # noqa: PLW1509  (the parent has one thread)
        )
        self._started_at = self._elapsed()
        log.info("child_started", child=self.spec.name, pid=self._process.pid)

    def _note_death(self, code: int) -> None:
        lived_s = self._elapsed() - self._started_at
        self._deaths = deaths_in_a_row(self._deaths, lived_s)
        pause_s = restart_pause_s(self._deaths)
        # What a killed child left behind (the workers of a web server) would hold its port and its lock.
        self.signal(signal.SIGKILL)
        log.warning(
            "child_died",
            child=self.spec.name,
            exit_code=code,
            lived_s=round(lived_s, 1),
            restart_in_s=pause_s,
        )
        self._process = None
        self._start_at = self._elapsed() + pause_s


_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with(parent: int) -> None:
    """Ask the kernel to end this child should its parent be killed and leave it alone.

    The parent's own handler would swallow the signal between here and the new program, and a parent that is
    gone already sends none.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if _LIBC is not None:
        _LIBC.prctl(_DIE_WITH_PARENT, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


class Supervisor:
    """Keeps its children running until told to stop; knows nothing of what they do."""

    def __init__(self, specs: Iterable[ChildSpec], *, elapsed: Callable[[], float] = monotonic) -> None:
        self._elapsed = elapsed
        self.stopping = Event()
        self._hurry = False
        self.children = [Child(spec, elapsed) for spec in specs]

    def stop(self, *_: object) -> None:
        """End the watch; a second call ends the children without waiting. Fit for a signal handler."""
        self._hurry = self.stopping.is_set()
        self.stopping.set()

    def run(self, *, on_look: Callable[[], None] = lambda: None) -> None:
        """Keep the children running until `stop`, calling `on_look` ten times a second; then end them all."""
        try:
            while not self.stopping.is_set():
                for child in self.children:
                    child.look()
                on_look()
                self.stopping.wait(_LOOK_EVERY_S)
        finally:
            self._end_children()

    def _end_children(self) -> None:
        log.info("stopping", children=[child.spec.name for child in self.children])
        for child in self.children:
            child.signal(signal.SIGTERM)
        give_up_at = self._elapsed() + KILL_AFTER_S
        pause = Event()
        while not all(child.has_ended() for child in self.children):
            if self._hurry or self._elapsed() >= give_up_at:
                break
            pause.wait(_LOOK_EVERY_S)
        for child in self.children:
            if not child.has_ended():
                log.warning("child_killed", child=child.spec.name, waited_s=KILL_AFTER_S)
            child.signal(signal.SIGKILL)
        log.info("stopped")
