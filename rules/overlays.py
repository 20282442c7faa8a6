"""Local changes to packs of others: an overlay changes, turns off and adds without touching their files."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from marshmallow import fields, validate

from rules import schema
from rules.errors import Problem, nearest
from rules.yaml_lines import Document, Path_

_PARTS = ("categories", "escalation", "messages")


class _ChangeSchema(schema.Strict):
    """One change inside a rule: find what holds these words, and put these in."""

    find = fields.Dict(keys=fields.String(), required=True, validate=validate.Length(1, 10))
    put = fields.Dict(keys=fields.String(), required=True, validate=validate.Length(1, 10))
    everywhere = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class _RuleChangeSchema(schema.Strict):
    title = fields.Nested(schema.TextSchema, load_default=None)
    owner = fields.String(load_default=None, validate=schema.short)
    enabled = fields.Boolean(load_default=True, truthy={True}, falsy={False})
    change = fields.List(fields.Nested(_ChangeSchema), load_default=list, validate=validate.Length(max=50))
    examples = fields.List(fields.Raw(), load_default=None)


class _PackChangeSchema(schema.Strict):
    title = fields.Nested(schema.TextSchema, load_default=None)
    owner = fields.String(load_default=None, validate=schema.short)
    rules = fields.Dict(keys=fields.String(validate=schema.slug), load_default=dict)
    categories = fields.Dict(keys=fields.String(), load_default=dict)
    escalation = fields.Dict(keys=fields.String(), load_default=dict)
    messages = fields.Dict(keys=fields.String(), load_default=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One value that an overlay changes: where it stands in the pack, what it was and what it is now."""

    pack: str
    where: str
    before: object
    after: object
    file: str
    line: int


@dataclass(slots=True)
class Overlays:
    """Every overlay of the loaded packs; patches documents as they are read and keeps what it changed."""

    problems: list[Problem] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    _asked: dict[str, tuple[Document, dict[str, Any]]] = field(default_factory=dict)
    _unused: dict[tuple[str, str, str], tuple[Document, Path_]] = field(default_factory=dict)
    _seen: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def read(self, document: Document, own: str) -> None:
        """Take in one `overlay.yaml` of the pack `own`: what it changes, by the other pack's id."""
        if not isinstance(document.data, dict) or not document.data:
            self.problems.append(document.problem((), "must name the packs that it changes"))
            return
        for pack, asked in document.data.items():
            loaded = schema.load(_PackChangeSchema, document, (pack,), asked)
            if isinstance(loaded, list):
                self.problems.extend(loaded)
            elif pack == own:
                self.problems.append(document.problem((pack,), "an overlay changes other packs, not its own"))
            elif pack in self._asked:
                other = self._asked[pack][0].file
                self.problems.append(document.problem((pack,), f"'{pack}' is changed by {other} already"))
            else:
                self._asked[pack] = (document, loaded)
                for part in ("rules", *_PARTS):
                    for name in loaded[part]:
                        self._unused[pack, part, name] = (document, (pack, part, name))

    def patch(self, pack: str, part: str, document: Document) -> Document:
        """Answer a document of a pack as its overlay leaves it; `part` is pack, rules, categories, ..."""
        if pack not in self._asked:
            return document
        patching = _Patching(pack, *self._asked[pack], document)
        if part == "pack":
            patching.put_words((), self._asked[pack][1], (pack,))
        elif part == "rules":
            self._note(pack, part, patching.rules())
        elif part in _PARTS:
            self._note(pack, part, patching.entries(part))
        self.problems.extend(patching.problems)
        self.changes.extend(patching.changes)
        return patching.document()

    def finish(self, packs: Mapping[str, object]) -> None:
        """Find changes of what is not there: a pack that is not loaded, a rule under another name."""
        for pack, (document, _) in self._asked.items():
            if pack not in packs:
                what = f"no pack '{pack}' to change"
                self.problems.append(document.problem((pack,), what, nearest(pack, packs)))
        for (pack, part, name), (document, path) in self._unused.items():
            if pack in packs:
                known = self._seen.get((pack, part), set())
                noun = {"rules": "rule", "categories": "category", "messages": "message"}.get(part, "policy")
                what = f"no {noun} '{name}' in the pack '{pack}'"
                self.problems.append(document.problem(path, what, nearest(name, known)))

    def _note(self, pack: str, part: str, names: set[str]) -> None:
        self._seen.setdefault((pack, part), set()).update(names)
        for name in names:
            self._unused.pop((pack, part, name), None)


@dataclass(slots=True)
class _Patching:
    """Patches one document of one pack."""

    pack: str
    source: Document
    asked: dict[str, Any]
    base: Document
    problems: list[Problem] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    data: Any = None
    elsewhere: dict[Path_, tuple[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.data = copy.deepcopy(self.base.data)

    def document(self) -> Document:
        return replace(self.base, data=self.data, elsewhere=self.elsewhere)

    def rules(self) -> set[str]:
        """Patch the rules of a file, which holds one or a list, and leave out those that are turned off."""
        listed = self.data if isinstance(self.data, list) else [self.data]
        names = {str(rule.get("id")) for rule in listed if isinstance(rule, dict)}
        off: list[int] = []
        for position, rule in enumerate(listed):
            name = str(rule.get("id")) if isinstance(rule, dict) else ""
            if name not in self.asked["rules"]:
                continue
            here = (self.pack, "rules", name)
            asked = schema.load(_RuleChangeSchema, self.source, here, self.asked["rules"][name])
            if isinstance(asked, list):
                self.problems.extend(asked)
                continue
            path = (position,) if isinstance(self.data, list) else ()
            if not asked["enabled"]:
                off.append(position)
                self._changed(f"rules.{name}", "on", "off", path, here)
                continue
            self.put_words(path, asked, here, f"rules.{name}.")
            for number, change in enumerate(asked["change"]):
                self._change(path, name, change, (*here, "change", number))
            if asked["examples"] is not None:
                rule["examples"] = asked["examples"]
                self._put_elsewhere((*path, "examples"), (*here, "examples"))
        self._leave_out(off)
        return names

    def entries(self, part: str) -> set[str]:
        """Patch categories, policies or messages: mappings go into each other, all else takes its place."""
        if not isinstance(self.data, dict):
            return set()
        for name, asked in self.asked[part].items():
            if name in self.data:
                self._merge((name,), asked, (self.pack, part, name), f"{part}.{name}")
        return set(self.data)

    def put_words(self, path: Path_, asked: Mapping[str, Any], here: Path_, prefix: str = "") -> None:
        """Put in a title and an owner where they are given."""
        target = self._at(path)
        if not isinstance(target, dict):
            return
        for word in ("title", "owner"):
            if asked[word] is not None:
                self._changed(f"{prefix}{word}", target.get(word), asked[word], (*path, word), (*here, word))
                target[word] = asked[word]

    def _merge(self, path: Path_, asked: object, here: Path_, where: str) -> None:
        target = self._at(path)
        if isinstance(asked, dict) and isinstance(target, dict):
            for key, value in asked.items():
                if key in target:
                    self._merge((*path, key), value, (*here, key), f"{where}.{key}")
                else:
                    self._changed(f"{where}.{key}", None, value, (*path, key), (*here, key))
                    target[key] = value
            return
        if target != asked:
            self._changed(where, target, asked, path, here)
            self._at(path[:-1])[path[-1]] = asked

    def _change(self, path: Path_, name: str, change: Mapping[str, Any], here: Path_) -> None:
        found = [
            (*path, part, *below)
            for part in ("when", "window", "then", "cool_down", "limit")
            for below in _holding(self._at((*path, part)), change["find"])
        ]
        if not found or (len(found) > 1 and not change["everywhere"]):
            shown = ", ".join(f"{key}: {value}" for key, value in change["find"].items())
            what = (
                f"nothing in the rule '{name}' holds {{{shown}}}"
                if not found
                else f"{len(found)} parts of the rule '{name}' hold {{{shown}}}"
            )
            hint = (
                "the pack may have changed; look at its rule"
                if not found
                else "say more in 'find', or 'everywhere: true'"
            )
            self.problems.append(self.source.problem((*here, "find"), what, hint))
            return
        for place in found:
            target = self._at(place)
            for key, value in change["put"].items():
                where = ".".join(str(step) for step in (*place[len(path) :], key))
                if target.get(key) != value:
                    self._changed(
                        f"rules.{name}.{where}", target.get(key), value, (*place, key), (*here, "put", key)
                    )
                target[key] = value

    def _leave_out(self, off: Sequence[int]) -> None:
        if not off:
            return
        kept = [position for position in range(len(self._listed())) if position not in off]
        moved = {old: new for new, old in enumerate(kept)}
        self.data = [self._listed()[position] for position in kept]
        if isinstance(self.base.data, list):
            self.elsewhere = {
                (moved[path[0]], *path[1:]): place
                for path, place in self.elsewhere.items()
                if path and path[0] in moved
            }
            lines = {
                (moved[path[0]], *path[1:]): line
                for path, line in self.base.lines.items()
                if path and path[0] in moved
            }
            self.base = replace(self.base, lines=lines)

    def _listed(self) -> list[Any]:
        return self.data if isinstance(self.data, list) else [self.data]

    def _at(self, path: Path_) -> Any:  # noqa: ANN401  (any YAML may stand there)
        found = self.data
        for step in path:
            if isinstance(found, dict):
                found = found.get(step)
            elif isinstance(found, list) and isinstance(step, int) and step < len(found):
                found = found[step]
            else:
                return None
        return found

    def _changed(self, where: str, before: object, after: object, path: Path_, here: Path_) -> None:
        line = self.source.line(here)
        self.changes.append(Change(self.pack, where, before, after, self.source.file, line))
        self._put_elsewhere(path, here)

    def _put_elsewhere(self, path: Path_, here: Path_) -> None:
        self.elsewhere[path] = (self.source.file, self.source.line(here))


def _holding(data: object, words: Mapping[str, object]) -> Iterator[Path_]:
    """Find the mappings that hold all these words, as paths from the data."""
    if isinstance(data, dict):
        if all(key in data and data[key] == value for key, value in words.items()):
            yield ()
        for key, below in data.items():
            yield from ((key, *path) for path in _holding(below, words))
    elif isinstance(data, list):
        for position, below in enumerate(data):
            yield from ((position, *path) for path in _holding(below, words))
