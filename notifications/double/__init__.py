"""A double of the SMS provider: its API, its signed calls, its failures, and a page to read texts on."""

from notifications.double.config import DoubleConfig
from notifications.double.server import Running, make_app, serve, start

__all__ = ["DoubleConfig", "Running", "make_app", "serve", "start"]
