"""Foreign payloads through the mapping of their source; what does not fit waits for mending."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from casework import ids
from casework.clock import Clock
from casework.domain import errors, mappings
from casework.domain.events import NewEvent, Quarantined
from casework.services import mapping
from casework.services.intake import Read
from casework.services.mapping import Mapped, Step
from casework.services.ports import UnitsOfWork

log = structlog.get_logger(__name__)

DEFAULT = "default"
LONGEST_SAMPLE = 65_536
FRESH_S = 3.0
"""A changed mapping is heard of in other processes after at most this long."""


@dataclass(slots=True)
class Made:
    """What became of payloads: events to be taken, and what waits for mending."""

    events: list[NewEvent] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    refused: list[tuple[int, str | None, errors.CaseworkError]] = field(default_factory=list)
    """The number of the event within what came, the id it has, and what is wrong with it."""

    def take(self, raw: Mapping[str, Any], source: str, read: Read, clock: Clock) -> None:
        """Check one event; keep it, or set it aside whole."""
        number = len(self.events) + len(self.refused)
        try:
            self.events.append(read(raw, source))
        except (errors.InvalidInput, errors.ForeignSource) as error:
            name = raw.get("id")
            self.refused.append((number, name if isinstance(name, str) else None, error))
            self.quarantined.append(set_aside(json.dumps(raw), source, error, clock))

    def refuse(self, body: str, source: str, error: errors.CaseworkError, clock: Clock) -> None:
        """Set a payload aside that became no event at all."""
        self.refused.append((len(self.events) + len(self.refused), None, error))
        self.quarantined.append(set_aside(body, source, error, clock))


def set_aside(body: str, source: str, error: errors.CaseworkError, clock: Clock) -> Quarantined:
    """Keep what came and was not understood, in a form that every database can hold."""
    named = error.errors if isinstance(error, errors.InvalidInput) else {}
    return Quarantined(
        id=ids.new(),
        source=source,
        received_at=clock(),
        body=_holdable(body),
        detail=_holdable(error.detail)[:4000],
        errors={_holdable(name): [_holdable(one) for one in said] for name, said in named.items()},
    )


def _holdable(text: str) -> str:
    """Write visibly what PostgreSQL's texts cannot hold: NUL, and halves that are no character."""
    return text.replace("\0", "\N{SYMBOL FOR NULL}").encode(errors="backslashreplace").decode()


class Mapper:
    """Knows the mappings of sources; the database is asked once in a few seconds for each."""

    def __init__(self, uows: UnitsOfWork, zone: ZoneInfo, clock: Clock) -> None:
        self._uows = uows
        self._zone = zone
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[float, str, Mapped]] = {}

    def get(self, source: str, name: str) -> Mapped:
        """Answer a source's mapping; raises `NotFound` with what there is, `Conflict` for an unusable one."""
        now_s = self._clock().timestamp()
        held = self._known.get((source, name))
        if held is not None and 0 <= now_s - held[0] < FRESH_S:
            return held[2]
        with self._uows(reading=True) as uow:
            kept = uow.mappings.find(source, name)
        if kept is None:
            raise errors.NotFound(f"source {source!r} has no mapping {name!r}; make it under Register")
        if held is None or held[1] != kept.text:
            held = (now_s, kept.text, _usable(kept.text, self._zone))
        self._known[source, name] = (now_s, held[1], held[2])
        return held[2]


def _usable(text: str, zone: ZoneInfo) -> Mapped:
    try:
        return mapping.parse(text, zone)
    except mapping.MappingInvalid as error:
        raise errors.Conflict(f"the mapping cannot be used: {error}") from error


def make(payload: object, source: str, mapped: Mapped, *, read: Read, clock: Clock, topic: str = "") -> Made:
    """Make the events of a foreign payload; nothing of it is dropped."""
    made = Made()
    try:
        raws = mapped.events(payload, source, topic)
    except errors.InvalidInput as error:
        made.refuse(json.dumps(payload), source, error, clock)
        return made
    if not raws:
        empty = errors.InvalidInput({"split": ["finds nothing in this payload"]})
        made.refuse(json.dumps(payload), source, empty, clock)
    for raw in raws:
        made.take(raw, source, read, clock)
    return made


@dataclass(frozen=True, slots=True)
class Preview:
    """What a mapping makes of a sample: each field of the first event, each event, and what is wrong."""

    sentences: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    events: tuple[Mapping[str, Any], ...] = ()
    problems: tuple[tuple[int, str, str], ...] = ()
    """Number of the event, field, sentence."""
    paths: tuple[tuple[str, Any], ...] = ()


def preview(text: str, sample: str, source: str, *, read: Read, zone: ZoneInfo, topic: str = "") -> Preview:
    """Try a mapping on a sample; nothing is written."""
    try:
        payload = json.loads(sample) if sample.strip() else {}
    except (ValueError, RecursionError) as error:
        return Preview((f"the sample is no JSON: {error}",))
    found = tuple(mapping.paths(payload))
    try:
        mapped = mapping.parse(text, zone)
        rows = mapped.rows(payload, topic)
        raws = [mapped.event(row, source) for row in rows]
        steps = tuple(mapped.steps(rows[0])) if rows else ()
    except mapping.MappingInvalid as error:
        return Preview(tuple(error.sentences), paths=found)
    except errors.InvalidInput as error:
        wrong = tuple((0, name, " ".join(said)) for name, said in error.errors.items())
        return Preview(problems=wrong, paths=found)
    problems: list[tuple[int, str, str]] = []
    for number, raw in enumerate(raws):
        try:
            read(raw, source)
        except errors.InvalidInput as error:
            problems += [(number, name, " ".join(said)) for name, said in error.errors.items()]
    return Preview((), steps, tuple(raws), tuple(problems), found)


def save(
    kept: mappings.Mapping, *, zone: ZoneInfo, uows: UnitsOfWork, clock: Clock, actor: str
) -> mappings.Mapping:
    """Keep a mapping of a known source; one that cannot be used, or tells nothing apart, is refused."""
    wrong: dict[str, list[str]] = {}
    if not kept.name.isidentifier() or not kept.name.isascii() or len(kept.name) > 64:  # noqa: PLR2004  (the column)
        wrong["name"] = ["must be letters, digits and _, like default"]
    if len(kept.sample) > LONGEST_SAMPLE:
        wrong["sample"] = [f"must have at most {LONGEST_SAMPLE} characters"]
    try:
        if not mapping.parse(kept.text, zone).is_told_apart():
            wrong["text"] = ["must say `id` or `time`: without, the same reading twice would be one event"]
    except mapping.MappingInvalid as error:
        wrong["text"] = error.sentences
    if wrong:
        raise errors.InvalidInput(wrong)
    with uows() as uow:
        if uow.registers.source(kept.source) is None:
            raise errors.InvalidInput({"source": [f"there is no source {kept.source!r}"]})
        saved = replace(kept, changed_at=clock(), changed_by=actor)
        uow.mappings.put(saved)
        uow.commit()
    log.info("mapping_saved", source=kept.source, name=kept.name, actor=actor)
    return saved
