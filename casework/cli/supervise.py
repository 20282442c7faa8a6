"""The parent of the running service: prepares the database, keeps every process running, stops them all."""

import argparse
import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from time import monotonic

from dotenv import dotenv_values

from casework import logs
from casework import settings as settings_module
from casework.cli import children, plan
from casework.cli.plan import Options

READY_WITHIN_S = 60.0


class NotPrepared(Exception):
    """The database could not be prepared; the command that failed has said why."""


def free_port() -> int:
    """Find a port on the loopback address that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def prepare(options: Options, extra: Mapping[str, str]) -> None:
    """Bring the database up to date and, in the demo, fill an empty one with the demo city."""
    steps = [("Preparing the database", ("db", "upgrade"))]
    if options.demo:
        steps.append(("Loading the demo city", ("dev", "seed-demo")))
    for title, command in steps:
        say(title)
        environment = {**os.environ, **extra}
        finished = subprocess.run((*plan.FLASK, *command), env=environment, check=False)  # noqa: S603  (our own)
        if finished.returncode:
            raise NotPrepared(f"{title} failed: flask --app app {' '.join(command)}")


def say(line: str) -> None:
    """Print for the person at the terminal, at once also where output is a file."""
    print(line, flush=True)


def is_ready(host: str, port: int) -> bool:
    """Whether the service says that it can do its work."""
    connection = http.client.HTTPConnection(host, port, timeout=1)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Announcement:
    """Prints where to go once the service answers, or that it does not within a minute; no thread of its own.

    The parent forks its children, which is safe only while it has a single thread.
    """

    def __init__(
        self, lines: list[str], *, ready: Callable[[], bool], elapsed: Callable[[], float] = monotonic
    ) -> None:
        self._lines = lines
        self._ready = ready
        self._elapsed = elapsed
        self._warn_at = elapsed() + READY_WITHIN_S
        self._ask_at = 0.0
        self._done = False

    def look(self) -> None:
        """Ask the service twice a second until it is ready."""
        now = self._elapsed()
        if self._done or now < self._ask_at:
            return
        self._ask_at = now + 0.5
        if self._ready():
            say("\n".join(self._lines))
            self._done = True
        elif now >= self._warn_at:
            say("Not ready after a minute; the lines above tell why. Still trying.")
            self._warn_at = float("inf")


def parse(arguments: list[str] | None = None) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m casework.cli.supervise", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--demo", action="store_true", help="fill an empty database with the demo city")
    parser.add_argument("--simulation", action="store_true", help="let the people of the demo city act")
    parser.add_argument("--speed", type=float, default=1.0, help="of the simulation; 2 is twice as busy")
    return Options(**vars(parser.parse_args(arguments)), sms_port=free_port())


def main(arguments: list[str] | None = None) -> int:
    """Prepare, run until a signal, stop; answers the exit status."""
    logs.configure()
    options = parse(arguments)
    in_file = {name: value for name, value in dotenv_values(settings_module.ROOT / ".env").items() if value}
    operators = {**in_file, **os.environ}
    extra = plan.demo_environment(options, operators)
    try:
        settings = settings_module.load({**operators, **extra})
        specs = plan.processes(settings, options, operators)
        supervisor = children.Supervisor(specs)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, supervisor.stop)
        prepare(options, extra)
    except settings_module.SettingsError as reason:
        print(reason, file=sys.stderr)
        return 2
    except NotPrepared as reason:
        print(reason, file=sys.stderr)
        return 1
    announcement = Announcement(
        plan.greeting(options, operators), ready=lambda: is_ready(options.visited_host, options.port)
    )
    supervisor.run(on_look=announcement.look)
    return 0


if __name__ == "__main__":
    sys.exit(main())
