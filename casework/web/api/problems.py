"""Errors as RFC 9457 problem documents: one table from the domain's errors to their kinds."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from casework.domain import errors

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
ROOMS = ("/api/", "/healthz", "/readyz", "/metrics")

KINDS: Mapping[type[errors.CaseworkError], str] = {
    kind: kind.slug
    for kind in (
        errors.CaseworkError,
        errors.InvalidInput,
        errors.NotStorable,
        errors.NotFound,
        errors.CaseNotFound,
        errors.CrewNotFound,
        errors.AssignmentNotFound,
        errors.LinkUnknown,
        errors.LinkExpired,
        errors.Conflict,
        errors.InvalidTransition,
        errors.AssignedToAnotherCrew,
        errors.CrewNotAble,
        errors.NoRecommendation,
        errors.StaleVersion,
        errors.Unauthorised,
        errors.Forbidden,
        errors.ForeignSource,
        errors.MalformedBody,
        errors.UnsupportedMediaType,
        errors.TooLarge,
        errors.TooFast,
        errors.Unavailable,
        errors.IdempotencyKeyReused,
    )
}
"""Every error that may leave the API, by the name that its problem type ends in."""


def address(slug: str) -> str:
    """Answer a problem's `type`: where its kind is explained."""
    return f"/api/docs#problem-{slug}"


def document(error: errors.CaseworkError) -> dict[str, Any]:
    """Write one refusal as a problem document."""
    problem: dict[str, Any] = {
        "type": address(KINDS[type(error)]),
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
    }
    if isinstance(error, errors.InvalidInput):
        problem["errors"] = error.errors
    return problem


def answer(error: errors.CaseworkError) -> Response:
    """Answer a request with a refusal."""
    headers = {}
    if isinstance(error, errors.TooFast | errors.Unavailable):
        headers["Retry-After"] = str(max(1, int(-(-error.retry_after_s // 1))))
    if isinstance(error, errors.Unauthorised):
        headers["WWW-Authenticate"] = 'Bearer realm="gongzhi"'
    return _response(document(error), error.status, headers)


def answer_http(error: HTTPException) -> Response:
    """Answer with what Flask, Werkzeug or the reading of arguments refused."""
    messages = getattr(error, "data", {}).get("messages")
    if isinstance(messages, Mapping):
        return answer(errors.InvalidInput(by_field(messages)))
    if isinstance(error, RequestEntityTooLarge):
        return answer(errors.TooLarge())
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    if status < HTTPStatus.BAD_REQUEST:
        return error.get_response()  # type: ignore[return-value]  # a redirect, which Flask sends as it is
    name = HTTPStatus(status).phrase
    problem = {
        "type": "about:blank",
        "title": name,
        "status": int(status),
        "detail": error.description or name,
    }
    kept = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    return _response(problem, int(status), kept)


def by_field(messages: Mapping[str, Any]) -> dict[str, list[str]]:
    """Write marshmallow's messages by dotted field, without the place (`json`, `query`) they came in."""
    found: dict[str, list[str]] = {}
    for place, inner in messages.items():
        _spread(inner, "" if place in {"json", "query", "path", "json_or_form"} else str(place), found)
    return found


def _spread(value: object, name: str, found: dict[str, list[str]]) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _spread(inner, ".".join(part for part in (name, str(key)) if part not in {"", "_schema"}), found)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        found.setdefault(name or "body", []).extend(str(sentence) for sentence in value)
    else:
        found.setdefault(name or "body", []).append(str(value))


def _unforeseen(error: Exception) -> Response:
    log.error("request_failed", path=request.path, method=request.method, exc_info=error)
    return unforeseen()


def unforeseen() -> Response:
    """Answer after a fault of ours, which whoever caught it has logged."""
    title = "Something failed that should not have; it is written down."
    problem = {"type": "about:blank", "title": title, "status": 500, "detail": title}
    return _response(problem, HTTPStatus.INTERNAL_SERVER_ERROR, {})


def _response(problem: Mapping[str, Any], status: int, headers: Mapping[str, str]) -> Response:
    return Response(json.dumps(problem), status, headers, mimetype=MEDIA_TYPE)


def catch(room: Blueprint) -> None:
    """Let every refusal within a blueprint leave as a problem document."""
    room.register_error_handler(errors.CaseworkError, answer)
    room.register_error_handler(HTTPException, answer_http)
    room.register_error_handler(Exception, _unforeseen)


def catch_unrouted(app: Flask) -> None:
    """Answer addresses and methods that the API does not have with a problem document too."""

    def handle(error: HTTPException) -> Response | HTTPException:
        return answer_http(error) if request.path.startswith(ROOMS) else error

    app.register_error_handler(HTTPException, handle)
