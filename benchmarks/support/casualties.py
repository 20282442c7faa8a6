"""Background processes that are killed at any moment and are back at once.

A fork server loads the program and the packs a single time and forks every worker from there, so that many
deaths fit into a minute; the workers themselves are the product's own.
"""

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.synchronize import Event
from random import Random

from benchmarks.support import house, machine

# The fork server is not told of our `sys.path`, and leaves out in silence what it cannot import.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(house.ROOT), os.environ.get("PYTHONPATH")]))
FORKS: ForkServerContext = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["benchmarks.support.warm"])


READY_WITHIN_S = 10.0
TELL_EVERY_S = 5.0


def _work(environment: dict[str, str], ready: Event) -> None:
    from benchmarks.support import warm  # noqa: PLC0415  (loaded in the fork server, not in the benchmark)

    warm.work(environment, ready)


class Casualties:
    """Some workers on one house; `kill_one` kills one without a word and waits for its successor."""

    def __init__(self, environment: dict[str, str], count: int) -> None:
        self._environment = environment
        self._workers = [self._start() for _ in range(count)]
        for _, ready in self._workers:
            ready.wait(60.0)  # the first also waits for the fork server
        self.kills = 0

    def kill_one(self, random: Random) -> None:
        """SIGKILL one of the workers, drawn from `random`."""
        index = random.randrange(len(self._workers))
        worker, _ = self._workers[index]
        worker.kill()
        worker.join()
        self._workers[index] = self._start()
        self._workers[index][1].wait(READY_WITHIN_S)
        self.kills += 1

    def stop(self) -> None:
        """End all workers in order."""
        for worker, _ in self._workers:
            worker.terminate()
        for worker, _ in self._workers:
            worker.join(timeout=10)
            if worker.is_alive():
                worker.kill()

    def _start(self) -> tuple[ForkServerProcess, Event]:
        ready = FORKS.Event()
        worker = FORKS.Process(target=_work, args=(self._environment, ready))
        worker.start()
        return worker, ready


def keep_killing(
    kill: Callable[[], None],
    *,
    between_s: tuple[float, float],
    random: Random,
    until: threading.Event,
) -> threading.Thread:
    """Call `kill` again and again from a thread, with random pauses, until told to end."""

    def run() -> None:
        while not until.wait(random.uniform(*between_s)):
            kill()

    thread = threading.Thread(target=run, name="killer")
    thread.start()
    return thread


def progress(what: str, done: int, of: int, kills: int) -> None:
    """Say how far it is."""
    machine.say(f"  {what} {done:,} of {of:,}, {kills} kills")


def verdict(name: str, wrong: Sequence[str]) -> bool:
    """Print the line that says whether a part held; answer whether it did."""
    machine.say(f"verdict: {name}: " + ("BROKEN: " + "; ".join(wrong) if wrong else "held"))
    return not wrong
