"""The real service under its real parent, on a SQLite file of its own, killed and stopped."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic

import psutil
import pytest

PROJECT = Path(__file__).parents[3]


@dataclass
class Service:
    parent: psutil.Popen
    port: int

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except OSError:
            return False
        finally:
            connection.close()
        return True

    def wait_until_it_answers(self, *, not_by: psutil.Process | None = None) -> None:
        give_up_at, pause = monotonic() + 40, Event()
        while (not_by is not None and not_by.is_running()) or not self.answers():
            assert monotonic() < give_up_at, "the service did not answer in time"
            pause.wait(0.1)

    def web(self) -> psutil.Process:
        return next(child for child in self.parent.children() if "casework.cli.serve" in child.cmdline())


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    environment = {
        **os.environ,
        "GONGZHI_DATABASE_URL": f"sqlite:///{tmp_path / 'gongzhi.sqlite3'}",
        "GONGZHI_SECRET_KEY": "a secret of this test and no other",
    }
    command = [sys.executable, "-m", "casework.cli.supervise", "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        parent = psutil.Popen(command, cwd=PROJECT, env=environment, stdout=log, stderr=log)
    running = Service(parent, port)
    running.wait_until_it_answers()
    yield running
    if parent.is_running():
        parent.send_signal(signal.SIGTERM)
    parent.wait(timeout=15)


def test_a_killed_server_is_back_and_its_workers_do_not_outlive_it(service: Service) -> None:
    arbiter = service.web()
    worker = arbiter.children()[0]

    arbiter.kill()

    service.wait_until_it_answers(not_by=worker)
    assert service.web().pid != arbiter.pid


def test_a_killed_worker_is_back(service: Service) -> None:
    worker = service.web().children()[0]

    worker.kill()

    service.wait_until_it_answers(not_by=worker)


def test_a_stop_ends_every_process_within_ten_seconds_and_is_no_failure(service: Service) -> None:
    processes = service.parent.children(recursive=True)
    begun = monotonic()

    service.parent.send_signal(signal.SIGTERM)

    assert service.parent.wait(timeout=15) == 0
    assert monotonic() - begun < 10
    assert not any(process.is_running() for process in processes)


def test_settings_that_cannot_be_used_stop_the_start_with_a_sentence() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "casework.cli.supervise"],
        cwd=PROJECT,
        env={**os.environ, "GONGZHI_LANGAUGE": "en"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert finished.returncode == 2
    assert "GONGZHI_LANGAUGE is no setting of Gongzhi" in finished.stderr
    assert "Traceback" not in finished.stderr
