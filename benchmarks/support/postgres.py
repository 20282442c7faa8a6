"""A PostgreSQL server of a benchmark's own that can be broken off and started again."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.support import machine

USER = "gongzhi"
_OUTSIDERS = ("postgres", "nobody")
_START_WITHIN_S = 30.0


class Server:
    """One server on a free loopback port, with its default durability."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        # Not below a private folder: the server runs as another user where we are root.
        self._home = Path(tempfile.mkdtemp(prefix="gongzhi-benchmark-"))
        self._owner = _owner()
        if self._owner:
            os.chown(self._home, self._owner["user"], self._owner["group"])
        self._log = (self._home / "log").open("ab")
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = int(listener.getsockname()[1])
        self._run(binaries / "initdb", "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C")
        self._process = self._start()
        self._wait()

    @property
    def address(self) -> str:
        """The server's address without a driver's name."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}"

    def make_database(self, name: str) -> str:
        """Make an empty database and answer its address as the settings want it."""
        with psycopg.connect(f"{self.address}/postgres", autocommit=True) as connection:
            connection.execute(f'create database "{name}"'.encode())
        return f"{self.address}/{name}"

    def break_off(self) -> None:
        """Restart as `pg_ctl restart -m immediate` does: no session ends in order, the log is replayed."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait()
        self._process = self._start()
        self._wait()

    def stop(self) -> None:
        """Stop and remove everything."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait()
        self._log.close()
        shutil.rmtree(self._home)

    def _start(self) -> subprocess.Popen[bytes]:
        command: list[Any] = [self._binaries / "postgres", "-D", self._home / "data", "-p", str(self.port)]
        command += ["-k", self._home, "-h", "127.0.0.1", "-c", "max_connections=200"]
        return subprocess.Popen(  # noqa: S603  (the installed server)
            command, stdout=self._log, stderr=self._log, cwd=self._home, **self._owner
        )

    def _run(self, program: Path, *arguments: str) -> None:
        command = [program, "-D", self._home / "data", *arguments]
        subprocess.run(  # noqa: S603  (as above)
            command, check=True, stdout=self._log, stderr=self._log, cwd=self._home, **self._owner
        )

    def _wait(self) -> None:
        for _ in range(int(_START_WITHIN_S / 0.05)):
            try:
                psycopg.connect(f"{self.address}/postgres", connect_timeout=2).close()
            except psycopg.OperationalError:
                machine.pause(0.05)
            else:
                return
        raise RuntimeError(f"PostgreSQL did not start within {_START_WITHIN_S:g} s")


def find_binaries() -> Path:
    """Find the newest installed server; raises `RuntimeError` without one."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    found = shutil.which("postgres")
    folders += [Path(found).resolve().parent] if found else []
    usable = [folder for folder in folders if (folder / "initdb").exists()]
    if not usable:
        raise RuntimeError("no PostgreSQL server is installed here")
    return usable[-1]


@contextmanager
def running() -> Iterator[Server]:
    """Run a server until the end of the block."""
    server = Server(find_binaries())
    try:
        yield server
    finally:
        server.stop()


def _owner() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next(names[name] for name in _OUTSIDERS if name in names)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
