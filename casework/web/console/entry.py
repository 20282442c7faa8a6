"""Signing in and out, and the person's own choices of language, theme and keys."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from casework.web.console import language, permissions, security, words
from casework.web.console.commands import Refused
from casework.web.console.parts import find_viewer, parts

THEMES = ("system", "light", "dark", "wall")
THEME_COOKIE = "gz_theme"
YEAR = 365


def add_to(blueprint: Blueprint) -> None:
    """Add the routes that need no permission."""
    for rule, view, methods in (
        ("/sign-in", sign_in, ["GET", "POST"]),
        ("/sign-out", sign_out, ["POST"]),
        ("/preferences", preferences, ["POST"]),
    ):
        blueprint.add_url_rule(rule, view_func=permissions.public(view), methods=methods)


def inside(target: str) -> str:
    """Give an address only if it is one of the console's own; else the board."""
    own = target.startswith("/console/") and "\\" not in target and "\n" not in target
    return target if own else url_for("console.board")


def sign_in() -> Response | str | tuple[str, int]:
    """Show the form, or open a session."""
    target = inside(request.values.get("next", ""))
    if request.method == "GET":
        return redirect(target, 303) if find_viewer() else _form(target)
    name = request.form.get("name", "").strip()[:200]
    try:
        session = parts().gate.sign_in(
            name, request.form.get("password", "")[:1000], request.remote_addr or ""
        )
    except Refused as refusal:
        return _form(target, problem=words.refused(refusal.why, refusal.params)), refusal.status
    if session is None:
        return _form(target, problem=gettext("Name and password do not belong together.")), 401
    response = redirect(target, 303)
    security.set_cookie(response, security.SESSION_COOKIE, session)
    return response


def _form(target: str, problem: str = "") -> str:
    name = request.form.get("name", "")[:200]
    shown = parts().demo_sign_ins
    return render_template(
        "console/sign_in.html", target=target, problem=problem, name=name, demo_sign_ins=shown
    )


def sign_out() -> Response:
    """End the session here and on the server."""
    parts().gate.sign_out(request.cookies.get(security.SESSION_COOKIE, ""))
    response = redirect(url_for("console.sign_in"), 303)
    response.delete_cookie(security.SESSION_COOKIE, path="/console")
    return response


def preferences() -> Response:
    """Keep the person's choices in cookies of this browser."""
    response = redirect(inside(request.form.get("next", "")), 303)
    chosen, theme = request.form.get("language"), request.form.get("theme")
    if chosen is not None:
        if chosen not in language.LANGUAGES:
            abort(400)
        security.set_cookie(response, language.COOKIE, chosen, days=YEAR)
    if theme is not None:
        if theme not in THEMES:
            abort(400)
        security.set_cookie(response, THEME_COOKIE, theme, days=YEAR)
    return response
