"""The double in a process of its own, under the server that the product itself runs under."""

from collections.abc import Callable, Iterable

from gunicorn.app.base import BaseApplication

from notifications.double.config import DoubleConfig
from notifications.double.server import make_app

_THREADS = 64
_KEEP_OPEN_S = 75


class Standalone(BaseApplication):
    """One worker, because the texts are in its memory; many threads, because faults make requests wait."""

    def __init__(self, config: DoubleConfig, address: str) -> None:
        self._config = config
        self._address = address
        super().__init__()

    def load_config(self) -> None:
        """Say how to serve."""
        settings = {
            "bind": self._address,
            "workers": 1,
            "worker_class": "gthread",
            "threads": _THREADS,
            "keepalive": _KEEP_OPEN_S,
            "graceful_timeout": 1,
            "loglevel": "warning",
            "control_socket_disable": True,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Iterable[bytes]]:
        """Make the double in the worker, where its threads shall run."""
        return make_app(self._config)
