"""The HTTP entrance."""

from collections.abc import Callable

from flask import Flask

from casework.services.runtime import Runtime
from casework.settings import Settings
from casework.web import api, console, hooks, links


def register(app: Flask, settings: Settings, runtime: Callable[[], Runtime]) -> None:
    """Hang every room's addresses onto the application; `runtime` opens the database at its first call."""
    app.config["SECRET_KEY"] = settings.secret_key
    api.register(app, settings, runtime)
    hooks.register(app, settings, runtime)
    links.register(app, settings, runtime)
    console.register(app, settings, runtime)
