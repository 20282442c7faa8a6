"""Whose session a token opens, asked at every request and therefore without a write transaction."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from casework.domain.people import Role
from casework.store import tables

_S, _U = tables.sessions.c, tables.users.c


@dataclass(frozen=True, slots=True)
class Visit:
    """A session with the person it belongs to."""

    user_id: str
    name: str
    display_name: str
    role: Role
    active: bool
    seen_at: datetime
    expires_at: datetime


def find(connection: sa.Connection, token_hash: str) -> Visit | None:
    """Find a session by the hash of its token; whether it is still good is up to the caller."""
    query = (
        sa.select(_U.id, _U.name, _U.display_name, _U.role, _U.active, _S.seen_at, _S.expires_at)
        .join(tables.users, _U.id == _S.user_id)
        .where(_S.token_hash == token_hash)
    )
    row = connection.execute(query).first()
    return None if row is None else Visit(*row)
