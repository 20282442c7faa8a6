"""Official warnings by CAP 1.2, sent by a source with its key."""

from typing import cast

from flask import Blueprint, Response, current_app, jsonify, request

from casework.domain.people import Scope
from casework.services import cap_xml, warnings
from casework.web import permissions
from casework.web.api.keyring import Keyring
from casework.web.hooks import doors
from casework.web.permissions import Means

_EVENTS = frozenset({Scope.EVENTS})


def hang(hooks: Blueprint) -> None:
    """Add the address to the blueprint."""

    @hooks.post("/hooks/cap")
    @permissions.declare(Means.SOURCE_KEY, Scope.EVENTS)
    def take_warning() -> tuple[Response, int]:
        """Take one message; answer how it stands."""
        keys = cast(Keyring, current_app.extensions["gongzhi_keys"])
        source = keys.source(request.headers.get("Authorization"), _EVENTS)
        keys.spend(source, 1)
        request.max_content_length = cap_xml.LONGEST
        runtime = doors.runtime()
        taken = warnings.take(
            cap_xml.read(request.get_data()),
            source.name,
            uows=runtime.uows,
            house=runtime.house(),
            inbox=runtime.inbox,
            read=runtime.read,
            clock=runtime.clock,
        )
        warning = taken.warning
        body = jsonify(
            identifier=warning.identifier,
            new=taken.new,
            standing=warning.standing.value,
            events=list(warning.event_ids),
            areas=list(warning.areas),
        )
        return body, 202
