"""The parent of the service with real children that are killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

PROJECT = Path(__file__).parents[3]
Start = Callable[[str], psutil.Process]

PARENT = """
import signal, sys
from casework.cli.children import ChildSpec, Supervisor
supervisor = Supervisor([ChildSpec("child", (sys.executable, "-c", sys.argv[1]))])
signal.signal(signal.SIGTERM, supervisor.stop)
supervisor.run()
"""
QUIET_CHILD = "import time\nwhile True: time.sleep(1)"
CHILD_WITH_GRANDCHILD = (
    "import subprocess, sys, time\n"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "while True: time.sleep(1)"
)
STUBBORN_CHILD = (
    "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: time.sleep(1)"
)


def wait_for(look: Callable[[], Any], within_s: float = 15.0) -> Any:
    give_up_at = time.monotonic() + within_s
    while not (found := look()):
        assert time.monotonic() < give_up_at, "did not happen in time"
        os.sched_yield()
    return found


@pytest.fixture
def start() -> Iterator[Start]:
    begun: list[subprocess.Popen[bytes]] = []

    def _start(child: str) -> psutil.Process:
        command = [sys.executable, "-c", PARENT, child]
        begun.append(subprocess.Popen(command, cwd=PROJECT))  # noqa: S603  (our own program)
        return psutil.Process(begun[-1].pid)

    yield _start
    for parent in begun:
        if parent.poll() is None:
            parent.send_signal(signal.SIGTERM)
        parent.wait(timeout=15)


def child_of(parent: psutil.Process) -> psutil.Process:
    return wait_for(lambda: next(iter(parent.children()), None))


def test_a_killed_child_is_started_again(start: Start) -> None:
    parent = start(QUIET_CHILD)
    first = child_of(parent)

    first.kill()

    second = wait_for(lambda: next((child for child in parent.children() if child.pid != first.pid), None))
    assert second.is_running()


def test_what_a_killed_child_leaves_behind_is_killed_before_its_successor_starts(start: Start) -> None:
    parent = start(CHILD_WITH_GRANDCHILD)
    first = child_of(parent)
    orphan = wait_for(lambda: next(iter(first.children()), None))

    first.kill()

    wait_for(lambda: next((child for child in parent.children() if child.pid != first.pid), None))
    wait_for(lambda: not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE)


def test_a_parent_that_is_killed_takes_its_children_along(start: Start) -> None:
    parent = start(QUIET_CHILD)
    child = child_of(parent)

    parent.kill()

    wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_a_child_that_does_not_hear_is_killed_within_ten_seconds(start: Start) -> None:
    parent = start(STUBBORN_CHILD)
    child = child_of(parent)
    wait_for(lambda: _ignores_sigterm(child.pid))

    parent.terminate()

    parent.wait(timeout=10)
    assert not child.is_running()


def _ignores_sigterm(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    ignored = next(line for line in status.splitlines() if line.startswith("SigIgn:"))
    return bool(int(ignored.split()[1], 16) >> (signal.SIGTERM - 1) & 1)
