"""Read rule files: one rule or a list of them, with conditions, actions and examples."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from rules import schema
from rules.calendars import Calendar
from rules.catalogue import Action, CoolDown, Do, Example, Limit, Moment, Pack, Rule
from rules.errors import FactRefused, Problem, nearest
from rules.facts import flatten, project
from rules.fields import FactValue, FieldType
from rules.window_files import WindowReader
from rules.windows import Window
from rules.yaml_lines import Document, Path_

SAID_BY_PEOPLE = frozenset({"report", "ticket"})
USUAL_LIMIT = Limit(1_000, 3600.0)


@dataclass(slots=True)
class RuleReader:
    """Reads the rules of every pack against the known fields of each event type."""

    fields: Mapping[str, Mapping[str, FieldType]]
    quantities: Mapping[str, str] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    found: list[Rule] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def read(self, pack: Pack, document: Document) -> None:
        """Read one file, which holds one rule or a list of rules."""
        if isinstance(document.data, list):
            for index, data in enumerate(document.data):
                self._rule(pack, document, (index,), data)
        else:
            self._rule(pack, document, (), document.data)

    def _rule(self, pack: Pack, document: Document, path: Path_, data: object) -> None:
        before = len(self.problems)
        loaded = schema.load(schema.RuleSchema, document, path, data)
        if isinstance(loaded, list):
            self.problems.extend(loaded)
            return
        event = self._event(document, (*path, "when", "event"), loaded["when"].get("event"))
        if event is None:
            return
        reader = WindowReader(document, event, self.fields, self.quantities, self.calendars, self.problems)
        when = reader.conditions(loaded["when"], (*path, "when"), event)
        window = None
        then = self._actions(document, (*path, "then"), loaded["then"], event)
        if loaded["window"] is not None:
            window = reader.read(loaded["window"], (*path, "window"), when, loaded["when"])
            window = replace(window, latches=all(action.do is not Do.WARN for action in then))
        examples = _ExampleReader(self, document, event, moments=window is not None)
        rule = Rule(
            id=loaded["id"],
            version=_version(pack, loaded, ("when", "then", "window", "cool_down", "limit")),
            title=MappingProxyType(loaded["title"]),
            owner=loaded["owner"] or pack.owner,
            pack=pack.id,
            event=event,
            when=when,
            then=then,
            examples=examples.read((*path, "examples"), loaded["examples"]),
            file=document.file,
            line=document.line((*path, "id")),
            window=window,
            memory=_version(pack, loaded, ("when", "window")) if window else "",
            others=tuple(reader.parts),
            cool_down=self._cool_down(
                document, (*path, "cool_down", "by"), loaded["cool_down"], window, event
            ),
            limit=_limit(loaded["limit"], event),
        )
        if len(self.problems) == before:
            self.found.append(rule)

    def _event(self, document: Document, path: Path_, event: object) -> str | None:
        if isinstance(event, str) and event in self.fields:
            return event
        what = f"unknown event type '{event}'" if event else "'when' names no event type"
        hint = nearest(str(event), self.fields) if event else "when: {event: report, ...}"
        self._refuse(document, path, what, hint)
        return None

    def _cool_down(
        self,
        document: Document,
        path: Path_,
        loaded: Mapping[str, Any] | None,
        window: Window | None,
        event: str,
    ) -> CoolDown | None:
        if loaded is None:
            return None
        self._known(document, path, loaded["by"] or [], event)
        own = window.by if window is not None else ()
        return CoolDown(loaded["time"], own if loaded["by"] is None else tuple(loaded["by"]))

    def _known(self, document: Document, path: Path_, names: Iterable[str], event: str) -> None:
        for position, asked in enumerate(names):
            if asked not in self.fields[event]:
                hint = nearest(asked, self.fields[event])
                self._refuse(document, (*path, position), f"unknown field '{asked}'", hint)

    def _actions(self, document: Document, path: Path_, then: list[Any], event: str) -> tuple[Action, ...]:
        read = (self._action(document, (*path, index), data, event) for index, data in enumerate(then))
        return tuple(action for action in read if action is not None)

    def _action(self, document: Document, path: Path_, data: object, event: str) -> Action | None:
        name = str(data.get("do")) if isinstance(data, Mapping) else ""
        if name not in schema.ACTION_SCHEMAS:
            hint = nearest(name, schema.ACTION_SCHEMAS)
            self._refuse(document, (*path, "do"), f"unknown action '{name}'", hint)
            return None
        loaded = schema.load(schema.ACTION_SCHEMAS[name], document, path, data)
        if isinstance(loaded, list):
            self.problems.extend(loaded)
            return None
        self._known(document, (*path, "group_by"), loaded.get("group_by", []), event)
        if "to" in loaded and loaded["to"] not in self.fields[event]:
            hint = nearest(loaded["to"], self.fields[event])
            self._refuse(document, (*path, "to"), f"unknown field '{loaded['to']}'", hint)
        return _make_action(loaded)

    def _refuse(self, document: Document, path: Path_, what: str, hint: str = "") -> None:
        self.problems.append(document.problem(path, what, hint))


@dataclass(frozen=True, slots=True)
class _ExampleReader:
    """Reads the examples of one rule: single events, or several where the rule has a window."""

    rules: RuleReader
    document: Document
    event: str
    moments: bool

    def read(self, path: Path_, listed: list[Any]) -> tuple[Example, ...]:
        """Read them all; one must come to something, and one to nothing."""
        read_one = self._moments if self.moments else self._single
        examples = [read_one((*path, index), data) for index, data in enumerate(listed)]
        found = [example for example in examples if example is not None]
        if len(found) == len(examples):
            self._demand(path, found)
        return tuple(found)

    def _demand(self, path: Path_, examples: list[Example]) -> None:
        comes_to = [
            bool(example.expect or any(moment.expect for moment in example.moments)) for example in examples
        ]
        if not any(comes_to):
            self._refuse(path, "no example matches", "add one whose 'expect' names the actions")
        if all(comes_to):
            self._refuse(path, "no example is a near miss", "add one with 'expect: []'")

    def _single(self, path: Path_, data: object) -> Example | None:
        loaded = self._load(schema.ExampleSchema, path, data)
        if loaded is None:
            return None
        facts = self._given((*path, "given"), loaded["given"], self.event)
        expect = tuple(Do(name) for name in loaded["expect"])
        return Example(MappingProxyType(facts), expect, self.document.file, self.document.line(path))

    def _moments(self, path: Path_, data: object) -> Example | None:
        loaded = self._load(schema.MomentsSchema, path, data)
        if loaded is None:
            return None
        moments = [
            self._moment((*path, "events", index), entry) for index, entry in enumerate(loaded["events"])
        ]
        times = [moment.at_s for moment in moments]
        if times != sorted(times):
            self._refuse((*path, "events"), "the times go backwards", "write the entries in their order")
        return Example({}, (), self.document.file, self.document.line(path), tuple(moments))

    def _moment(self, path: Path_, loaded: Mapping[str, Any]) -> Moment:
        event = loaded["event"] or self.event
        facts: Mapping[str, FactValue] | None = None
        if event not in self.rules.fields:
            hint = nearest(event, self.rules.fields)
            self._refuse((*path, "event"), f"unknown event type '{event}'", hint)
        elif loaded["given"] is not None:
            facts = MappingProxyType(self._given((*path, "given"), loaded["given"], event))
        expect = tuple(Do(name) for name in loaded["expect"])
        return Moment(loaded["at"], event, facts, expect, self.document.line(path))

    def _given(self, path: Path_, given: Mapping[str, object], event: str) -> dict[str, FactValue]:
        fields = self.rules.fields[event]
        try:
            facts = project({"type": event, "data": given}, {}, fields, self.rules.quantities)
        except FactRefused as refused:
            self._refuse((*path, *refused.field.split(".")), str(refused))
            return {}
        for name in flatten(given).keys() - fields.keys():
            self._refuse((*path, *name.split(".")), f"unknown field '{name}'", nearest(name, fields))
        return facts

    def _load(self, kind: type[schema.Strict], path: Path_, data: object) -> dict[str, Any] | None:
        loaded = schema.load(kind, self.document, path, data)
        if isinstance(loaded, list):
            self.rules.problems.extend(loaded)
            return None
        return loaded

    def _refuse(self, path: Path_, what: str, hint: str = "") -> None:
        self.rules.problems.append(self.document.problem(path, what, hint))


def _limit(loaded: Mapping[str, Any] | None, event: str) -> Limit | None:
    """Answer the limit that a rule declares; of what people say none is lost to one that nobody declared."""
    if loaded is not None:
        return Limit(loaded["cases"], loaded["within"])
    return None if event in SAID_BY_PEOPLE else USUAL_LIMIT


def _make_action(loaded: Mapping[str, Any]) -> Action:
    title, reason = loaded.get("title"), loaded.get("reason")
    return Action(
        do=Do(loaded["do"]),
        category=loaded.get("category"),
        priority=loaded.get("priority"),
        group_within_s=loaded.get("group_within"),
        group_radius_m=loaded.get("group_radius"),
        group_by=tuple(loaded.get("group_by", ())),
        title=MappingProxyType(title) if title else None,
        role=loaded.get("role"),
        message=loaded.get("message"),
        reason=MappingProxyType(reason) if reason else None,
        to=loaded.get("to"),
        wait_s=loaded.get("wait", 0.0),
        look_s=loaded.get("look") or loaded.get("wait", 0.0),
        state=loaded.get("state"),
        hook=loaded.get("hook"),
        body=tuple(sorted(loaded.get("body", {}).items())),
        plan=loaded.get("plan"),
        points=loaded.get("points", 0),
    )


def _version(pack: Pack, loaded: Mapping[str, Any], parts: tuple[str, ...]) -> str:
    """Hash what a rule asks and does, so that a changed word of its title is no new version."""
    content = [pack.id, loaded["id"], *(loaded[part] for part in parts if loaded[part] is not None)]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
