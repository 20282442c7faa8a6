"""Open311 GeoReport v2: other cities' apps, aggregators and dashboards report and follow cases here."""

from collections.abc import Callable

from flask import Blueprint, Flask
from werkzeug.exceptions import HTTPException

from casework.domain import errors
from casework.services.runtime import Runtime
from casework.settings import Settings
from casework.web.api.keyring import Keyring
from casework.web.open311 import formats, refusals
from casework.web.open311.requests import Requests
from casework.web.open311.services import Services


def register(app: Flask, settings: Settings, runtime: Callable[[], Runtime]) -> None:
    """Hang this room's addresses onto the application."""
    blueprint = Blueprint("open311", __name__, url_prefix="/open311/v2")
    keys = Keyring(lambda: runtime().uows)
    services = Services(settings, runtime)
    requests = Requests(settings, runtime, keys)
    for path, methods in (
        ("/discovery", {"GET": services.discovery}),
        ("/services", {"GET": services.listed}),
        ("/services/<code>", {"GET": services.definition}),
        ("/requests", {"GET": requests.listed, "POST": requests.opened}),
        ("/requests/<number>", {"GET": requests.one}),
        ("/tokens/<token>", {"GET": requests.of_token}),
    ):
        for method, view in methods.items():
            formats.hang(blueprint, path, method, view)
    blueprint.register_error_handler(errors.CaseworkError, refusals.of_ours)
    blueprint.register_error_handler(HTTPException, refusals.of_http)
    app.register_blueprint(blueprint)
