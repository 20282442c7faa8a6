"""What `script/server` refuses before it installs or starts anything."""

import socket
import subprocess
from pathlib import Path

import pytest

SERVER = Path(__file__).parents[3] / "script" / "server"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [SERVER, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603  (our own)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--prot", "8000"], "unknown option: --prot"),
        (["--port"], "--port needs a value"),
        (["--port", "0"], "from 1 to 65535"),
        (["--port", "65536"], "from 1 to 65535"),
        (["--port", "80a"], "from 1 to 65535"),
        (["--host", ""], "--host needs an address"),
    ],
)
def test_a_wrong_command_line_is_answered_with_the_usage(arguments: list[str], complaint: str) -> None:
    finished = run(*arguments)

    assert finished.returncode == 2
    assert complaint in finished.stderr
    assert "Usage: script/server" in finished.stderr


def test_help_is_no_error() -> None:
    finished = run("--help")

    assert finished.returncode == 0
    assert "--no-simulation" in finished.stdout


def test_a_taken_port_is_named_before_anything_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        finished = run("--port", str(port))

    assert finished.returncode == 1
    assert f"Cannot listen on 127.0.0.1 port {port}" in finished.stderr
    assert finished.stdout == ""
