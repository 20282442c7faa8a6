"""Crews: who they are, where they are, and whether they serve."""

from datetime import timedelta
from typing import Any

from casework.domain import errors
from casework.domain.crews import Crew, CrewStatus
from casework.domain.people import Scope
from casework.ids import CrewId
from casework.services import field_work
from casework.web.api import schemas
from casework.web.api.operations import Operations

AHEAD = timedelta(minutes=5)
"""A telephone's clock may be so far ahead of ours; beyond, its positions would outlive true ones."""

BEHIND = timedelta(days=7)


def register(blueprint: Operations) -> None:
    """Hang the crews' addresses onto a blueprint."""

    @blueprint.acts(
        "/crews/<crew_id>/position", schemas.Taken, body=schemas.Position, scopes=(Scope.CREWS_WRITE,)
    )
    def report_position(body: dict[str, Any], crew_id: str) -> dict[str, bool]:
        """Report where a crew is; an older position than is known changes nothing."""
        runtime = blueprint.runtime
        now = runtime.clock()
        at = body.get("at", now)
        if not now - BEHIND <= at <= now + AHEAD:
            raise errors.InvalidInput({"at": ["lies in the future, or days back"]})
        field_work.report_position(CrewId(crew_id), body["lat"], body["lon"], at, uows=runtime.uows)
        return {"ok": True}

    @blueprint.acts(
        "/crews/<crew_id>/status", schemas.Crew, body=schemas.CrewStatusChange, scopes=(Scope.CREWS_WRITE,)
    )
    def set_crew_status(body: dict[str, Any], crew_id: str) -> Crew:
        """Put a crew in or out of service."""
        runtime = blueprint.runtime
        return field_work.set_status(
            CrewId(crew_id), CrewStatus(body["status"]), uows=runtime.uows, clock=runtime.clock
        )
