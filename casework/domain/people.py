"""Users with roles, sources with keys, and what each may do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from casework.ids import UserId


class Role(StrEnum):
    """What a person is to the house; each also gets escalations."""

    DISPATCHER = "dispatcher"
    SHIFT_LEAD = "shift_lead"
    DUTY_OFFICER = "duty_officer"
    RULE_AUTHOR = "rule_author"
    OPERATOR = "operator"


class Permission(StrEnum):
    """What can be allowed."""

    READ = "read"
    DISPATCH = "dispatch"
    CLOSE = "close"
    QUARANTINE = "quarantine"
    CREWS = "crews"
    OUTBOX = "outbox"
    RULES = "rules"
    PUBLISH = "publish"
    REGISTERS = "registers"


P = Permission
GRANTS: Mapping[Role, frozenset[Permission]] = {
    Role.DISPATCHER: frozenset({P.READ, P.DISPATCH, P.CLOSE, P.QUARANTINE, P.CREWS}),
    Role.SHIFT_LEAD: frozenset(
        {P.READ, P.DISPATCH, P.CLOSE, P.QUARANTINE, P.CREWS, P.OUTBOX, P.REGISTERS, P.RULES, P.PUBLISH}
    ),
    Role.DUTY_OFFICER: frozenset({P.READ, P.DISPATCH, P.CLOSE, P.PUBLISH}),
    Role.RULE_AUTHOR: frozenset({P.READ, P.RULES, P.PUBLISH}),
    Role.OPERATOR: frozenset({P.READ, P.QUARANTINE, P.OUTBOX, P.REGISTERS}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person who signs in to the console."""

    id: UserId
    name: str
    display_name: str
    role: Role
    password_hash: str
    language: str | None = None
    phone: str | None = None
    active: bool = True

    def may(self, permission: Permission) -> bool:
        """Whether the person's role grants it."""
        return self.active and permission in GRANTS[self.role]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A sign-in; the token itself is never kept, only its hash."""

    token_hash: str
    user_id: UserId
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


class Scope(StrEnum):
    """What a source's key opens."""

    EVENTS = "events"
    CASES_READ = "cases:read"
    CASES_WRITE = "cases:write"
    CREWS_WRITE = "crews:write"
    REGISTERS_WRITE = "registers:write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A system that may send; up to two keys at a time so that they can be rotated."""

    name: str
    title: str
    owner: str
    key_hashes: tuple[str, ...]
    scopes: frozenset[str]
    rate_per_s: float
    burst: int
    last_seen_at: datetime | None = None
    interval_s: float | None = None
    """It declares to be heard at least so often; None: its silence means nothing."""
    silent_at: datetime | None = None
    offline_since: datetime | None = None
