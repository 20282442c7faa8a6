"""A PostgreSQL server of the tests' own, started as another user where the tests run as root."""

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
from threading import Event
from typing import Any

import psycopg

START_WITHIN_S = 30
USER = "gongzhi"
OUTSIDERS = ("postgres", "nobody")


def find_binaries() -> Path | None:
    """Find the folder of `initdb` and `postgres`, the newest release first; None without a server."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name), reverse=True
    )
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@contextmanager
def running(binaries: Path, logs: Path) -> Iterator[str]:
    """Run a server on a free loopback port until the end of the block; gives its address.

    Durability stays on, as in production: a test that kills something must mean it.
    """
    # Not below pytest's own folder, which other users may not enter.
    home = Path(tempfile.mkdtemp(prefix="gongzhi-postgresql-"))
    owner = _owner()
    if owner:
        os.chown(home, owner["user"], owner["group"])
    data, port = home / "data", _free_port()
    with (logs / "server.log").open("wb") as log:
        initialise = [binaries / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C"]
        initialise += ["--no-sync"]
        subprocess.run(initialise, check=True, stdout=log, stderr=log, cwd=home, **owner)  # noqa: S603  (our own)
        serve = [binaries / "postgres", "-D", data, "-p", str(port), "-k", home, "-h", "127.0.0.1"]
        serve += ["-c", "max_connections=200", "-c", "timezone=UTC"]
        server = subprocess.Popen(serve, stdout=log, stderr=log, cwd=home, **owner)  # noqa: S603  (our own)
    url = f"postgresql+psycopg://{USER}@127.0.0.1:{port}/postgres"
    try:
        _wait_until_it_answers(server, url, logs / "server.log")
        yield url
    finally:
        server.send_signal(signal.SIGINT)  # ends its sessions and stops in order
        server.wait(timeout=30)
        shutil.rmtree(home)


def make_database(url: str, name: str, *, template: str = "template0") -> str:
    """Make a database on the server at `url` as a copy of another, and answer its address."""
    _execute(url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return url.rpartition("/")[0] + "/" + name


def drop_database(url: str, name: str) -> None:
    """Remove a database, with whatever still has it open."""
    _execute(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        connection.execute(statement.encode())


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


def _owner() -> dict[str, Any]:
    """Whom to run the server as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next(names[name] for name in OUTSIDERS if name in names)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def _wait_until_it_answers(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    pause = Event()
    for _ in range(START_WITHIN_S * 20):
        try:
            psycopg.connect(_plain(url), connect_timeout=2).close()
        except psycopg.OperationalError:
            if server.poll() is not None:
                break
            pause.wait(0.05)
        else:
            return
    raise RuntimeError(
        f"PostgreSQL did not start: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}"
    )
