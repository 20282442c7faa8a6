"""Puts the console onto the running house."""

from collections.abc import Callable

from flask import Flask

from casework.analytics.changes import Watcher
from casework.demo import accounts as demo
from casework.services.runtime import Runtime
from casework.settings import Settings
from casework.web.console.desk import HouseCommands
from casework.web.console.door import HouseGate
from casework.web.console.parts import Parts
from casework.web.console.reader import HouseQueries
from casework.web.console.register_desk import RegisterDesk
from casework.web.console.stream import ChangeFeed

STREAMS = 40
"""Of the 64 threads of a process; the other 24 answer requests."""


def parts(app: Flask, settings: Settings, runtime: Callable[[], Runtime]) -> Parts:
    """Make the console's parts; none of them opens the database before the first request."""
    watcher = Watcher(lambda: runtime().reading(), lambda: runtime().clock())
    return Parts(
        queries=HouseQueries(runtime),
        commands=HouseCommands(runtime, settings.secret_key),
        gate=HouseGate(runtime),
        clock=lambda: runtime().clock(),
        feed=ChangeFeed(watcher, limit=STREAMS, stop=app.extensions["gongzhi_stopping"]),
        default_language=settings.language,
        timezone=settings.timezone.key,
        media=settings.media,
        secure_cookies=settings.public_url.startswith("https://"),
        registers=RegisterDesk(runtime),
        demo_sign_ins=tuple((user.name, user.password) for user in demo.USERS) if settings.demo else (),
    )
