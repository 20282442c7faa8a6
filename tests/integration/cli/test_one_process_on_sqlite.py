"""The lock that keeps two processes from sharing one SQLite file."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.cli import single

HOLDER = """
import sys, time
from pathlib import Path
from casework.cli import single
held = single.claim(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(600)
"""
Holder = subprocess.Popen[bytes]
PROJECT = Path(__file__).parents[3]


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "var" / "gongzhi.lock"


@pytest.fixture
def holder(lock: Path) -> Iterator[Holder]:
    command = [sys.executable, "-c", HOLDER, str(lock)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT) as process:  # noqa: S603  (our own)
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_a_second_process_is_refused_with_the_number_of_the_first(lock: Path, holder: Holder) -> None:
    with pytest.raises(single.AnotherProcessServes, match=f"process {holder.pid} still holds"):
        single.claim(lock, wait_s=0.2)


def test_a_newcomer_waits_until_its_killed_predecessor_is_gone(lock: Path, holder: Holder) -> None:
    asked = []

    def kill_the_holder_at_the_third_asking(_pause_s: float) -> None:
        asked.append(1)
        if len(asked) == 3:
            holder.kill()
            holder.wait()

    held = single.claim(lock, wait_s=20, pause=kill_the_holder_at_the_third_asking)

    assert len(asked) == 3
    held.release()


def test_a_released_claim_lets_the_next_one_in_at_once(lock: Path) -> None:
    single.claim(lock, wait_s=0).release()

    single.claim(lock, wait_s=0).release()
