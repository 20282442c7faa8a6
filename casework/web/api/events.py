"""Taking events over HTTP, durable before the answer; the hottest path of the house."""

from collections.abc import Callable, Iterable, Mapping
from time import perf_counter
from typing import Any

import structlog
from flask import Blueprint, Flask, Response, request

from casework.domain import errors
from casework.domain.people import Scope, Source
from casework.services.runtime import Runtime
from casework.web import permissions
from casework.web.api import bodies, cloud_events, problems, strict_json
from casework.web.api.room import Room
from casework.web.permissions import Means

log = structlog.get_logger(__name__)

PATH = "/api/v1/events"
LONGEST_SINGLE = 1 << 20
"""Most bytes of a single event."""
LONGEST_BATCH = 8 << 20
"""Most bytes of a batch."""
_EVENTS = frozenset({Scope.EVENTS})
_ONE_ACCEPTED = b'{"accepted":1,"duplicates":0,"rejected":[]}'
_ONE_DUPLICATE = b'{"accepted":0,"duplicates":1,"rejected":[]}'

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]


class Door:
    """Receives events for a room's runtime."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def receive(self, environ: Mapping[str, Any]) -> bytes:
        """Take one event or a batch and answer, as JSON, after the commit."""
        source = self._room.keys.source(environ.get("HTTP_AUTHORIZATION"), _EVENTS)
        media_type = bodies.media_type(environ)
        if media_type == cloud_events.BATCH:
            return self._batch(environ, source)
        return self._single(environ, source, media_type)

    def _single(self, environ: Mapping[str, Any], source: Source, media_type: str) -> bytes:
        room = self._room
        room.keys.spend(source, 1)
        body = bodies.take(environ, LONGEST_SINGLE)
        runtime = room.runtime()
        raw = cloud_events.one(body, environ, media_type)
        try:
            event = runtime.read(raw, source.name)
        except errors.InvalidInput as error:
            self._set_aside(runtime, raw, source, error)
            raise
        if runtime.inbox.put([event], [], live=True).accepted:
            room.figures.accepted.inc()
            return _ONE_ACCEPTED
        room.figures.duplicates.inc()
        return _ONE_DUPLICATE

    def _set_aside(
        self, runtime: Runtime, raw: dict[str, Any], source: Source, error: errors.InvalidInput
    ) -> None:
        kept = cloud_events.quarantined(raw, source.name, error, runtime.clock())
        runtime.inbox.put([], [kept])
        self._room.figures.rejected.inc()

    def _batch(self, environ: Mapping[str, Any], source: Source) -> bytes:
        room = self._room
        batch = cloud_events.many(bodies.take(environ, LONGEST_BATCH))
        room.keys.spend(source, max(1, len(batch)))
        runtime = room.runtime()
        done = cloud_events.sort(batch, source.name, runtime.read, runtime.clock())
        receipt = runtime.inbox.put(done.events, done.quarantined, live=True)
        room.figures.accepted.inc(receipt.accepted)
        room.figures.duplicates.inc(receipt.duplicates)
        room.figures.rejected.inc(len(done.rejected))
        answer = {
            "accepted": receipt.accepted,
            "duplicates": receipt.duplicates,
            "rejected": [entry.to_json() for entry in done.rejected],
        }
        return strict_json.write(answer).encode()


class Shortcut:
    """Leads events past the framework's routing, context, session and signals.

    Those cost as much as checking and writing the event itself; every other request goes the usual way.
    """

    def __init__(self, door: Door, room: Room, usual: Wsgi) -> None:
        self._door = door
        self._usual = usual
        self._latency = {
            status: room.figures.latency.labels("POST", "receive_events", status)
            for status in ("202", "refused")
        }

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a WSGI request."""
        if environ.get("PATH_INFO") != PATH or environ.get("REQUEST_METHOD") != "POST":
            return self._usual(environ, start_response)
        began = perf_counter()
        try:
            body = self._door.receive(environ)
        except errors.CaseworkError as error:
            self._latency["refused"].observe(perf_counter() - began)
            return problems.answer(error)(environ, start_response)
        except Exception:  # the outermost frame of a request, as the framework's own would be
            log.exception("request_failed", path=PATH, method="POST")
            return problems.unforeseen()(environ, start_response)
        self._latency["202"].observe(perf_counter() - began)
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response("202 Accepted", headers)
        return [body]


def register(app: Flask, blueprint: Blueprint, room: Room) -> None:
    """Hang the door onto a blueprint, and its shortcut before the application."""
    door = Door(room)

    @blueprint.post("/events")
    @permissions.declare(Means.SOURCE_KEY, Scope.EVENTS)
    def receive_events() -> Response:
        """Take one CloudEvent, structured or binary, or a batch of up to 1,000."""
        return Response(door.receive(request.environ), 202, content_type="application/json")

    shortcut = Shortcut(door, room, app.wsgi_app)
    app.wsgi_app = shortcut  # type: ignore[method-assign]  # how Flask documents middleware
