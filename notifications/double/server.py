"""The double as a WSGI application and as a server on this machine."""

import errno
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.wrappers import Request, Response

from notifications.double import api, inbound, magic, page, telephone
from notifications.double.book import Book
from notifications.double.callbacks import Reporter
from notifications.double.config import DoubleConfig
from notifications.double.faults import FaultSwitch
from notifications.double.handler import QuietHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_MAX_REQUEST = 256_000
_MAX_LISTED = 1_000
_RETRY_AFTER_S = 1
_STOP_NOTICED_S = 0.05
_MESSAGES = f"/{api.VERSION}/Accounts/<sid>/Messages"
_CALLS = f"/{api.VERSION}/Accounts/<sid>/Calls"
_URLS = Map(
    [
        Rule(f"{_MESSAGES}.json", endpoint="create", methods=["POST"]),
        Rule(f"{_MESSAGES}.json", endpoint="list", methods=["GET"]),
        Rule(f"{_MESSAGES}/<message>.json", endpoint="fetch", methods=["GET"]),
        Rule(f"{_CALLS}.json", endpoint="call", methods=["POST"]),
        Rule(f"{_CALLS}.json", endpoint="calls", methods=["GET"]),
        Rule("/__faults", endpoint="show_faults", methods=["GET"]),
        Rule("/__faults", endpoint="change_faults", methods=["POST"]),
        Rule("/__messages", endpoint="messages", methods=["GET"]),
        Rule("/__inbound", endpoint="inbound", methods=["POST"]),
        Rule("/", endpoint="page", methods=["GET"]),
        Rule("/__page/<name>", endpoint="asset", methods=["GET"]),
    ],
)


class Double:
    """A WSGI application that behaves like the provider, its faults and its bounded memory."""

    def __init__(self, config: DoubleConfig) -> None:
        self.config = config
        self.book = Book(config.keep)
        self.faults = FaultSwitch()
        self.reporter = Reporter(config, self.book, self.faults)
        self.exchange = telephone.Exchange(config)
        self._stopping = threading.Event()
        self._handlers: Mapping[str, Callable[..., Response]] = {
            "create": self._create,
            "list": self._list,
            "fetch": self._fetch,
            "call": self._call,
            "calls": self._calls,
            "show_faults": self._show_faults,
            "change_faults": self._change_faults,
            "messages": self._messages,
            "inbound": self._inbound,
            "page": self._page,
            "asset": self._asset,
        }

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request; every refusal has the provider's form."""
        request = Request(environ)
        request.max_content_length = _MAX_REQUEST
        try:
            endpoint, values = _URLS.bind_to_environ(environ).match()
            response: Any = self._handlers[endpoint](request, **values)
        except api.ApiError as error:
            response = _json(error.shown(), error.status)
            if error.code == 20429:  # noqa: PLR2004  (too many requests)
                response.headers["Retry-After"] = str(_RETRY_AFTER_S)
        except HTTPException as error:
            response = error.get_response(environ)
        answered: Iterable[bytes] = response(environ, start_response)
        return answered

    def close(self) -> None:
        """End the threads and wake every request that is made to wait."""
        self._stopping.set()
        self.reporter.close()

    def _create(self, request: Request, sid: str) -> Response:
        self._stopping.wait(self.faults.now.latency_s)
        fate = self.faults.draw()
        if fate == "unavailable":
            raise api.ApiError(503, 20503)
        api.authenticate(self.config, request.headers.get("Authorization", ""), sid)
        if fate == "too_many":
            raise api.ApiError(429, 20429)
        wanted = api.read_wanted(request.form, self.config)
        if self.book.has_opted_out(wanted.to):
            raise api.ApiError(400, 21610)
        entry = self.book.add(
            direction="outbound-api",
            to=wanted.to,
            sender=wanted.sender,
            body=wanted.body,
            now=self.config.clock(),
            status="queued",
            service_sid=wanted.service_sid,
            callback=wanted.callback,
            validity_s=wanted.validity_s,
        )
        self.reporter.follow(entry)
        if fate == "hang":
            self._stopping.wait(self.faults.now.hang_s)
            # Werkzeug and gunicorn both close the connection on this, without a word to the client.
            raise ConnectionResetError(errno.ECONNRESET, "taken, and no answer given")
        return _json(api.show(entry, self.config), 201)

    def _list(self, request: Request, sid: str) -> Response:
        self._allow(request, sid)
        lag = timedelta(seconds=self.faults.now.list_lag_s)
        query = request.args.to_dict()
        return _json(api.list_page(self.book, query, self.config, hidden_since=self.config.clock() - lag))

    def _fetch(self, request: Request, sid: str, message: str) -> Response:
        self._allow(request, sid)
        entry = self.book.find(message)
        if entry is None:
            raise api.ApiError(404, 20404)
        return _json(api.show(entry, self.config))

    def _call(self, request: Request, sid: str) -> Response:
        self._allow(request, sid)
        if request.form.get("To", "") in magic.AT_SENDING:
            raise api.ApiError(400, magic.AT_SENDING[request.form["To"]])
        return _json(telephone.show(self.exchange.dial(request.form), self.config), 201)

    def _calls(self, request: Request, sid: str) -> Response:
        self._allow(request, sid)
        shown = [telephone.show(one, self.config) for one in self.exchange.to(request.args.get("To"))]
        return _json({"calls": shown, "page": 0, "page_size": len(shown), "next_page_uri": None})

    def _allow(self, request: Request, sid: str) -> None:
        self._stopping.wait(self.faults.now.latency_s)
        if self.faults.now.outage:
            raise api.ApiError(503, 20503)
        api.authenticate(self.config, request.headers.get("Authorization", ""), sid)

    def _show_faults(self, _request: Request) -> Response:
        return _json(self.faults.shown())

    def _change_faults(self, request: Request) -> Response:
        try:
            self.faults.change(_read_object(request))
        except ValueError as error:
            return _json({"detail": str(error)}, 422)
        return _json(self.faults.shown())

    def _messages(self, request: Request) -> Response:
        after = request.args.get("after", 0, type=int)
        limit = min(max(request.args.get("limit", 100, type=int), 0), _MAX_LISTED)
        entries = self.book.after(after, limit)
        reports = {"arrived": self.reporter.arrived, "failed": self.reporter.failed}
        shown = [
            {"number": one.number, "callback": one.callback} | api.show(one, self.config) for one in entries
        ]
        last = entries[-1].number if entries else after
        return _json(self.book.counts() | {"callbacks": reports, "messages": shown, "next": last})

    def _inbound(self, request: Request) -> Response:
        try:
            entry, answer = inbound.deliver(self.config, self.book, _read_object(request))
        except ValueError as error:
            return _json({"detail": str(error)}, 422)
        shown = {"sid": entry.sid, "product": {"status": answer.status, "body": answer.body}}
        return _json(shown, 200 if answer.arrived else 502)

    def _page(self, request: Request) -> Response:
        return page.show(request, self.book, self.config)

    def _asset(self, _request: Request, name: str) -> Response:
        return page.asset(name)


class Running:
    """A double that serves from a thread of its own until `stop`; also a context manager."""

    def __init__(self, config: DoubleConfig, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.double = Double(config)
        self._server: BaseWSGIServer = make_server(
            host, port, self.double, threaded=True, request_handler=QuietHandler
        )
        self.url = f"http://{host}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._serve, name="double", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=_STOP_NOTICED_S)

    def stop(self) -> None:
        """Stop serving and free the port."""
        self.double.close()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def make_app(config: DoubleConfig) -> Double:
    """Make the double as a WSGI application; `close` it in the end."""
    return Double(config)


def start(config: DoubleConfig, *, port: int = 0, host: str = "127.0.0.1") -> Running:
    """Serve from a background thread; port 0 takes a free one, `url` says which."""
    return Running(config, host=host, port=port)


def serve(config: DoubleConfig, *, port: int, host: str = "127.0.0.1") -> None:
    """Serve until interrupted or told to stop, then leave the process; for the main thread.

    The control pages have no lock: bind to loopback, as by default.
    """
    from notifications.double import standalone  # noqa: PLC0415  (gunicorn does not exist on Windows)

    standalone.Standalone(config, f"{host}:{port}").run()


def _json(shown: Mapping[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(shown), status, mimetype="application/json")


def _read_object(request: Request) -> dict[str, Any]:
    # A page of another site can post a form here, but no JSON: the browser would ask first.
    if not request.is_json:
        raise ValueError("a JSON object is needed, sent as application/json")
    sent = json.loads(request.get_data())
    if not isinstance(sent, dict):
        raise ValueError("a JSON object is needed")  # noqa: TRY004  (answered as unusable input)
    return sent
