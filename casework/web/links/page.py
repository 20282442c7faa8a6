"""What the pages behind links share: language, headers, the brake on guessing, pages for refusals."""

from collections.abc import Callable
from datetime import datetime
from math import ceil
from typing import cast
from zoneinfo import ZoneInfo

from flask import Response, current_app, g, make_response, render_template, request

from casework.domain import errors
from casework.services.runtime import Runtime
from casework.web.links import texts
from casework.web.links.guard import GuessBrake

LANGUAGES = ("zh", "en")
_COOKIE_S = 365 * 24 * 3600
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=()",
}


def runtime() -> Runtime:
    """Answer the running house; the first use opens the database."""
    return cast(Callable[[], Runtime], current_app.extensions["gongzhi"])()


def language(known: str | None = None) -> str:
    """Choose the page's language: what was just asked for, the cookie, the person's own, the browser's."""
    for wish in (request.args.get("lang"), request.cookies.get("lang"), known):
        if wish in LANGUAGES:
            return str(wish)
    return request.accept_languages.best_match(LANGUAGES) or runtime().settings.language


def render(template: str, status: int = 200, *, lang: str, **values: object) -> Response:
    """Render a page with its headers; a language that was asked for is remembered."""
    page = render_template(
        f"links/{template}", lang=lang, t=texts.TEXTS[lang], other="en" if lang == "zh" else "zh", **values
    )
    response = make_response(page, status)
    wish = request.args.get("lang")
    if wish in LANGUAGES:
        response.set_cookie(
            "lang",
            str(wish),
            max_age=_COOKIE_S,
            samesite="Lax",
            httponly=True,
            secure=request.is_secure,
        )
    return response


def with_headers(response: Response) -> Response:
    """Add the headers of these pages: no other host, no store, no search engine, no referrer."""
    if request.endpoint != "links.static":
        for name, value in _HEADERS.items():
            response.headers[name] = value
    return response


def refuse(error: errors.CaseworkError, kind: str) -> Response:
    """Show what is wrong with a link and what to do about it; `kind` is `crew` or `resident`."""
    lang = language(g.get("known_language"))
    known = texts.REFUSALS[lang]
    key = f"{kind}:{error.slug}"
    title, advice = known.get(key) or known.get(error.slug) or known["refused"]
    response = render("refusal.html", error.status, lang=lang, title=title, advice=advice)
    if isinstance(error, errors.TooFast):
        response.headers["Retry-After"] = str(ceil(error.retry_after_s))
    return response


def brake(guard: GuessBrake, now: datetime) -> None:
    """Raise `TooFast` for an address that has asked for too many unknown links."""
    wait_s = guard.wait_s(client(), now)
    if wait_s > 0:
        raise errors.TooFast(wait_s)


def client() -> str:
    """Answer whom the brake counts: the address of the connection."""
    return request.remote_addr or "unknown"


def local_time(at: datetime, zone: ZoneInfo) -> str:
    """Write a time of day as the district's people say it."""
    return at.astimezone(zone).strftime("%H:%M")
