"""Errors as the standard writes them: codes and descriptions; 403 for keys, 404 for names, else 400."""

from flask import Response
from werkzeug.exceptions import HTTPException

from casework.domain import errors
from casework.web.open311.formats import Answer, written

_BAD_REQUEST = 400
_FORBIDDEN = 403
_NOT_FOUND = 404
_SERVER_ERROR = 500


def of_ours(error: errors.CaseworkError) -> Response:
    """Answer what one of the product's own errors says."""
    if isinstance(error, errors.TooFast | errors.Unavailable):
        wait = str(max(1, int(-(-error.retry_after_s // 1))))
        return _answer(error.status, [error.detail], {"Retry-After": wait})
    if isinstance(error, errors.InvalidInput):
        named = [f"{name}: {' '.join(said)}" for name, said in error.errors.items()]
        return _answer(_BAD_REQUEST, named)
    if isinstance(error, errors.Unauthorised | errors.Forbidden):
        return _answer(_FORBIDDEN, [error.detail])
    return _answer(error.status if error.status in {_NOT_FOUND, 413} else _BAD_REQUEST, [error.detail])


def of_http(error: HTTPException) -> Response:
    """Answer what the framework refused."""
    return _answer(error.code or _SERVER_ERROR, [error.description or error.name])


def _answer(status: int, descriptions: list[str], headers: dict[str, str] | None = None) -> Response:
    said = [{"code": status, "description": description[:1000]} for description in descriptions]
    return written(Answer("errors", said, "error", status, headers))
