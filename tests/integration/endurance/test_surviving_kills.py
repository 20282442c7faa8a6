"""Short versions of `benchmarks/kill.py`: real processes, a few deaths each."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "kill.py"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def kind(request):
    if request.param == "postgresql":
        request.getfixturevalue("postgresql_url")  # left out where no server is installed
    return request.param


def kill(kind, part, scale):
    command = [sys.executable, SCRIPT, "--database", kind, "--part", part, "--scale", str(scale)]
    finished = subprocess.run(  # noqa: S603  (our own script)
        [*command, "--rate", "40"], capture_output=True, text=True, check=False, timeout=240
    )
    return finished.returncode, finished.stdout + finished.stderr


def test_accepted_events_are_there_once_after_kills(kind):
    status, said = kill(kind, "events", 0.02)

    assert status == 0, said


def test_deadlines_fire_once_although_workers_die(kind):
    status, said = kill(kind, "deadlines", 0.005)

    assert status == 0, said


def test_texts_go_out_once_although_the_provider_fails_and_the_worker_dies(kind):
    status, said = kill(kind, "texts", 0.03)

    assert status == 0, said
