"""Bodies of requests, taken no further than their bound."""

from collections.abc import Mapping
from typing import Any

from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from casework.domain import errors

_DIGITS = 18


def take(environ: Mapping[str, Any], longest: int) -> bytes:
    """Read the body of a WSGI request, of at most so many bytes.

    A body that announces more is refused unread; one that comes in chunks is read to the bound and no
    further. Raises `TooLarge`, or `MalformedBody` when the sender went away in the middle.
    """
    announced: str = environ.get("CONTENT_LENGTH") or ""
    if announced and not (announced.isascii() and announced.isdecimal()):
        raise errors.MalformedBody("Content-Length is no number")
    if len(announced) > _DIGITS or (announced and int(announced) > longest):
        raise errors.TooLarge(f"a body here has at most {longest} bytes")
    try:
        # The stream ends silently at its own bound, so one byte more than is taken tells the two apart.
        body: bytes = get_input_stream(dict(environ), max_content_length=longest + 1).read()
    except RequestEntityTooLarge as error:
        raise errors.TooLarge(f"a body here has at most {longest} bytes") from error
    except ClientDisconnected as error:
        raise errors.MalformedBody("the body is shorter than it was announced to be") from error
    if len(body) > longest:
        raise errors.TooLarge(f"a body here has at most {longest} bytes")
    return body


def media_type(environ: Mapping[str, Any]) -> str:
    """Answer the body's media type in lower case, without its parameters."""
    declared: str = environ.get("CONTENT_TYPE") or ""
    return declared.partition(";")[0].strip().lower()
