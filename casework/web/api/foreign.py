"""What comes in shapes not ours: raw payloads through a source's mapping, and lists for the registers."""

from functools import cache
from typing import Any

from flask import Blueprint, Flask, Response, request

from casework.domain import errors
from casework.domain.people import Scope
from casework.services import foreign_rows, mapping_payloads, register_files
from casework.services.foreign_rows import Form
from casework.services.mapping_payloads import DEFAULT, Mapper
from casework.services.register_files import Shape
from casework.services.registering import Outcome, Register
from casework.web import permissions
from casework.web.api import bodies, operations, strict_json
from casework.web.api.cloud_events import Rejected
from casework.web.api.room import Room
from casework.web.permissions import Means

LONGEST_PAYLOAD = 1 << 20
LONGEST_LIST = 32 << 20
"""Most bytes of a list; a longer one comes in parts."""
FORMS = {
    "text/csv": Form.CSV,
    "application/geo+json": Form.GEOJSON,
    "application/x-ndjson": Form.JSON_LINES,
}
_WRITE = frozenset({Scope.REGISTERS_WRITE})
_EVENTS = frozenset({Scope.EVENTS})


def register(blueprint: Blueprint, room: Room) -> None:
    """Hang both addresses onto a blueprint."""

    @cache
    def mapper() -> Mapper:
        runtime = room.runtime()
        return Mapper(runtime.uows, runtime.settings.timezone, runtime.clock)

    @blueprint.post("/raw")
    @permissions.declare(Means.SOURCE_KEY, Scope.EVENTS)
    def receive_raw() -> Response:
        """Take a payload of a source's own shape; its mapping makes events of it."""
        source = room.keys.source(request.environ.get("HTTP_AUTHORIZATION"), _EVENTS)
        room.keys.spend(source, 1)
        runtime = room.runtime()
        mapped = mapper().get(source.name, _plain("mapping", DEFAULT))
        if bodies.media_type(request.environ) not in {"application/json", ""}:
            raise errors.UnsupportedMediaType("send application/json")
        payload = strict_json.read(bodies.take(request.environ, LONGEST_PAYLOAD))
        made = mapping_payloads.make(payload, source.name, mapped, read=runtime.read, clock=runtime.clock)
        room.keys.spend(source, len(made.events))
        receipt = runtime.inbox.put(made.events, made.quarantined, live=True)
        room.figures.accepted.inc(receipt.accepted)
        room.figures.duplicates.inc(receipt.duplicates)
        room.figures.rejected.inc(len(made.refused))
        if made.refused and not made.events:
            raise made.refused[0][2]
        answer = {
            "accepted": receipt.accepted,
            "duplicates": receipt.duplicates,
            "rejected": [Rejected(*refused).to_json() for refused in made.refused],
        }
        return Response(strict_json.write(answer), 202, content_type="application/json")

    @blueprint.post("/registers/<register>")
    @permissions.declare(Means.SOURCE_KEY, Scope.REGISTERS_WRITE)
    def import_register(register: str) -> Response:
        """Take a list into a register; rows that are not taken come back with line and reason."""
        source = room.keys.source(request.environ.get("HTTP_AUTHORIZATION"), _WRITE)
        room.keys.spend(source, 1)
        wanted = next((one for one in Register if one == register), None)
        if wanted is None:
            raise errors.NotFound(f"registers are {', '.join(Register)}")
        form = FORMS.get(bodies.media_type(request.environ))
        if form is None:
            raise errors.UnsupportedMediaType(f"send {', '.join(FORMS)}")
        runtime = room.runtime()
        lines = bodies.take(request.environ, LONGEST_LIST).splitlines(keepends=True)
        total, refused = Outcome(), []
        for outcome, refusals in register_files.take_all(
            wanted,
            foreign_rows.read_lines(lines, form, "utf-8"),
            Shape(columns=_pairs("column"), constants=_pairs("set")),
            uows=runtime.uows,
            locate=runtime.house().locate,
            clock=runtime.clock,
        ):
            total.add(outcome)
            refused += [_holdable(refusal.to_json()) for refusal in refusals]
        answer = {"new": total.new, "changed": total.changed, "same": total.same, "refused": refused}
        return Response(strict_json.write(answer), 200, content_type="application/json")


def _plain(name: str, default: str) -> str:
    return request.args.get(name, default)[:64].replace("\0", "")


def _pairs(name: str) -> dict[str, str]:
    given = request.args.getlist(name)
    if len(given) > 64 or any("=" not in text for text in given):  # noqa: PLR2004  (more columns than any list has)
        raise errors.InvalidInput({name: ["write OURS=THEIRS, at most 64 times"]})
    return dict(text.split("=", 1) for text in given)


def _holdable(value: Any) -> Any:  # noqa: ANN401  (whatever stood in a row)
    """Write visibly what is no character."""
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if isinstance(value, dict):
        return {_holdable(name): _holdable(inner) for name, inner in value.items()}
    return [_holdable(inner) for inner in value] if isinstance(value, list) else value


def describe(app: Flask, api: operations.Document) -> None:
    """Describe both views in the document: they are no operations of the library's."""
    refusals = {
        status: operations.refusal(status)
        for status in ("400", "401", "403", "404", "409", "413", "415", "422", "429", "503")
    }
    raw = {
        "tags": ["events"],
        "operationId": "receive_raw",
        "summary": "Take a payload of the source's own shape; the source's mapping makes events of it.",
        "security": operations.SECURITY,
        "parameters": [_query("mapping", {"type": "string", "maxLength": 64, "default": DEFAULT})],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {}}}},
        "responses": {
            "202": {
                "description": "Durable: what was taken, known already, refused",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Receipt"}}},
            },
            **refusals,
        },
    }
    listed = {"type": "array", "maxItems": 64, "items": {"type": "string", "pattern": "^[^=]+=.*$"}}
    imported = {
        "tags": ["operating"],
        "operationId": "import_register",
        "summary": "Take a list into a register; the same list may come any number of times.",
        "security": operations.SECURITY,
        "parameters": [
            {
                "name": "register",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "enum": [one.value for one in Register]},
            },
            _query("column", listed),
            _query("set", listed),
        ],
        "requestBody": {
            "required": True,
            "content": {name: {"schema": {"type": "string"}} for name in FORMS},
        },
        "responses": {"200": {"description": "Counts, and each row that was not taken"}, **refusals},
    }
    for endpoint, operation in (("receive_raw", raw), ("import_register", imported)):
        rule = next(app.url_map.iter_rules(f"intake.{endpoint}"))
        api.spec.path(rule=rule, operations={"post": operation})


def _query(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema}
