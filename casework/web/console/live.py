"""What keeps a page live: the stream, polling where there is no place for a stream, and the map's data."""

from flask import Blueprint, Response, jsonify, request, stream_with_context

from casework.web.console import formats, permissions, stream
from casework.web.console.parts import listed, parts, viewer

RETRY_S = 10
OVERLAP = 1_000
"""Two processes may number the same change a moment apart; a repeated id costs one look at a row."""


def add_to(blueprint: Blueprint) -> None:
    """Add the live routes."""
    for rule, view in (
        ("/stream", event_stream),
        ("/changes", changes),
        ("/map/areas.geojson", map_areas),
        ("/map/cases", map_cases),
        ("/map/crews.geojson", map_crews),
    ):
        blueprint.add_url_rule(rule, view_func=permissions.needs(permissions.READ)(view))


def _after() -> int | None:
    given = request.headers.get("Last-Event-ID") or request.args.get("after", "")
    return int(given) if given.isdecimal() and len(given) < 16 else None  # noqa: PLR2004  (what a bigint holds)


def event_stream() -> Response:
    """Stream the ids of what changes; 503 with `Retry-After` when every place is taken."""
    try:
        parts().feed.enter()
    except stream.TooManyStreams:
        return Response(status=503, headers={"Retry-After": str(RETRY_S)})
    after = _after()
    body = stream.frames(
        parts().feed, parts().feed.n if after is None else max(0, after - OVERLAP), parts().clock
    )
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response(stream_with_context(body), mimetype="text/event-stream", headers=headers)


def changes() -> Response:
    """Tell what changed after a number, for consoles that poll."""
    found = parts().queries.changes_since(_after() or 0)
    return jsonify(stream.as_json(found, parts().clock()))


def map_areas() -> Response:
    """Give the outlines of the areas."""
    return jsonify(parts().queries.areas())


def map_cases() -> Response:
    """Give the open cases as points, or those of `ids`; what is asked for and not given is open no longer.

    Thousands come at once, so a case is a list and not an object, a title is its place in `titles`, and
    what is due is counted in seconds from `base`. A fifth digit of a degree is a metre.
    """
    base = parts().clock()
    titles: dict[str, int] = {}
    cases = [
        (
            row.id,
            row.number,
            round(row.lon, 5),
            round(row.lat, 5),
            row.priority,
            titles.setdefault(formats.say(row.title), len(titles)),
            round((row.clock.due_at - base).total_seconds()) if row.clock and not row.clock.paused else None,
            round(row.clock.target_s) if row.clock else None,
        )
        for row in parts().queries.points(viewer(), listed("ids"))
    ]
    return jsonify(base=stream.millis(base), titles=list(titles), cases=cases)


def map_crews() -> Response:
    """Give the crews that have a position as points, or those of `codes`."""
    features = [
        {
            "type": "Feature",
            "properties": {"code": crew.code, "status": crew.status, "name": formats.say(crew.name)},
            "geometry": {"type": "Point", "coordinates": [crew.lon, crew.lat]},
        }
        for crew in parts().queries.crews(viewer(), listed("codes"))
        if crew.lat is not None
    ]
    return jsonify(type="FeatureCollection", features=features)
