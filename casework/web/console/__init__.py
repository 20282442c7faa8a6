"""The web console of dispatchers: pages rendered on the server, kept live by a stream."""

from collections.abc import Callable

from flask import Blueprint, Flask, abort, flash, g, jsonify, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from casework.services.runtime import Runtime
from casework.settings import Settings
from casework.web.console import (
    bench,
    entry,
    formats,
    house,
    language,
    live,
    orders,
    pages,
    permissions,
    registers,
    ruling,
    security,
)
from casework.web.console.commands import Refused
from casework.web.console.parts import Parts, find_viewer, parts
from casework.web.console.stream import millis

__all__ = ["Parts", "mount", "register"]


def register(app: Flask, settings: Settings, runtime: Callable[[], Runtime]) -> None:
    """Hang the console onto the application; the database is opened by its first request."""
    app.extensions[bench.KEY] = bench.Bench(runtime)
    mount(app, house.parts(app, settings, runtime))


def mount(app: Flask, given: Parts) -> None:
    """Add the console to an app at `/console`; the app must have a secret key."""
    app.extensions["gongzhi.console"] = given
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.config["SESSION_COOKIE_SECURE"] = given.secure_cookies
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    language.install(app, given.timezone)
    formats.install(app)
    app.register_blueprint(make_blueprint())


def make_blueprint() -> Blueprint:
    """Put the routes together, with what happens before and after each."""
    blueprint = Blueprint(
        "console", __name__, url_prefix="/console", template_folder="templates", static_folder="static"
    )
    blueprint.before_request(recognise)
    blueprint.before_request(security.check_origin_and_token)
    blueprint.after_request(security.finish)
    blueprint.context_processor(names_for_templates)
    blueprint.register_error_handler(Refused, orders.on_refused)
    blueprint.register_error_handler(HTTPException, show_error)
    for room in (pages, orders, live, registers, entry, ruling):
        room.add_to(blueprint)
    blueprint.add_url_rule("/<path:rest>", view_func=permissions.public(nowhere))
    return blueprint


def recognise() -> None:
    """Find out who asks."""
    session = request.cookies.get(security.SESSION_COOKIE)
    if session and request.endpoint != "console.static":
        g.console_viewer = parts().gate.viewer(session)


def names_for_templates() -> dict[str, object]:
    """Give every page what its frame shows."""
    return {
        "csrf_token": security.csrf_token,
        "viewer": find_viewer(),
        "language": language.current(),
        "theme": request.cookies.get(entry.THEME_COOKIE, "system"),
        "timezone": parts().timezone,
        "server_now": millis(parts().clock()),
        "here": request.full_path.rstrip("?"),
    }


def nowhere(rest: str) -> str:
    """Answer an address that the console does not have."""
    del rest
    abort(404)


def show_error(error: HTTPException) -> Response | tuple[Response | str, int]:
    """Show an error as a page, or as a problem document to a script."""
    status = error.code or 500
    if status < 400:  # noqa: PLR2004  (a redirect raised as an exception)
        return error.get_response()
    if request.accept_mimetypes.best == "application/json":
        problem = jsonify(type="about:blank", title=error.name, status=status, ok=False, message=error.name)
        problem.mimetype = "application/problem+json"
        return problem, status
    if status == 403 and request.method == "POST" and request.endpoint == "console.sign_in":  # noqa: PLR2004
        flash("expired", "expired")
        return redirect(url_for("console.sign_in"), 303)
    return render_template("console/error.html", status=status), status
