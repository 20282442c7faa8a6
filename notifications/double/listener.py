"""Stands where the product's hooks would: keeps every call of the double and answers with one text."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from notifications.double.handler import QuietHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_STOP_NOTICED_S = 0.02


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it came: the whole address, the form, and the signature if there was one."""

    url: str
    fields: dict[str, str]
    signature: str | None


class Listener:
    """Listens on a free loopback port until `stop`; also a context manager."""

    def __init__(self, answer: str = "<Response/>") -> None:
        self.answer = answer
        self.calls: list[Call] = []
        self._came = threading.Condition()
        self._server = make_server("127.0.0.1", 0, self, threaded=True, request_handler=QuietHandler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_STOP_NOTICED_S,), name="listener", daemon=True
        )
        self._thread.start()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Write the call down and answer it."""
        request = Request(environ)
        signature = request.headers.get("X-Twilio-Signature")
        with self._came:
            self.calls.append(Call(request.url, request.form.to_dict(), signature))
            self._came.notify_all()
        response = Response(self.answer, mimetype="text/xml")
        return response(environ, start_response)

    def wait_for(self, count: int, timeout_s: float = 10.0) -> list[Call]:
        """Answer the calls as soon as there are `count`. Raises `TimeoutError`."""
        with self._came:
            if not self._came.wait_for(lambda: len(self.calls) >= count, timeout_s):
                raise TimeoutError(f"{len(self.calls)} calls came, not {count}")
            return list(self.calls)

    def stop(self) -> None:
        """Stop listening and free the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
