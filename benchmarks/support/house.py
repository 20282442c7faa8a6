"""A house of a benchmark's own: its database, its processes on free ports, its keys; ended by process id."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import structlog

import app
import migrations
from benchmarks.support import machine, postgres
from casework import settings as settings_module
from casework.clock import system_clock
from casework.demo import city, loading
from casework.domain.people import Scope, Source
from casework.services import accounts
from casework.services.runtime import Runtime
from casework.settings import Settings

SOURCE = "benchmark"
KEY = "benchmark-key-that-opens-a-throw-away-database"
ROOT = settings_module.ROOT
FLASK = (sys.executable, "-m", "flask", "--app", "app")


def free_port() -> int:
    """Find a loopback port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Process:
    """One program in a session of its own, its words kept in a file."""

    def __init__(self, command: tuple[str, ...], environment: Mapping[str, str], log: Path) -> None:
        self._command = command
        self._environment = {**os.environ, **environment}
        self._log = log
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of the program that runs now."""
        if self._running is None:
            raise RuntimeError("not started")
        return self._running.pid

    def start(self) -> None:
        """Start the program."""
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(  # noqa: S603  (our own programs)
                self._command,
                env=self._environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def cpu_s(self) -> float:
        """Answer the processor time that the program and the processes it started have used, in seconds."""
        return sum(_cpu_s(pid) for pid in (self.pid, *children_of(self.pid)))

    def signal(self, number: int) -> None:
        """Send a signal to the program and all it started, and wait for its end."""
        if self._running is None:
            return
        with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
            os.killpg(self._running.pid, number)
        try:
            self._running.wait(timeout=12)
        except subprocess.TimeoutExpired:
            os.killpg(self._running.pid, signal.SIGKILL)
            self._running.wait()

    def kill(self) -> None:
        """End the program and all it started without a word."""
        self.signal(signal.SIGKILL)

    def stop(self) -> None:
        """End the program in order, or by force after 12 s."""
        self.signal(signal.SIGTERM)


def children_of(pid: int) -> list[int]:
    """List the processes that a process has started, those of its children included."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        own = [int(number) for number in listed.read_text().split()]
    except FileNotFoundError:
        return []  # it ended while we looked
    return own + [further for child in own for further in children_of(child)]


def _cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class House:
    """A database with the demo city and one source without bounds, and what is needed to run processes."""

    def __init__(self, database_url: str, folder: Path, server: postgres.Server | None, **extra: str) -> None:
        self.folder = folder
        self.database_url = database_url
        self.server = server
        self.port = free_port()
        self.environment = {
            "GONGZHI_DATABASE_URL": database_url,
            "GONGZHI_DEMO": "1",
            "GONGZHI_PUBLIC_URL": self.url,
            **extra,
        }
        self.settings: Settings = settings_module.parse(self.environment)
        self.processes: list[Process] = []

    @property
    def url(self) -> str:
        """Where the service listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_sqlite(self) -> bool:
        """Whether one process does everything."""
        return self.settings.one_process

    def prepare(self) -> None:
        """Make the schema, the demo city and the benchmark's source."""
        migrations.upgrade(self.settings.database_url)
        with self.runtime() as runtime:
            loading.load(
                city.demo_city(), uows=runtime.uows, clock=system_clock, zone=runtime.settings.timezone
            )
            put_source(runtime)

    @contextmanager
    def runtime(self) -> Iterator[Runtime]:
        """Open the house in this process; on SQLite only while no other serves."""
        runtime = app.create_runtime(self.settings)
        try:
            yield runtime
        finally:
            runtime.close()

    def web(self, processes: int = 2) -> Process:
        """Make the serving process, not yet started; on SQLite it does the background work too."""
        command = (sys.executable, "-m", "casework.cli.serve", "--port", str(self.port))
        command += (
            ("--lock", str(self.folder / "lock")) if self.is_sqlite else ("--processes", str(processes))
        )
        return self._process(command, "web")

    def worker(self, number: int = 1) -> Process:
        """Make a background process, not yet started; PostgreSQL only."""
        return self._process((*FLASK, "work"), f"worker-{number}")

    def double(self, port: int, **faults: Any) -> Process:  # noqa: ANN401  (as the double takes them)
        """Start a double of the SMS provider with its faults switched on."""
        process = self._process((*FLASK, "dev", "fake-sms", "--port", str(port)), "double")
        process.start()
        wait_for(port, "/__faults")
        if faults:
            answer = ask(port, "POST", "/__faults", json.dumps(faults))
            if answer is None or answer[0] != http.client.OK:
                raise RuntimeError(f"the double did not take its faults: {answer}")
        return process

    def wait_until_it_serves(self) -> None:
        """Wait for the first answer."""
        wait_for(self.port, "/healthz")

    def stop(self) -> None:
        """End whatever runs."""
        for process in self.processes:
            process.stop()

    def log_tail(self, characters: int = 3000) -> str:
        """Answer the last words of each process."""
        texts = [
            f"--- {log.name}\n{log.read_text(errors='replace')[-characters:]}"
            for log in sorted(self.folder.glob("*.log"))
        ]
        return "\n".join(texts)

    def _process(self, command: tuple[str, ...], name: str) -> Process:
        process = Process(command, self.environment, self.folder / f"{name}.log")
        self.processes.append(process)
        return process


def put_source(runtime: Runtime) -> None:
    """Register the benchmark's source, whose rate is practically without bounds."""
    source = Source(
        name=SOURCE,
        title=SOURCE,
        owner=SOURCE,
        key_hashes=(),
        scopes=frozenset({Scope.EVENTS}),
        rate_per_s=1e9,
        burst=10**9,
    )
    accounts.put_source(source, KEY, uows=runtime.uows)


@contextmanager
def made(kind: str, *, sms_port: int | None = None, **extra: str) -> Iterator[House]:
    """Make a prepared house on `sqlite` or `postgresql`, and remove it with its processes at the end.

    With `sms_port` its texts go to a double of the provider on that port.
    """
    quiet()
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="gongzhi-benchmark-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = stack.enter_context(postgres.running()) if kind == "postgresql" else None
        url = server.make_database("gongzhi") if server else f"sqlite:///{folder / 'gongzhi.sqlite3'}"
        if sms_port is not None:
            extra |= twilio(sms_port)
        house = House(url, folder, server, **extra)
        stack.callback(house.stop)
        house.prepare()
        yield house


def twilio(port: int) -> dict[str, str]:
    """Answer the settings that send texts to a double of the provider."""
    return {
        "GONGZHI_SMS": "twilio",
        "GONGZHI_TWILIO_API_BASE": f"http://127.0.0.1:{port}",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "demo",
        "TWILIO_FROM": "+15005550006",
    }


def quiet() -> None:
    """Keep the house's log out of the benchmark's own output; processes write theirs into files."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))


def ask(port: int, method: str, path: str, body: str | None = None) -> tuple[int, bytes] | None:
    """Make one request; None where nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def wait_for(port: int, path: str, within_s: float = 60.0) -> float:
    """Wait until an address answers 200; answer after how many seconds that was."""
    began = monotonic()
    while monotonic() - began < within_s:
        answer = ask(port, "GET", path)
        if answer is not None and answer[0] == http.client.OK:
            return monotonic() - began
        machine.pause(0.02)
    raise RuntimeError(f"nobody answered {path} within {within_s:g} s")
