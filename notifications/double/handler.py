"""How the double's servers speak HTTP: connections stay open, answers leave at once, no line per request."""

from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class QuietHandler(WSGIRequestHandler):
    """Keeps connections open, answers at once, and writes no line per request."""

    protocol_version = "HTTP/1.1"
    # Head and body are two writes; without this each answer waits 40 ms for the client's acknowledgement.
    disable_nagle_algorithm = True

    def connection_dropped(self, error: BaseException, environ: "WSGIEnvironment | None" = None) -> None:
        """Hang up at once: on a connection kept open the client would wait for its own time-out."""
        super().connection_dropped(error, environ)
        self.close_connection = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write nothing: at 500 requests a second the log would be the load."""
