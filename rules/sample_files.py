"""Read sample streams: events as JSON lines, places and expected cases as YAML."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from marshmallow import fields, validate

from rules import schema, yaml_lines
from rules.errors import FactRefused, PackInvalid, Problem, nearest
from rules.facts import project
from rules.fields import FieldType
from rules.samples import Sample, SampleCase, SampleEvent, SamplePlace
from rules.units import duration
from rules.yaml_lines import Document

EVENT_LIMIT = 2_000
LINE_LIMIT = 16 * 1024
_LONGEST_S = 31 * 86_400
_name = validate.Regexp(r"[a-z0-9]+([-_.][a-z0-9]+)*\Z", error="must be a lower-case name")
_FILES = ("stream.jsonl", "places.yaml", "expect.yaml")

Fields = Mapping[str, Mapping[str, FieldType]]


class _EventSchema(schema.Strict):
    at = fields.Float(required=True, validate=validate.Range(0, _LONGEST_S))
    id = fields.String(required=True, validate=_name)
    source = fields.String(required=True, validate=schema.slug)
    type = fields.String(required=True)
    subject = fields.String(load_default=None, validate=validate.Length(1, 128))
    data = fields.Dict(keys=fields.String(), required=True)


class _PlaceSchema(schema.Strict):
    id = fields.String(required=True, validate=[_name, validate.Length(max=100)])
    kind = fields.String(required=True, validate=schema.slug)
    name = fields.Nested(schema.TextSchema, required=True)
    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    lon = fields.Float(required=True, validate=validate.Range(-180, 180))
    attributes = fields.Dict(keys=fields.String(), load_default=dict)
    senses = fields.String(load_default=None, validate=_name)


class _PlacesSchema(schema.Strict):
    places = fields.List(fields.Nested(_PlaceSchema), required=True, validate=validate.Length(1, 500))


class _CaseSchema(schema.Strict):
    category = fields.String(required=True, validate=schema.slug)
    priority = fields.Integer(strict=True, load_default=None, validate=validate.Range(1, 4))
    opened_by = fields.String(required=True)
    joined_by = fields.List(fields.String(), load_default=list)


class _ExpectSchema(schema.Strict):
    cases = fields.List(fields.Nested(_CaseSchema), required=True, validate=validate.Length(1, 200))
    until = duration(load_default=0.0)
    begins = fields.String(
        load_default="", validate=validate.Regexp(r"([01][0-9]|2[0-3]):[0-5][0-9]\Z", error="like '22:30'")
    )


def find(folder: Path) -> bool:
    """Tell whether a pack has a sample stream, whole or in part."""
    return any((folder / "sample" / name).is_file() for name in _FILES)


def read(folder: Path, pack: str, known: Fields, categories: Mapping[str, object]) -> Sample:
    """Read a pack's sample stream; raises `PackInvalid` with every problem, file and line."""
    reading = _Reading(folder, known, [])
    places = reading.places()
    events = reading.events({place.id for place in places})
    cases, until_s, begins = reading.expected({event.id for event in events}, categories)
    if reading.problems:
        raise PackInvalid(reading.problems)
    until_s = max([until_s, *(event.at_s for event in events)])
    return Sample(pack, events, places, cases, until_s, begins)


@dataclass(slots=True)
class _Reading:
    folder: Path
    known: Fields
    problems: list[Problem]

    def places(self) -> tuple[SamplePlace, ...]:
        document = self._document("places.yaml")
        loaded = document and self._load(_PlacesSchema, document)
        if not loaded or not document:
            return ()
        found: dict[str, SamplePlace] = {}
        for position, one in enumerate(loaded["places"]):
            if one["id"] in found:
                what = f"the place '{one['id']}' stands here already"
                self.problems.append(document.problem(("places", position, "id"), what))
            if one["senses"] and one["senses"] not in found:
                hint = nearest(one["senses"], found) or "what is watched stands before what watches it"
                what = f"unknown place '{one['senses']}'"
                self.problems.append(document.problem(("places", position, "senses"), what, hint))
            found[one["id"]] = SamplePlace(**one)
        return tuple(found.values())

    def events(self, places: set[str]) -> tuple[SampleEvent, ...]:
        shown = self._shown("stream.jsonl")
        lines = self._lines(shown)
        if len(lines) > EVENT_LIMIT:
            self.problems.append(Problem(shown, EVENT_LIMIT, f"more than {EVENT_LIMIT} events"))
            return ()
        found: list[SampleEvent] = []
        for number, line in enumerate(lines, start=1):
            event = self._event(line, number, shown) if line.strip() else None
            if event is None:
                continue
            if found and event.at_s < found[-1].at_s:
                self.problems.append(Problem(shown, number, "is before the event above it"))
            if any(event.id == other.id for other in found):
                self.problems.append(Problem(shown, number, f"the id '{event.id}' stands here already"))
            if event.subject is not None and event.subject not in places and event.type != "sighting":
                hint = nearest(event.subject, places)
                what = f"the subject '{event.subject}' is no place of places.yaml"
                self.problems.append(Problem(shown, number, what, hint))
            found.append(event)
        if not found and not self.problems:
            self.problems.append(Problem(shown, 1, "holds no event"))
        return tuple(found)

    def expected(
        self, events: set[str], categories: Mapping[str, object]
    ) -> tuple[tuple[SampleCase, ...], float, str]:
        document = self._document("expect.yaml")
        loaded = document and self._load(_ExpectSchema, document)
        if not loaded or not document:
            return (), 0.0, ""
        for position, case in enumerate(loaded["cases"]):
            here = ("cases", position)
            if case["category"] not in categories:
                what, hint = (
                    f"unknown category '{case['category']}'",
                    nearest(case["category"], categories),
                )
                self.problems.append(document.problem((*here, "category"), what, hint))
            for name in (case["opened_by"], *case["joined_by"]):
                if name not in events:
                    what = f"no event '{name}' in stream.jsonl"
                    self.problems.append(document.problem(here, what, nearest(name, events)))
        cases = tuple(
            SampleCase(case["category"], case["priority"], case["opened_by"], tuple(case["joined_by"]))
            for case in loaded["cases"]
        )
        return cases, loaded["until"], loaded["begins"]

    def _event(self, line: str, number: int, shown: str) -> SampleEvent | None:
        try:
            raw = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as broken:
            self.problems.append(Problem(shown, number, f"is not JSON: {broken}", "one event a line"))
            return None
        loaded = self._load(_EventSchema, Document(shown, raw, {(): number}))
        if not loaded:
            return None
        if loaded["type"] not in self.known:
            what, hint = f"unknown event type '{loaded['type']}'", nearest(loaded["type"], self.known)
            self.problems.append(Problem(shown, number, what, hint))
            return None
        try:
            project(loaded, {}, self.known[loaded["type"]])
        except FactRefused as refused:
            self.problems.append(Problem(shown, number, str(refused)))
            return None
        at_s = loaded.pop("at")
        return SampleEvent(at_s=at_s, line=number, **loaded | {"data": MappingProxyType(loaded["data"])})

    def _lines(self, shown: str) -> Sequence[str]:
        path = self.folder / "sample" / "stream.jsonl"
        try:
            if path.stat().st_size > yaml_lines.FILE_LIMIT:
                self.problems.append(Problem(shown, 1, "the file is larger than 1 MiB", "shorten it"))
                return ()
            lines = path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            self.problems.append(Problem(shown, 1, "is absent", f"a sample has {', '.join(_FILES)}"))
            return ()
        except (OSError, UnicodeDecodeError) as unreadable:
            self.problems.append(Problem(shown, 1, f"cannot be read: {unreadable}"))
            return ()
        long = [number for number, line in enumerate(lines, start=1) if len(line) > LINE_LIMIT]
        self.problems.extend(Problem(shown, number, "is longer than 16,384 characters") for number in long)
        return () if long else lines

    def _document(self, name: str) -> Document | None:
        path = self.folder / "sample" / name
        try:
            return yaml_lines.read(path, self._shown(name))
        except PackInvalid as invalid:
            self.problems.extend(invalid.problems)
            return None

    def _load(self, kind: type[schema.Strict], document: Document) -> dict[str, Any]:
        loaded = schema.load(kind, document, (), document.data)
        if isinstance(loaded, list):
            self.problems.extend(loaded)
            return {}
        return loaded

    def _shown(self, name: str) -> str:
        return f"{self.folder.name}/sample/{name}"
