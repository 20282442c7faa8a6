"""The REST interface under /api/v1, and what operators watch."""

from collections.abc import Callable

from flask import Blueprint, Flask

from casework.services.runtime import Runtime
from casework.settings import Settings
from casework.web.api import (
    cases,
    crews,
    event_schema,
    events,
    foreign,
    operations,
    pages,
    parties,
    problems,
    registers,
    watch,
)
from casework.web.api.figures import Figures
from casework.web.api.keyring import Keyring
from casework.web.api.operations import Operations
from casework.web.api.room import Room

_GROUPS: tuple[tuple[str, str, tuple[Callable[[Operations], None], ...]], ...] = (
    ("events", "What comes in from outside, and what became of it.", (registers.events,)),
    ("cases", "Cases, their parts, and the orders that move them along.", (cases.register,)),
    ("crews", "Crews: who they are, where they are, whether they serve.", (registers.crews, crews.register)),
    ("places", "Areas and assets.", (registers.places,)),
    ("parties", "Trucks, and where their loads come from.", (parties.register,)),
    ("operating", "Sources, rules and the outbox.", (registers.operating,)),
    ("figures", "How well targets are kept.", (registers.figures,)),
)


def register(app: Flask, settings: Settings, runtime: Callable[[], Runtime]) -> None:
    """Hang this room's addresses onto the application."""
    del settings
    room = Room(runtime, Keyring(lambda: runtime().uows), Figures())
    door = Blueprint("intake", __name__, url_prefix="/api/v1")
    events.register(app, door, room)
    foreign.register(door, room)
    watching = Blueprint("watch", __name__, template_folder="templates")
    watch.register(watching, room)
    pages.register(watching)
    for blueprint in (door, watching):
        problems.catch(blueprint)
        app.register_blueprint(blueprint)
    app.extensions["gongzhi_keys"] = room.keys
    app.extensions["gongzhi_document"] = _document(app, room)
    app.extensions["gongzhi_checks"] = lambda: watch.look(runtime())
    problems.catch_unrouted(app)
    watch.time(app, room.figures)


def _document(app: Flask, room: Room) -> operations.Document:
    document = operations.begin(app)
    pages.describe_intake(app, document, event_schema.CORE)
    foreign.describe(app, document)
    for name, about, hangers in _GROUPS:
        group = Operations(name, room, about)
        for hang in hangers:
            hang(group)
        document.register_blueprint(group)
    return document
