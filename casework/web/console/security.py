"""What protects the pages: headers, cookies, and a token in every form."""

import hashlib
import hmac
import secrets

from flask import abort, current_app, g, request
from werkzeug.wrappers import Response

from casework.web.console.parts import parts

SESSION_COOKIE = "gz_session"
CSRF_COOKIE = "gz_csrf"
CSRF_FIELD = "csrf"
CSRF_HEADER = "X-CSRF-Token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; worker-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}


def csrf_token() -> str:
    """Give the token for this browser's forms: its secret cookie and session, signed with our key."""
    cookie = request.cookies.get(CSRF_COOKIE) or g.get("console_csrf")
    if not cookie:
        cookie = g.console_csrf = secrets.token_urlsafe(24)
    return _sign(cookie)


def _sign(cookie: str) -> str:
    key = current_app.secret_key or ""
    key = key.encode() if isinstance(key, str) else key
    bound_to = f"{cookie}|{request.cookies.get(SESSION_COOKIE, '')}"
    return hmac.new(key, bound_to.encode(), hashlib.sha256).hexdigest()


def check_origin_and_token() -> None:
    """Refuse (403) a change that another site caused, or whose form carries no token of ours."""
    if request.method in _SAFE:
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        abort(403)
    cookie = request.cookies.get(CSRF_COOKIE, "")
    given = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD, "")
    if not cookie or not hmac.compare_digest(given.encode(), _sign(cookie).encode()):
        abort(403)


def set_cookie(
    response: Response, name: str, value: str, *, days: float | None = None, http_only: bool = True
) -> None:
    """Set a cookie for the console's own pages only."""
    age = None if days is None else int(days * 86_400)
    secure = parts().secure_cookies
    response.set_cookie(
        name, value, max_age=age, httponly=http_only, secure=secure, samesite="Lax", path="/console"
    )


def finish(response: Response) -> Response:
    """Put the headers on every answer of the console, and keep pages out of every cache."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint == "console.static":
        vendored = "/vendor/" in request.path
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if vendored else "no-cache"
    else:
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.add("Vary", "Cookie, Accept-Language, HX-Request")
    if fresh := g.get("console_csrf"):
        set_cookie(response, CSRF_COOKIE, fresh)
    return response
