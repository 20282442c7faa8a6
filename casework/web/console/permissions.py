"""Who may call a route: said beside the route, checked before it, and readable by a test."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from casework.domain.people import Permission
from casework.web.console.parts import find_viewer

P = ParamSpec("P")
R = TypeVar("R")

READ = Permission.READ.value
ACT_ON_CASES = Permission.DISPATCH.value
END_CASES = Permission.CLOSE.value
ACT_FOR_CREWS = Permission.CREWS.value
MEND_INTAKE = Permission.QUARANTINE.value
WRITE_RULES = Permission.RULES.value
PUBLISH_RULES = Permission.PUBLISH.value
KEEP_REGISTERS = Permission.REGISTERS.value
PUBLIC = "public"


def needs(permission: str) -> Callable[[Callable[P, R]], Callable[P, R | Response]]:
    """Let only people with `permission` through; a stranger is sent to sign in, others get 403."""

    def decorate(view: Callable[P, R]) -> Callable[P, R | Response]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
            person = find_viewer()
            if person is None:
                return _ask_to_sign_in()
            if permission not in person.permissions:
                abort(403)
            return view(*args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]  # read by the test of all routes
        return guarded

    return decorate


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Say that anybody may call the route."""
    view.permission = PUBLIC  # type: ignore[attr-defined]  # read by the test of all routes
    return view


def _ask_to_sign_in() -> Response:
    if (
        request.method != "GET"
        or request.headers.get("HX-Request")
        or request.accept_mimetypes.best != "text/html"
    ):
        abort(401)
    return redirect(url_for("console.sign_in", next=request.full_path.rstrip("?")), 303)
