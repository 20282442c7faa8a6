"""What all webhooks have in common: bounded bodies, checked signatures, refusals as problem documents."""

import json
from collections.abc import Callable, Mapping
from math import ceil
from typing import cast

from flask import Response, current_app, request
from werkzeug.exceptions import HTTPException

from casework.domain import errors
from casework.services.runtime import Runtime
from notifications import signatures

MOST_BYTES = 65_536


def runtime() -> Runtime:
    """Answer the running house; the first use opens the database."""
    return cast(Callable[[], Runtime], current_app.extensions["gongzhi"])()


def bound_body() -> None:
    """Refuse to read more than a message can be."""
    request.max_content_length = MOST_BYTES


def problem(error: errors.CaseworkError) -> Response:
    """Write a refusal as a problem document (RFC 9457)."""
    document: dict[str, object] = {
        "type": f"/api/problems/{error.slug}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
    }
    if isinstance(error, errors.InvalidInput):
        document["errors"] = error.errors
    response = _document(document, error.status)
    if isinstance(error, errors.TooFast | errors.Unavailable):
        response.headers["Retry-After"] = str(max(1, ceil(error.retry_after_s)))
    return response


def http_problem(error: HTTPException) -> Response:
    """Write what the web server's own layer refuses as a problem document too."""
    status = error.code or 400
    document: dict[str, object] = {"type": "about:blank", "title": error.name, "status": status}
    if error.description:
        document["detail"] = error.description
    return _document(document, status)


def _document(document: Mapping[str, object], status: int) -> Response:
    body = json.dumps(document, ensure_ascii=False)
    return Response(body, status, content_type="application/problem+json")


def twilio_form() -> Mapping[str, str]:
    """Answer the fields of a form post that the provider has signed; raise `Forbidden` for any other.

    Without an auth token nobody can have signed, so everything is refused.
    """
    settings = runtime().settings
    url = signatures.public_address(
        settings.public_url, request.path, request.query_string.decode("ascii", "replace")
    )
    tokens = [settings.twilio_auth_token] if settings.twilio_auth_token else []
    try:
        signatures.verify_twilio_form(
            tokens, url, request.form.to_dict(flat=False), request.headers.get("X-Twilio-Signature")
        )
    except signatures.BadSignature as error:
        raise errors.Forbidden(str(error)) from error
    return request.form.to_dict()
