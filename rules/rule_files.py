"""Read rule files: one rule or a list of them, with conditions, actions and examples."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from rules import clauses, schema
from rules.catalogue import Action, Do, Example, Pack, Rule
from rules.conditions import Tree
from rules.errors import FactRefused, Problem, nearest
from rules.facts import project
from rules.fields import FactValue, FieldType
from rules.when import WhenReader
from rules.yaml_lines import Document, Path_


@dataclass(slots=True)
class RuleReader:
    """Reads the rules of every pack against the known fields of each event type."""

    fields: Mapping[str, Mapping[str, FieldType]]
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
        rule = Rule(
            id=loaded["id"],
            version=_version(pack, loaded),
            title=MappingProxyType(loaded["title"]),
            owner=loaded["owner"] or pack.owner,
            pack=pack.id,
            event=event,
            when=self._when(document, (*path, "when"), loaded["when"], event),
            then=self._actions(document, (*path, "then"), loaded["then"], event),
            examples=self._examples(document, (*path, "examples"), loaded["examples"], event),
            file=document.file,
            line=document.line((*path, "id")),
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

    def _when(self, document: Document, path: Path_, data: Mapping[str, object], event: str) -> Tree:
        tree = WhenReader(document, self.fields[event], self.problems).read(data, path)
        try:
            clauses.clauses(tree)
        except clauses.TooManyClauses as many:
            self._refuse(document, path, str(many), "make two rules of it")
        return tree

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
        for position, asked in enumerate(loaded.get("group_by", [])):
            if asked not in self.fields[event]:
                hint = nearest(asked, self.fields[event])
                self._refuse(document, (*path, "group_by", position), f"unknown field '{asked}'", hint)
        return _make_action(loaded)

    def _examples(
        self, document: Document, path: Path_, listed: list[Any], event: str
    ) -> tuple[Example, ...]:
        examples = []
        for index, data in enumerate(listed):
            here = (*path, index)
            facts = self._given(document, (*here, "given"), data["given"], event)
            expect = tuple(Do(name) for name in data["expect"])
            examples.append(Example(MappingProxyType(facts), expect, document.file, document.line(here)))
        if not any(example.expect for example in examples):
            self._refuse(document, path, "no example matches", "add one whose 'expect' names the actions")
        if not any(not example.expect for example in examples):
            self._refuse(document, path, "no example is a near miss", "add one with 'expect: []'")
        return tuple(examples)

    def _given(
        self, document: Document, path: Path_, given: Mapping[str, object], event: str
    ) -> dict[str, FactValue]:
        fields = self.fields[event]
        try:
            facts = project({"type": event, "data": given}, {}, fields)
        except FactRefused as refused:
            self._refuse(document, (*path, *refused.field.split(".")), str(refused))
            return {}
        for name in facts.keys() - fields.keys():
            self._refuse(
                document, (*path, *name.split(".")), f"unknown field '{name}'", nearest(name, fields)
            )
        return facts

    def _refuse(self, document: Document, path: Path_, what: str, hint: str = "") -> None:
        self.problems.append(document.problem(path, what, hint))


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
    )


def _version(pack: Pack, loaded: Mapping[str, Any]) -> str:
    """Hash what a rule asks and does, so that a changed word of its title is no new version."""
    content = [pack.id, loaded["id"], loaded["when"], loaded["then"]]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
