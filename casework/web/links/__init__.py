"""Pages behind links in messages: crews and residents."""

from collections.abc import Callable

from flask import Blueprint, Flask

from casework.services.runtime import Runtime
from casework.settings import Settings
from casework.web.links import crew_page, page, resident_page
from casework.web.links.guard import GuessBrake


def register(app: Flask, settings: Settings, runtime: Callable[[], Runtime]) -> None:
    """Hang this room's addresses onto the application."""
    del settings, runtime  # both are found in the application when a request comes
    links = Blueprint(
        "links",
        __name__,
        template_folder="templates",
        static_folder="static",
        static_url_path="/links/static",
    )
    links.after_request(page.with_headers)
    crew_page.hang(links, GuessBrake(misses=60, every_s=1.0))
    resident_page.hang(links, GuessBrake(misses=20, every_s=3.0))
    app.register_blueprint(links)
