"""The HTTP entrance."""

from collections.abc import Callable

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from casework.services.runtime import Runtime
from casework.settings import Settings
from casework.web import api, console, hooks, links, open311


def register(app: Flask, settings: Settings, runtime: Callable[[], Runtime]) -> None:
    """Hang every room's addresses onto the application; `runtime` opens the database at its first call."""
    app.config["SECRET_KEY"] = settings.secret_key
    api.register(app, settings, runtime)
    hooks.register(app, settings, runtime)
    links.register(app, settings, runtime)
    open311.register(app, settings, runtime)
    console.register(app, settings, runtime)
    if settings.proxies:
        # Brakes count callers by their address, which behind a proxy only its headers know.
        trusted = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies)
        app.wsgi_app = trusted  # type: ignore[method-assign]  # how Flask documents middleware
