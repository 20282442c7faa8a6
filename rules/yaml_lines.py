"""Read a small, safe part of YAML, and remember the line on which each value stands."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from rules.errors import PackInvalid, Problem

FILE_LIMIT = 1024 * 1024
_DEPTH_LIMIT = 40
_NUMBER_LIMIT = 2**53
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_PLAIN: Mapping[str, object] = {"": None, "~": None, "null": None, "true": True, "false": False}
_AMBIGUOUS = re.compile(r"(?i:yes|no|on|off|y|n|true|false|null|[-+]?\.inf|\.nan)")
_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Path_ = tuple[str | int, ...]
"""Where a value stands inside its document: keys and positions from the root."""


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file's data, with the line (from 1) of every value by its path.

    What an overlay put in is of `elsewhere`: its file and line by the path of the changed value.
    """

    file: str
    data: object
    lines: Mapping[Path_, int]
    elsewhere: Mapping[Path_, tuple[str, int]] = field(default_factory=dict)

    def line(self, path: Path_) -> int:
        """Answer the line of a value, or of the nearest thing around it that is there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: Path_, what: str, hint: str = "") -> Problem:
        """Say that something is wrong with the value at a path, where it was written."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.elsewhere:
                file, line = self.elsewhere[path[:length]]
                return Problem(file, line, what, hint)
        return Problem(self.file, self.line(path), what, hint)


def read(path: Path, shown: str) -> Document:
    """Read a YAML file, called `shown` in errors, without tags, anchors, aliases or doubled keys.

    Words that YAML 1.1 reads as true or false (`on`, `yes`, `no`, ...) are refused unless quoted,
    and numbers must be finite. Raises `PackInvalid` with the file and the line.
    """
    try:
        if path.stat().st_size > FILE_LIMIT:
            raise PackInvalid([Problem(shown, 1, "the file is larger than 1 MiB", "split it")])
        text = path.read_text(encoding="utf-8")
    except OSError as unreadable:
        raise PackInvalid([Problem(shown, 1, f"cannot be read: {unreadable.strerror}")]) from unreadable
    except UnicodeDecodeError as undecodable:
        line = path.read_bytes()[: undecodable.start].count(b"\n") + 1
        raise PackInvalid([Problem(shown, line, "is not UTF-8 text", "save it as UTF-8")]) from undecodable
    return parse(text, shown)


def parse(text: str, shown: str) -> Document:
    """Parse YAML text as `read` does."""
    builder = _Builder(shown)
    try:
        data = builder.document(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as broken:
        mark = broken.problem_mark or broken.context_mark
        what = f"is not YAML: {broken.problem or broken.context}"
        raise PackInvalid([Problem(shown, mark.line + 1 if mark else 1, what)]) from broken
    except yaml.reader.ReaderError as broken:
        line = text.count("\n", 0, broken.position) + 1
        raise PackInvalid([Problem(shown, line, f"is not YAML: {broken.reason}")]) from broken
    if builder.problems:
        raise PackInvalid(builder.problems)
    return Document(shown, data, builder.lines)


@dataclass(slots=True)
class _Builder:
    """Builds data from the parser's events, so that a bomb is refused before it unfolds."""

    shown: str
    lines: dict[Path_, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def document(self, events: Iterator[yaml.Event]) -> object:
        data: object = None
        seen = False
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if seen:
                    self._refuse(event, "a second document in one file", "remove the '---'")
                seen = True
            elif isinstance(event, yaml.NodeEvent):
                data = self._node(event, events, (), 0)
        return data

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], path: Path_, depth: int) -> object:
        self.lines[path] = _line(event)
        if depth > _DEPTH_LIMIT:
            raise PackInvalid([Problem(self.shown, self.lines[path], "is nested too deeply")])
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, f"an alias (*{event.anchor})", "write the value out")
            return None
        self._refuse_anchor(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(events, path, depth)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(events, path, depth)
        return self._scalar(event)

    def _sequence(self, events: Iterator[yaml.Event], path: Path_, depth: int) -> list[object]:
        built: list[object] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            built.append(self._node(event, events, (*path, len(built)), depth + 1))
        return built

    def _mapping(self, events: Iterator[yaml.Event], path: Path_, depth: int) -> dict[str, object]:
        built: dict[str, object] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event, events, path, depth)
            if key in built:
                self._refuse(event, f"the key '{key}' stands twice", "keep one of the two")
            built[key] = self._node(next(events), events, (*path, key), depth + 1)
            self.lines[(*path, key)] = _line(event)
        return built

    def _key(self, event: yaml.Event, events: Iterator[yaml.Event], path: Path_, depth: int) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            self._node(event, events, (*path, "?"), depth + 1)
            self._refuse(event, "a key must be a word")
            return "?"
        self._refuse_anchor(event)
        if event.style in {None, ""} and event.value.lower() in {"on", "off", "yes", "no", "y", "n"}:
            hint = "write 'event:'" if event.value.lower() == "on" else "put it in quotes"
            self._refuse(event, f"the key '{event.value}' is read as true or false by YAML", hint)
        return str(event.value)

    def _scalar(self, event: yaml.Event) -> object:
        if not isinstance(event, yaml.ScalarEvent) or event.tag is not None:
            self._refuse(event, "a tag", "remove it")
            return None
        text = str(event.value)
        if event.style not in {None, ""}:
            return text
        if text in _PLAIN:
            return _PLAIN[text]
        if _DECIMAL.fullmatch(text):
            return self._number(event, text)
        if _AMBIGUOUS.fullmatch(text):
            self._refuse(event, f"'{text}' may be a word or a value", "write true, false or 'quotes'")
        return text

    def _number(self, event: yaml.Event, text: str) -> object:
        number = float(text)
        if not math.isfinite(number) or abs(number) > _NUMBER_LIMIT:
            self._refuse(event, f"the number {text[:40]} is out of range", "at most 2^53")
            return None
        return int(text) if _INTEGER.fullmatch(text) else number

    def _refuse_anchor(self, event: yaml.Event) -> None:
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            self._refuse(event, f"an anchor (&{anchor})", "write the value out where it is needed")

    def _refuse(self, event: yaml.Event, what: str, hint: str = "") -> None:
        self.problems.append(Problem(self.shown, _line(event), what, hint))


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1
