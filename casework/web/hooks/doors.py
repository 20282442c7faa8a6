"""What all webhooks have in common: bounded bodies, checked signatures, refusals as problem documents."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import ceil
from typing import Any, cast

from flask import Response, current_app, request
from werkzeug.exceptions import HTTPException

from casework.domain import errors
from casework.services import chatting, consenting
from casework.services.chatting import Answer, Door, Incoming
from casework.services.runtime import Runtime
from notifications import signatures

MOST_BYTES = 65_536
LONGEST_KEY = 190
"""Longest message id and user key; the database holds 200."""
LONGEST_TEXT = 10_000


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


def hear(door: Door, incoming: Incoming) -> Answer:
    """Hear one message of a resident: STOP and START first, whatever was talked of."""
    house = runtime()
    said = incoming.said
    if said.bare:
        answer = consenting.hear(
            door, incoming.id, incoming.user, said.text, runtime=house, language=incoming.language
        )
        if answer is not None:
            return answer
    return chatting.converse(door, incoming, runtime=house)


def clean(value: object, longest: int = LONGEST_TEXT) -> str:
    """Leave out of a text what no database can hold; what is no text is empty."""
    if not isinstance(value, str):
        return ""
    return value.replace("\0", "").encode(errors="replace").decode()[:longest].strip()


def degrees(written: object, most: float) -> float | None:
    """Read a latitude or longitude; None for what is none."""
    if not isinstance(written, str | int | float) or isinstance(written, bool):
        return None
    try:
        value = float(written)
    except ValueError:
        return None
    return value if -most <= value <= most else None


def json_object() -> Mapping[str, Any]:
    """Read the body as a JSON object; raise `MalformedBody` for anything else."""
    read = json_body()
    if not isinstance(read, dict):
        raise errors.MalformedBody("the body is not a JSON object")
    return read


def json_body() -> Any:  # noqa: ANN401  (JSON values)
    """Read the body as JSON; raise `MalformedBody` where it is none."""
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError) as error:
        raise errors.MalformedBody("the body is not JSON") from error


def inner(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Answer the object under a name, or an empty one."""
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def twiml(inside: str) -> Response:
    """Answer in the markup of the provider of texts and calls."""
    body = f"<Response>{inside}</Response>" if inside else "<Response/>"
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>{body}', content_type="text/xml; charset=utf-8")


@contextmanager
def only_the_vendor() -> Iterator[None]:
    """Turn a bad signature into a refusal that says what does not fit."""
    try:
        yield
    except signatures.BadSignature as error:
        raise errors.Forbidden(str(error)) from error


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
