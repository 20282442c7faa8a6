"""What a forked worker finds loaded already, and what it then does: the product's own background work."""

import signal
import threading
from multiprocessing.synchronize import Event

import app
from benchmarks.support import house
from casework import settings as settings_module
from routing import flow  # noqa: F401  (heavy; loaded before the fork)

# Compiled and tried once, before any worker is forked.
app.load_packs(settings_module.Settings(database_url="sqlite://").scenarios)


def work(environment: dict[str, str], ready: Event) -> None:
    """Work in the background until SIGTERM, or until killed."""
    house.quiet()
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=stopping.set, daemon=True).start())
    runtime = app.create_runtime(settings_module.parse(environment))
    worker = app.create_worker(runtime)
    worker.start()
    ready.set()
    stopping.wait()
    worker.stop(5.0)
    runtime.close()
