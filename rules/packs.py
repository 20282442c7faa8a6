"""Load scenario packs: read every folder, check what they say together, answer one catalogue."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rules import cards, checks, examples, icons, layout, rule_files, sample_files, schema, yaml_lines
from rules.calendars import WEEKDAYS, Calendar
from rules.catalogue import (
    Catalogue,
    Category,
    EscalationPolicy,
    EscalationStep,
    Grouping,
    Layer,
    Pack,
    Text,
    Vocabulary,
    make_catalogue,
)
from rules.errors import PackInvalid, Problem
from rules.fields import CORE_FIELDS, EVERY_EVENT, FieldType, History, Kind
from rules.overlays import Change, Overlays
from rules.yaml_lines import Document

RULE_LIMIT = 2_000
_PARTS = ("events", "calendars", "escalation", "categories", "messages")


def load_packs(folders: Sequence[Path]) -> Catalogue:
    """Load every pack in the folders; each is a pack itself or holds packs.

    Raises `PackInvalid` with every problem found, each with its file and line: YAML that is
    broken or beyond the safe part of it, unknown keys and names, wrong types, rules without a
    matching and a near-miss example, and examples that come out otherwise than expected.
    """
    return load_with_changes(folders)[0]


def load_with_changes(folders: Sequence[Path]) -> tuple[Catalogue, tuple[Change, ...]]:
    """Load packs as `load_packs` does, and answer besides every value that an overlay changed."""
    loading = _Loading()
    found = pack_folders(folders)
    for folder in found:
        loading.read_overlay(folder)
    for folder in found:
        loading.read_pack(folder)
    loading.declare_lookups()
    loading.check_messages()
    loading.read_rules()
    loading.read_samples()
    loading.finish()
    catalogue = loading.catalogue()
    problems = [*checks.problems(catalogue, loading.whereabouts), *examples.failures(catalogue)]
    if problems:
        raise PackInvalid(problems)
    return catalogue, tuple(sorted(loading.overlays.changes, key=lambda change: (change.pack, change.where)))


def pack_folders(folders: Iterable[Path]) -> tuple[Path, ...]:
    """Find the packs in folders that are packs or hold them; raise `PackInvalid` where there is none."""
    found: list[Path] = []
    for folder in folders:
        inside = sorted(path.parent for path in folder.glob("*/pack.yaml"))
        here = [folder] if (folder / "pack.yaml").is_file() else inside
        if not here:
            raise PackInvalid([Problem(str(folder), 1, "no scenario pack here", "a pack has a pack.yaml")])
        found.extend(path for path in here if path not in found)
    return tuple(found)


@dataclass(slots=True)
class _Loading:
    """Gathers what the packs say and what is wrong with it."""

    problems: list[Problem] = field(default_factory=list)
    whereabouts: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    packs: dict[str, Pack] = field(default_factory=dict)
    categories: dict[str, Category] = field(default_factory=dict)
    policies: dict[str, EscalationPolicy] = field(default_factory=dict)
    messages: dict[str, Text] = field(default_factory=dict)
    fields: dict[str, dict[str, FieldType]] = field(
        default_factory=lambda: {event: dict(own) for event, own in CORE_FIELDS.items()}
    )
    quantities: dict[str, str] = field(default_factory=dict)
    histories: dict[str, History] = field(default_factory=dict)
    calendars: dict[str, Calendar] = field(default_factory=dict)
    lookups: dict[str, tuple[FieldType, Document, tuple[str, ...]]] = field(default_factory=dict)
    message_documents: list[tuple[str, Document]] = field(default_factory=list)
    rule_documents: list[tuple[Pack, Document]] = field(default_factory=list)
    rules: rule_files.RuleReader | None = None
    overlays: Overlays = field(default_factory=Overlays)
    digest: Any = field(default_factory=hashlib.sha256)

    def read_overlay(self, folder: Path) -> None:
        path = folder / "overlay.yaml"
        document = self._document(path, "", "") if path.is_file() else None
        if document:
            self.overlays.read(document, own=_id_of(folder))

    def read_pack(self, folder: Path) -> None:
        document = self._document(folder / "pack.yaml", _id_of(folder), "pack")
        loaded = document and self._load(schema.PackSchema, document, ())
        if not document or not loaded:
            return
        pack = Pack(
            id=loaded["id"],
            title=loaded["title"],
            owner=loaded["owner"],
            requires=tuple(loaded["requires"]),
            folder=str(folder),
            layer=_layer(loaded),
            icon=self._icon(folder),
        )
        if self._new("pack", pack.id, document, ("id",)):
            self.packs[pack.id] = pack
        self._refuse_strays(folder)
        for name in _PARTS:
            path = folder / f"{name}.yaml"
            part = self._document(path, pack.id, name) if path.is_file() else None
            if part:
                getattr(self, f"_read_{name}")(pack, part)
        for path in sorted((folder / "rules").glob("*.yaml")):
            part = self._document(path, pack.id, "rules")
            if part:
                self.rule_documents.append((pack, part))

    def read_samples(self) -> None:
        for pack in self.packs.values():
            if sample_files.find(Path(pack.folder)):
                try:
                    sample = sample_files.read(Path(pack.folder), pack.id, self.fields, self.categories)
                except PackInvalid as invalid:
                    self.problems.extend(invalid.problems)
                else:
                    self.packs[pack.id] = replace(pack, sample=sample)

    def read_rules(self) -> None:
        self.rules = rule_files.RuleReader(self.fields, self.quantities, self.calendars)
        for pack, document in self.rule_documents:
            self.rules.read(pack, document)
        self.problems.extend(self.rules.problems)
        if len(self.rules.found) > RULE_LIMIT:
            last = self.rules.found[-1]
            what = f"{len(self.rules.found)} rules are too many"
            self.problems.append(Problem(last.file, last.line, what, f"at most {RULE_LIMIT}"))

    def finish(self) -> None:
        self.overlays.finish(self.packs)
        if self.problems or self.overlays.problems:
            raise PackInvalid([*self.problems, *self.overlays.problems])

    def catalogue(self) -> Catalogue:
        return make_catalogue(
            packs=self.packs.values(),
            categories=self.categories,
            policies=self.policies,
            rules=self.rules.found if self.rules else (),
            messages=self.messages,
            fields=self.fields,
            fingerprint=self.digest.hexdigest()[:12],
            vocabulary=Vocabulary(self.quantities, self.histories, self.calendars),
        )

    def _icon(self, folder: Path) -> str:
        path = folder / "icon.svg"
        try:
            return icons.read(path.read_bytes(), f"{folder.name}/icon.svg") if path.is_file() else ""
        except PackInvalid as invalid:
            self.problems.extend(invalid.problems)
            return ""

    def _document(self, path: Path, pack: str, part: str) -> Document | None:
        """Read one file as its overlay leaves it."""
        shown = f"{path.parent.parent.name}/rules/{path.name}" if path.parent.name == "rules" else ""
        shown = shown or f"{path.parent.name}/{path.name}"
        try:
            document = self.overlays.patch(pack, part, yaml_lines.read(path, shown))
        except PackInvalid as invalid:
            self.problems.extend(invalid.problems)
            return None
        self.digest.update(json.dumps([shown, document.data], sort_keys=True).encode())
        return document

    def _load(self, kind: type[schema.Strict], document: Document, path: tuple[str, ...]) -> dict[str, Any]:
        data: Any = document.data
        for key in path:
            data = data[key]
        loaded = schema.load(kind, document, path, data)
        if isinstance(loaded, list):
            self.problems.extend(loaded)
            return {}
        return loaded

    def _entries(self, document: Document, path: tuple[str, ...] = ()) -> list[str]:
        data: Any = document.data
        for key in path:
            data = data.get(key) if isinstance(data, dict) else None
        if data is None:
            return []
        if not isinstance(data, dict):
            self.problems.append(document.problem(path, "must be a mapping of names"))
            return []
        return list(data)

    def _new(self, kind: str, name: str, document: Document, path: tuple[str, ...]) -> bool:
        if (kind, name) in self.whereabouts:
            file, line = self.whereabouts[kind, name]
            what = f"the {kind} '{name}' stands in {file}:{line} already"
            self.problems.append(document.problem(path, what, "names are shared by all packs"))
            return False
        self.whereabouts[kind, name] = (document.file, document.line(path))
        return True

    def _refuse_strays(self, folder: Path) -> None:
        for path in layout.strays(folder):
            shown = f"{folder.name}/{path}"
            self.problems.append(Problem(shown, 1, "unknown file", "rules stand in rules/*.yaml"))

    def _read_categories(self, pack: Pack, document: Document) -> None:
        for code in self._entries(document):
            loaded = self._load(schema.CategorySchema, document, (code,))
            if (
                loaded
                and self._named(code, document, (code,))
                and self._new("category", code, document, (code,))
            ):
                self.categories[code] = _category(code, loaded, pack)

    def _read_escalation(self, pack: Pack, document: Document) -> None:
        for name in self._entries(document):
            loaded = self._load(schema.PolicySchema, document, (name,))
            if (
                loaded
                and self._named(name, document, (name,))
                and self._new("policy", name, document, (name,))
            ):
                steps = tuple(
                    EscalationStep(step["after"], step["notify"], step["of"], step["kind"])
                    for step in loaded["steps"]
                )
                self.policies[name] = EscalationPolicy(name, steps, pack.id)

    def _read_messages(self, _: Pack, document: Document) -> None:
        for name in self._entries(document):
            loaded = self._load(schema.TextSchema, document, (name,))
            if (
                loaded
                and self._named(name, document, (name,))
                and self._new("message", name, document, (name,))
            ):
                self.messages[name] = MappingProxyType(loaded)
                self.message_documents.append((name, document))

    def _read_events(self, _: Pack, document: Document) -> None:
        for part in self._entries(document):
            if part not in {"events", "lookups", "quantities"}:
                what = f"unknown key '{part}'"
                self.problems.append(document.problem((part,), what, "known: events, lookups, quantities"))
        for event in self._entries(document, ("events",)):
            self.fields.setdefault(event, dict(EVERY_EVENT))
            for name in self._entries(document, ("events", event)):
                self._declare(event, name, document, ("events", event, name))
        for name in self._entries(document, ("lookups",)):
            self._read_lookup(name, document, ("lookups", name))
        for name in self._entries(document, ("quantities",)):
            self._read_quantity(name, document, ("quantities", name))

    def _read_lookup(self, name: str, document: Document, path: tuple[str, ...]) -> None:
        """Read a look-up, which every event type has; types of packs that are read later as well."""
        loaded = self._load(schema.LookupSchema, document, path)
        if not loaded:
            return
        counted = loaded["counts"] is not None
        if counted != name.startswith("history.") or not name.startswith(("asset.", "area.", "history.")):
            what = f"'{name}' is not looked up" if not counted else f"'{name}' is counted"
            hint = "asset.* or area.*; with 'counts' history.*"
            self.problems.append(document.problem(path, what, hint))
        if counted:
            self._read_history(name, loaded, document, path)
        self.lookups[name] = (FieldType(Kind(loaded["type"]), loaded["unit"]), document, path)

    def _read_history(
        self, name: str, loaded: dict[str, Any], document: Document, path: tuple[str, ...]
    ) -> None:
        needs = "category" if loaded["counts"] == "cases" else "of"
        for key in (needs, "within"):
            if loaded[key] is None:
                what = f"'counts: {loaded['counts']}' needs '{key}'"
                self.problems.append(
                    document.problem(path, what, "{counts: cases, category: x, within: 90 d}")
                )
        if loaded["type"] != Kind.NUMBER:
            self.problems.append(document.problem((*path, "type"), "what is counted is a number"))
        if self._new("look-up", name, document, path):
            self.histories[name] = History(
                name,
                loaded["counts"],
                loaded["within"] or 0.0,
                loaded["category"],
                loaded["radius"],
                loaded["of"],
            )

    def _read_quantity(self, name: str, document: Document, path: tuple[str, ...]) -> None:
        loaded = self._load(schema.QuantitySchema, document, path)
        if loaded and self._named(name, document, path):
            known = self.quantities.setdefault(name, loaded["unit"])
            if known != loaded["unit"]:
                what = f"{name} is measured in {known} already"
                self.problems.append(document.problem(path, what, "all packs share its unit"))

    def _read_calendars(self, _: Pack, document: Document) -> None:
        for name in self._entries(document):
            loaded = self._load(schema.CalendarSchema, document, (name,))
            if (
                loaded
                and self._named(name, document, (name,))
                and self._new("calendar", name, document, (name,))
            ):
                self.calendars[name] = Calendar(
                    name,
                    frozenset(loaded["dates"]),
                    frozenset(WEEKDAYS.index(day) for day in loaded["weekdays"]),
                    loaded["first"],
                    loaded["last"],
                    frozenset(loaded["exceptions"]),
                )

    def check_messages(self) -> None:
        """Hold the messages against the fields of every event type, once all packs have been read."""
        known = frozenset().union(*self.fields.values())
        for name, document in self.message_documents:
            self.problems.extend(checks.message_problems(name, self.messages[name], document, known))

    def declare_lookups(self) -> None:
        """Give every event type what is looked up, once all packs have been read."""
        for name, (declared, document, path) in self.lookups.items():
            for event in self.fields:
                self._add_field(event, name, declared, document, path)

    def _declare(self, event: str, name: str, document: Document, path: tuple[str, ...]) -> None:
        loaded = self._load(schema.FieldSchema, document, path)
        if not loaded:
            return
        self._add_field(event, name, FieldType(Kind(loaded["type"]), loaded["unit"]), document, path)

    def _add_field(
        self, event: str, name: str, declared: FieldType, document: Document, path: tuple[str, ...]
    ) -> None:
        known = self.fields[event].setdefault(name, declared)
        if not checks.is_field_name(name):
            self.problems.append(document.problem(path, f"'{name}' cannot name a field", "a_b.c_d"))
        elif known.kind is not declared.kind:
            self.problems.append(document.problem(path, f"{name} of {event} is a {known.kind} already"))

    def _named(self, name: str, document: Document, path: tuple[str, ...]) -> bool:
        if checks.is_slug(name):
            return True
        self.problems.append(
            document.problem(path, f"'{name}' must be a lower-case slug", "like road_damage")
        )
        return False


def _category(code: str, loaded: dict[str, Any], pack: Pack) -> Category:
    return Category(
        code=code,
        title=MappingProxyType(loaded["title"]),
        icon=loaded["icon"],
        priority=loaded["priority"],
        capabilities=frozenset(loaded["capabilities"]),
        mode=loaded["mode"],
        targets=MappingProxyType(loaded["targets"]),
        warn_at=loaded["warn_at"],
        offer_timeout_s=loaded["offer_timeout"],
        grouping=Grouping(loaded["grouping"]["radius"], loaded["grouping"]["within"]),
        escalation=loaded["escalation"],
        keywords=MappingProxyType({language: tuple(words) for language, words in loaded["keywords"].items()}),
        verify=loaded["verify"],
        pack=pack.id,
        card=cards.make_card(loaded["card"]),
    )


def _layer(loaded: dict[str, Any]) -> Layer | None:
    drawn = loaded["layer"]
    if drawn is None:
        return None
    return Layer(MappingProxyType(drawn["title"] or loaded["title"]), drawn["colour"], tuple(drawn["kinds"]))


def _id_of(folder: Path) -> str:
    """Read a pack's id before anything is checked; the checks that follow tell of a broken file."""
    try:
        data = yaml_lines.read(folder / "pack.yaml", "").data
    except PackInvalid:
        return ""
    return str(data.get("id", "")) if isinstance(data, dict) else ""
