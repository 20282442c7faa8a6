"""A real Mosquitto on a free loopback port, for as long as a test wants it."""

import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

PLACES = ("/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto")


def find():
    """Where the broker's program is, or None."""
    return shutil.which("mosquitto") or next((place for place in PLACES if Path(place).exists()), None)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Broker:
    """One running broker; `restart` loses nothing that it has persisted."""

    def __init__(self, program, folder, lines):
        self.port = free_port()
        self._program = program
        self._config = folder / "mosquitto.conf"
        self._log = folder / "mosquitto.log"
        settings = [
            f"listener {self.port} 127.0.0.1",
            "user root",
            "max_queued_messages 0",
            "max_inflight_messages 0",
            *(lines or ["allow_anonymous true"]),
        ]
        self._config.write_text("\n".join(settings) + "\n")
        self._running = None

    def start(self):
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(  # noqa: S603  (the broker's own program)
                [self._program, "-c", str(self._config)], stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        give_up_at = time.monotonic() + 10
        while time.monotonic() < give_up_at:
            with socket.socket() as probe:
                probe.settimeout(0.2)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)  # noqa: TID251  (a broker of its own process rings no bell)
        raise RuntimeError(self._log.read_text())

    def stop(self):
        if self._running is not None:
            self._running.terminate()
            self._running.wait(10)
            self._running = None


@contextmanager
def running(program, folder, lines=()):
    broker = Broker(program, folder, list(lines))
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
