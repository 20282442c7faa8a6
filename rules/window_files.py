"""Read the `window` of a rule: what its events share, and what must come together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rules import clauses, schema
from rules.calendars import Calendar
from rules.conditions import All, Tree
from rules.errors import Problem, nearest
from rules.fields import FieldType
from rules.when import WhenReader
from rules.windows import MICRO, Absence, Change, Count, Lasting, Part, Pattern, Sequence, Together, Window
from rules.yaml_lines import Document, Path_

TOLERANCE_S = 3600.0
_PATTERNS = ("count", "together", "lasting", "change", "then", "absent")


@dataclass(slots=True)
class WindowReader:
    """Reads the conditions and the window of one rule, gathering every problem."""

    document: Document
    event: str
    fields: Mapping[str, Mapping[str, FieldType]]
    quantities: Mapping[str, str]
    calendars: Mapping[str, Calendar]
    problems: list[Problem]
    parts: list[Part] = field(default_factory=list)

    def conditions(
        self,
        data: Mapping[str, object],
        path: Path_,
        event: str,
        besides: frozenset[str] = frozenset(),
        *,
        like: Mapping[str, object] | None = None,
    ) -> Tree:
        """Read conditions on the events of one type; a value is of the quantity that `like` names."""
        reader = self._reader(event)
        reader.measure(like or data)
        tree = reader.read(data, path, besides)
        try:
            clauses.clauses(tree)
        except clauses.TooManyClauses as many:
            self._refuse(path, str(many), "make two rules of it")
        return tree

    def read(self, loaded: Mapping[str, Any], path: Path_, when: Tree, raw: Mapping[str, Any]) -> Window:
        """Read a window that fits its schema; `raw` are the conditions of the rule's `when`."""
        named = [word for word in _PATTERNS if loaded[word] is not None]
        if len(named) > 1:
            self._refuse(path, f"{' and '.join(named)} stand side by side", "one of them; make two rules")
        if not named and loaded["clears"] is None:
            self._refuse(path, "the window asks nothing", f"one of: {', '.join(_PATTERNS)}, clears")
        pattern = self._pattern(named[0], loaded[named[0]], (*path, named[0]), when, raw) if named else None
        if loaded["clears"] is not None:
            self._part("clears", loaded["clears"], (*path, "clears"))
        if loaded["tolerance"] > TOLERANCE_S:
            self._refuse((*path, "tolerance"), "waits too long", "at most 1 h")
        self._check_by(loaded["by"], (*path, "by"))
        return Window(tuple(loaded["by"]), pattern, loaded["clears"] is not None, micros(loaded["tolerance"]))

    def _pattern(
        self,
        word: str,
        data: Any,  # noqa: ANN401  (each word has a shape of its own)
        path: Path_,
        when: Tree,
        raw: Mapping[str, Any],
    ) -> Pattern:
        match word:
            case "count":
                self._known(data["different"], (*path, "different"))
                return Count(
                    data["at_least"], self._time(data["within"], path), data["different"], data["radius"]
                )
            case "together":
                for index, other in enumerate(data["others"]):
                    self._part(f"with:{index}", other, (*path, "with", index))
                return Together(self._time(data["within"], path), len(data["others"]), data["radius"])
            case "lasting":
                return self._lasting(data, path, when, raw)
            case "change":
                return self._change(data, path, raw)
            case "then":
                return Sequence(
                    tuple(self._step(index, step, (*path, index)) for index, step in enumerate(data))
                )
            case _:
                return self._absent(data, path, when)

    def _lasting(self, data: Mapping[str, Any], path: Path_, when: Tree, raw: Mapping[str, Any]) -> Lasting:
        here = (*path, "while")
        tree = self.conditions(data["condition"], here, self.event, like=raw)
        self.parts.append(Part("while", self.event, All((when, tree))))
        gap = data["gap"]
        return Lasting(self._time(data["time"], path), None if gap is None else micros(gap))

    def _change(self, data: Mapping[str, Any], path: Path_, raw: Mapping[str, Any]) -> Change:
        named = [word for word in ("rises", "falls") if data[word] is not None]
        if len(named) != 1:
            self._refuse(path, "needs either 'rises' or 'falls'", "{of: value, rises: 10, within: 5 min}")
            return Change(data["of"], 1.0, 1, micros(data["within"]))
        reader = self._reader(self.event)
        reader.measure(raw)
        by = reader.amount(data["of"], data[named[0]], (*path, named[0]))
        return Change(data["of"], by, 1 if named[0] == "rises" else -1, self._time(data["within"], path))

    def _step(self, index: int, data: Mapping[str, Any], path: Path_) -> int:
        within = self._duration(data, "within", path)
        self._part(f"step:{index}", data, path, frozenset({"within"}))
        return within

    def _absent(self, data: Mapping[str, Any], path: Path_, when: Tree) -> Absence:
        time = self._duration(data, "for", path)
        if data.keys() <= {"for"}:
            self.parts.append(Part("absent", self.event, when))
        else:
            self._part("absent", data, path, frozenset({"for"}))
        return Absence(time)

    def _reader(self, event: str) -> WhenReader:
        return WhenReader(self.document, self.fields[event], self.problems, self.quantities, self.calendars)

    def _part(
        self, role: str, data: Mapping[str, Any], path: Path_, besides: frozenset[str] = frozenset()
    ) -> None:
        event = data.get("event", self.event)
        if not isinstance(event, str) or event not in self.fields:
            hint = nearest(str(event), self.fields)
            self._refuse((*path, "event"), f"unknown event type '{event}'", hint)
            return
        if not data.keys() - {"event"} - besides and event == self.event:
            self._refuse(path, "asks nothing", "a condition, or another event")
        self.parts.append(Part(role, event, self.conditions(data, path, event, besides)))

    def _duration(self, data: Mapping[str, Any], key: str, path: Path_) -> int:
        loaded = schema.load(schema.TIMES[key], self.document, path, {key: data[key]} if key in data else {})
        if isinstance(loaded, list):
            self.problems.extend(loaded)
            return MICRO
        return self._time(loaded["time"], path)

    def _time(self, seconds: float, path: Path_) -> int:
        if seconds <= 0:
            self._refuse(path, "takes no time", "at least 1 s")
        return micros(seconds)

    def _check_by(self, by: list[str], path: Path_) -> None:
        for event in sorted({self.event, *(part.event for part in self.parts)}):
            for index, name in enumerate(by):
                if name not in self.fields[event]:
                    hint = nearest(name, self.fields[event])
                    self._refuse((*path, index), f"unknown field '{name}' of {event}", hint)

    def _known(self, name: str | None, path: Path_) -> None:
        if name is not None and name not in self.fields[self.event]:
            self._refuse(path, f"unknown field '{name}'", nearest(name, self.fields[self.event]))

    def _refuse(self, path: Path_, what: str, hint: str = "") -> None:
        self.problems.append(self.document.problem(path, what, hint))


def micros(seconds: float) -> int:
    """Write seconds as whole microseconds."""
    return round(seconds * MICRO)
