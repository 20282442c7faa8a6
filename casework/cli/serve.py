"""The web process: gunicorn with threads, set up here and started as `python -m casework.cli.serve`."""

import argparse
import importlib
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import structlog
from gunicorn import util
from gunicorn.app.base import BaseApplication

from casework import cores
from casework import settings as settings_module
from casework.cli import single
from casework.settings import SettingsError
from rules.errors import PackInvalid

GRACEFUL_TIMEOUT_S = 5
BACKGROUND_STOP_S = 3.0
MODULE = "app"
APPLICATION = f"{MODULE}:create_app()"

log = structlog.get_logger(__name__)


class Background(Protocol):
    """The sweep, relay and solver that live in the web process when there is only one process."""

    def start(self) -> None:
        """Begin to work in threads of its own."""

    def stop(self, timeout_s: float) -> object:
        """Finish what is begun and end the threads."""


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Where and how to serve; `lock` names the lock file when a single process must hold the database."""

    host: str
    port: int
    processes: int = 1
    threads: int = 64
    lock: Path | None = None


def gunicorn_settings(options: ServeOptions) -> dict[str, object]:
    """Gunicorn's settings, each with its reason where it is not plain."""
    host = f"[{options.host}]" if ":" in options.host else options.host
    return {
        "bind": f"{host}:{options.port}",
        "workers": options.processes,
        "worker_class": "gthread",
        # Open streams hold a thread each; the console admits streams up to 24 fewer than this.
        "threads": options.threads,
        # Kept-alive connections wait in a poller and cost no thread.
        "worker_connections": 1000 + options.threads,
        "keepalive": 15,
        # A process that waits for its predecessor's lock answers nobody for up to 20 s.
        "timeout": 60,
        "graceful_timeout": GRACEFUL_TIMEOUT_S,
        "limit_request_line": 8190,
        "limit_request_fields": 64,
        "limit_request_field_size": 8190,
        # The heartbeat file: on a slow disk its touch could block the process long enough to be shot.
        "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None,  # noqa: S108  (gunicorn unlinks it at once)
        "accesslog": None,
        "loglevel": "warning",
        # Nobody administers gunicorn beside us, and its socket would lie in the home directory.
        "control_socket_disable": True,
        "proc_name": "gongzhi",
        "post_worker_init": start_background,
        "worker_exit": stop_background,
    }


class Server(BaseApplication):
    """Gunicorn told by Python instead of by a file; the application is loaded inside its worker processes."""

    def __init__(self, options: ServeOptions) -> None:
        self._options = options
        self._claim: single.Claim | None = None
        super().__init__()

    def load_config(self) -> None:
        """Hand our settings to gunicorn."""
        for name, value in gunicorn_settings(self._options).items():
            self.cfg.set(name, value)

    def load(self) -> Any:  # noqa: ANN401  (any WSGI application)
        """Take the lock before anything opens the database, then make the application."""
        if self._options.lock is not None:
            self._claim = single.claim(self._options.lock)
        return util.import_app(APPLICATION)


def warm() -> None:
    """Load the program and the packs before any worker is forked, without opening the database.

    A worker that is killed is then back in a tenth of the time, and deadlines wait that much less for it.
    """
    application = importlib.import_module(MODULE)
    # What is wrong with settings or packs is told by the worker that needs them.
    with suppress(SettingsError, PackInvalid):
        application.load_packs(settings_module.load().scenarios)


def start_background(worker: Any) -> None:  # noqa: ANN401  (gunicorn's worker, not annotated)
    """Start the application's background threads, and let a SIGTERM end its open streams at once."""
    extensions = getattr(worker.wsgi, "extensions", {})
    log.info("process_kept_to_core", core=cores.keep_to_one(worker.age - 1))
    background: Background | None = extensions.get("gongzhi_background")
    stopping: threading.Event | None = extensions.get("gongzhi_stopping")
    if stopping is not None:
        _announce_stop(stopping)
    if background is not None:
        background.start()
        log.info("background_started")


def stop_background(_arbiter: object, worker: Any) -> None:  # noqa: ANN401  (gunicorn's worker, not annotated)
    """End the background threads before the process leaves."""
    background: Background | None = getattr(worker.wsgi, "extensions", {}).get("gongzhi_background")
    if background is not None:
        background.stop(BACKGROUND_STOP_S)


def _announce_stop(stopping: threading.Event) -> None:
    """Set `stopping` once the process is told to end: gunicorn cannot cut off streams, so they look at it."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        before = signal.getsignal(number)
        signal.signal(number, _set_then(stopping, before))


def _set_then(stopping: threading.Event, before: Any) -> Callable[[int, FrameType | None], None]:  # noqa: ANN401
    def handle(number: int, frame: FrameType | None) -> None:
        # In a thread: a handler interrupts the main thread, which may hold the event's own lock.
        threading.Thread(target=stopping.set, daemon=True).start()
        if callable(before):
            before(number, frame)

    return handle


def main(arguments: list[str] | None = None) -> None:
    """Serve until told to end."""
    parser = argparse.ArgumentParser(prog="python -m casework.cli.serve", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--threads", type=int, default=64)
    parser.add_argument("--lock", type=Path)
    options = ServeOptions(**vars(parser.parse_args(arguments)))
    warm()
    Server(options).run()


if __name__ == "__main__":
    main()
