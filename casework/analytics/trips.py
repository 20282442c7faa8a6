"""Reads a truck's sightings and the sites of the district, for a load to be followed back."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa

from casework.domain.trace_back import Sighting, Site, Trace, trace_back
from casework.store import tables

LOOK_BACK = timedelta(hours=6)
"""A spoil truck makes several trips a shift; what is older belongs to another one."""
SITE_KIND = "site"
_NEWEST = 1_000_000
_SIGHTINGS = 500
_SITES = 5_000


def origin(connection: sa.Connection, party: str, until: datetime) -> Trace:
    """Follow a truck back from a time to where its load probably came from.

    Looks at the newest million events at most, for those of six hours whose `subject` is the truck.
    """
    return trace_back(list(_sightings(connection, party, until)), list(_sites(connection)))


def _sightings(connection: sa.Connection, party: str, until: datetime) -> Iterator[Sighting]:
    own = tables.events.c
    newest = sa.select(sa.func.coalesce(sa.func.max(own.seq), 0) - _NEWEST).scalar_subquery()
    at = sa.func.coalesce(own.time, own.received_at)
    query = (
        sa.select(own.event_id, own.time, own.received_at, own.body)
        .where(own.seq > newest, own.type == "sighting", own.subject == party)
        .where(at >= sa.bindparam("since", until - LOOK_BACK, own.received_at.type))
        .where(at <= sa.bindparam("until", until, own.received_at.type))
        .order_by(own.seq.desc())
        .limit(_SIGHTINGS)
    )
    for row in connection.execute(query):
        data = json.loads(row.body)
        loaded = data.get("loaded")
        yield Sighting(
            event=row.event_id,
            at=row.time or row.received_at,
            lat=float(data["lat"]),
            lon=float(data["lon"]),
            loaded=loaded if isinstance(loaded, bool) else None,
        )


def _sites(connection: sa.Connection) -> Iterator[Site]:
    own = tables.assets.c
    query = sa.select(own.id, own.name_zh, own.name_en, own.lat, own.lon).where(own.kind == SITE_KIND)
    for row in connection.execute(query.order_by(own.id).limit(_SITES)):
        yield Site(*row)
