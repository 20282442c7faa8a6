"""The three ways in which CloudEvents 1.0 come over HTTP: structured, binary, and in batches."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from casework import ids
from casework.domain import errors
from casework.domain.events import NewEvent, Quarantined
from casework.services.intake import Read
from casework.web.api import strict_json

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
PLAIN = "application/json"
LONGEST_BATCH = 1_000
_SHORTENED = 500
_ATTRIBUTES = ("specversion", "id", "source", "type", "subject", "time", "dataschema")


@dataclass(frozen=True, slots=True)
class Rejected:
    """One event of a batch that was not taken, and why."""

    index: int
    id: str | None
    error: errors.CaseworkError

    def to_json(self) -> dict[str, Any]:
        """Write it as the answer's `rejected` holds it."""
        entry: dict[str, Any] = {"index": self.index, "id": self.id, "detail": self.error.detail[:_SHORTENED]}
        if isinstance(self.error, errors.InvalidInput):
            entry["errors"] = self.error.errors
        return entry


@dataclass(slots=True)
class Sorted:
    """A batch, sorted into what is taken, what waits for mending, and what the sender is told."""

    events: list[NewEvent]
    quarantined: list[Quarantined]
    rejected: list[Rejected]


def one(body: bytes, headers: Mapping[str, Any], media_type: str) -> dict[str, Any]:
    """Read a single event, structured or, where `ce-` headers carry its attributes, binary.

    `headers` is the WSGI environment. Raises `MalformedBody`, `InvalidInput` or `UnsupportedMediaType`.
    """
    if media_type != STRUCTURED and "HTTP_CE_SPECVERSION" in headers:
        return _binary(body, headers, media_type)
    if media_type not in {STRUCTURED, PLAIN}:
        raise errors.UnsupportedMediaType(
            f"{media_type or 'no content type'!r} is not taken here; send {STRUCTURED}, {BATCH} or {PLAIN}"
        )
    raw = strict_json.read(body)
    if not isinstance(raw, dict):
        hint = f"; several events come as {BATCH}" if isinstance(raw, list) else ""
        raise errors.MalformedBody(f"an event is a JSON object{hint}")
    return raw


def _binary(body: bytes, headers: Mapping[str, Any], media_type: str) -> dict[str, Any]:
    if media_type != PLAIN and not media_type.endswith("+json"):
        raise errors.UnsupportedMediaType(f"the data of a binary event is taken as {PLAIN} only")
    raw: dict[str, Any] = {}
    for name in _ATTRIBUTES:
        value = headers.get(f"HTTP_CE_{name.upper()}")
        if value is not None:
            raw[name] = unquote(value, errors="replace")
    raw["datacontenttype"] = media_type
    raw["data"] = strict_json.read(body)
    return raw


def many(body: bytes) -> list[Any]:
    """Read a batch; raises `MalformedBody`, or `TooLarge` beyond 1,000 events."""
    batch = strict_json.read(body)
    if not isinstance(batch, list):
        raise errors.MalformedBody("a batch is a JSON array of events")
    if len(batch) > LONGEST_BATCH:
        raise errors.TooLarge(f"a batch holds at most {LONGEST_BATCH} events, this one {len(batch)}")
    return batch


def sort(batch: Iterable[Any], source: str, read: Read, now: datetime) -> Sorted:
    """Check each event of a batch; one that fails its schema is kept for mending, a foreign one is not."""
    done = Sorted([], [], [])
    for index, raw in enumerate(batch):
        try:
            done.events.append(read(_object(raw), source))
        except errors.InvalidInput as error:
            done.quarantined.append(quarantined(raw, source, error, now))
            done.rejected.append(Rejected(index, name_of(raw), error))
        except errors.ForeignSource as error:
            done.rejected.append(Rejected(index, name_of(raw), error))
    return done


def _object(raw: object) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise errors.InvalidInput({"event": ["must be a JSON object"]})
    return raw


def name_of(raw: object) -> str | None:
    """Answer the id that a sender gave to a bad event, if it is one that can be repeated."""
    name = raw.get("id") if isinstance(raw, dict) else None
    return name[:256] if isinstance(name, str) else None


def quarantined(raw: object, source: str, error: errors.InvalidInput, now: datetime) -> Quarantined:
    """Keep a bad event whole, in a form that every database can hold."""
    return Quarantined(
        id=ids.new(),
        source=source,
        received_at=now,
        body=json.dumps(raw),
        detail=_holdable(error.detail)[:4000],
        errors={_holdable(name): [_holdable(s) for s in said] for name, said in error.errors.items()},
    )


def _holdable(text: str) -> str:
    """Replace what PostgreSQL's texts cannot hold: NUL and half characters."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
