"""Sends events as fast as they are taken: with `wrk` where it is installed, else from own processes."""

import http.client
import json
import multiprocessing
import shutil
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from benchmarks.support import events, machine
from benchmarks.support.house import KEY, SOURCE

_SCRIPT = Path(__file__).with_name("events.lua")
_ADDRESS = "/api/v1/events"
_PROCESSES = 2
_ACCEPTED = 202


@dataclass(frozen=True, slots=True)
class Result:
    """What a run of requests came to; times in seconds."""

    generator: str
    requests: int
    seconds: float
    refused: int
    broken: int
    p50: float
    p95: float
    p99: float
    max: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    @property
    def latency(self) -> str:
        """The answers' times in milliseconds."""
        named = (("p50", self.p50), ("p95", self.p95), ("p99", self.p99), ("max", self.max))
        return ", ".join(f"{name} {value * 1000:.1f}" for name, value in named) + " ms"


def run(port: int, *, connections: int, seconds: float, many: int, prefix: str) -> Result:
    """Send requests of `many` events each over so many connections for so long; every event is new."""
    program = shutil.which("wrk")
    if program:
        return _wrk(program, port, connections, seconds, many, prefix)
    return _own(port, connections, seconds, many, prefix)


def _wrk(program: str, port: int, connections: int, seconds: float, many: int, prefix: str) -> Result:
    command = [program, "-t2", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "20s", "-s", str(_SCRIPT)]
    command += [f"http://127.0.0.1:{port}{_ADDRESS}", "--", KEY, SOURCE, prefix, str(many)]
    finished = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  (the installed wrk)
    return Result(generator="wrk", **json.loads(finished.stdout.strip().splitlines()[-1]))


def _own(port: int, connections: int, seconds: float, many: int, prefix: str) -> Result:
    context = multiprocessing.get_context("spawn")
    share = connections // _PROCESSES
    with context.Pool(_PROCESSES) as pool:
        tasks = [(port, share, seconds, many, f"{prefix}-{number}") for number in range(_PROCESSES)]
        began = perf_counter()
        parts = pool.starmap(_send_from_threads, tasks)
        took = perf_counter() - began
    times = [time for part in parts for time in part[0]]
    p50, p95, p99 = (machine.percentile(times, at) for at in (0.5, 0.95, 0.99))
    refused, broken = sum(part[1] for part in parts), sum(part[2] for part in parts)
    return Result("own client", len(times), took, refused, broken, p50, p95, p99, max(times))


def _send_from_threads(
    port: int, connections: int, seconds: float, many: int, prefix: str
) -> tuple[list[float], int, int]:
    times: list[float] = []
    failures = [0, 0]

    def send(name: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        kind = events.BATCH if many > 1 else events.SINGLE
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": kind}
        until, number = perf_counter() + seconds, 0
        while perf_counter() < until:
            batch = [events.reading(f"{name}-{number + index}") for index in range(many)]
            number += many
            body = events.written(batch if many > 1 else batch[0])
            began = perf_counter()
            try:
                connection.request("POST", _ADDRESS, body, headers)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                failures[1] += 1
                continue
            times.append(perf_counter() - began)
            failures[0] += answer.status != _ACCEPTED

    threads = [threading.Thread(target=send, args=(f"{prefix}-{number}",)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, failures[0], failures[1]
