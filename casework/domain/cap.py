"""Official warnings by CAP 1.2: which of them are in force, and what an event says of one."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

ACTUAL = "Actual"
STATUSES = frozenset({ACTUAL, "Exercise", "System", "Test", "Draft"})
KINDS = frozenset({"Alert", "Update", "Cancel", "Ack", "Error"})
SPEAKING = frozenset({"Alert", "Update"})
"""Messages that warn; the others are about messages."""
Points = tuple[tuple[float, float], ...]


class Standing(StrEnum):
    """How a message stands."""

    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    NOT_ACTUAL = "not_actual"
    NOTED = "noted"


@dataclass(frozen=True, slots=True)
class Reference:
    """Another message by its sender, identifier and time."""

    sender: str
    identifier: str
    sent: datetime

    @property
    def key(self) -> str:
        """The message's name in the register."""
        whole = f"{self.sender},{self.identifier},{self.sent.astimezone(UTC).isoformat()}"
        return hashlib.sha256(whole.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """One area of a warning: polygons as (lat, lon), circles as (lat, lon, km), codes of some scheme."""

    name: str
    polygons: Sequence[Points] = ()
    circles: Sequence[tuple[float, float, float]] = ()
    geocodes: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """What a message says in one language about one thing."""

    language: str
    event: str
    urgency: str
    severity: str
    certainty: str
    headline: str | None = None
    description: str | None = None
    instruction: str | None = None
    effective: datetime | None = None
    onset: datetime | None = None
    expires: datetime | None = None
    zones: Sequence[Zone] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A message as it came."""

    sender: str
    identifier: str
    sent: datetime
    status: str
    kind: str
    scope: str
    references: Sequence[Reference] = ()
    infos: Sequence[Info] = ()

    @property
    def name(self) -> Reference:
        """Its own reference."""
        return Reference(self.sender, self.identifier, self.sent)

    @property
    def actual(self) -> bool:
        """Whether it is meant: exercises, tests and systems' talk never are."""
        return self.status == ACTUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Warning:  # noqa: A001  (the word of the trade; modules are imported, not their names)
    """A message as the register keeps it."""

    key: str
    source: str
    sender: str
    identifier: str
    sent: datetime
    status: str
    kind: str
    refs: tuple[str, ...]
    chain: str
    standing: Standing
    event: str
    severity: str
    headline: str
    areas: tuple[str, ...]
    expires_at: datetime | None
    received_at: datetime
    event_ids: tuple[str, ...]
    settled_by: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """As much of a message as its standing follows from."""

    key: str
    kind: str
    status: str
    refs: frozenset[str]


def standing(own: Link, others: Iterable[Link]) -> tuple[Standing, str | None]:
    """Say how a message stands among all that are known, and which message settled it.

    It follows from the set of messages alone, never from the order in which they came: networks repeat and
    overtake. A cancelling outranks an update. Messages of another status do not touch it: an exercise
    cancels no real warning, and no real one an exercise's.
    """
    if own.status != ACTUAL:
        return Standing.NOT_ACTUAL, None
    if own.kind not in SPEAKING:
        return Standing.NOTED, None
    naming = [other for other in others if own.key in other.refs and other.status == own.status]
    for kind, result in (("Cancel", Standing.CANCELLED), ("Update", Standing.SUPERSEDED)):
        found = sorted(other.key for other in naming if other.kind == kind and other.key != own.key)
        if found:
            return result, found[0]
    return Standing.IN_FORCE, None


def spoken(alert: Alert, language: str) -> Sequence[Info]:
    """Choose the infos of one language: the wanted one's, or those of the first that speaks."""
    by_language: dict[str, list[Info]] = {}
    for info in alert.infos:
        by_language.setdefault(info.language.split("-")[0].lower(), []).append(info)
    return by_language.get(language) or next(iter(by_language.values()), [])


def expires(infos: Iterable[Info]) -> datetime | None:
    """Answer when the last of some infos expires; None where one of them never says."""
    told = [info.expires for info in infos]
    return max((at for at in told if at is not None), default=None) if all(told) else None


def chain_of(alert: Alert, known: Mapping[str, str]) -> str:
    """Name the first message of the chain that a message goes on with, as far as it is known.

    `known` are the chains of messages that have come.
    """
    for reference in sorted(alert.references, key=lambda one: (one.sent, one.key)):
        return known.get(reference.key, reference.key)
    return alert.name.key


def event_data(
    alert: Alert, info: Info, areas: Sequence[str], chain: str, at: tuple[float, float] | None
) -> dict[str, Any]:
    """Write what an `alert` event says; packs group a warning and its updates by `chain`."""
    told: dict[str, Any] = {
        "event": info.event,
        "severity": info.severity,
        "urgency": info.urgency,
        "certainty": info.certainty,
        "areas": list(areas),
        "chain": chain,
        "message": alert.kind,
        "sender": alert.sender,
    }
    optional: Mapping[str, object] = {
        "headline": info.headline,
        "description": info.description and info.description[:5_000],
        "instruction": info.instruction and info.instruction[:5_000],
        "onset": info.onset and info.onset.isoformat(),
        "expires": info.expires and info.expires.isoformat(),
        "zones": [zone.name[:200] for zone in info.zones][:100] or None,
    }
    told |= {name: value for name, value in optional.items() if value}
    return told | ({"lat": at[0], "lon": at[1]} if at else {})


def link(alert: Alert) -> Link:
    """Take from a message what standings follow from."""
    refs = frozenset(reference.key for reference in alert.references)
    return Link(alert.name.key, alert.kind, alert.status, refs)
