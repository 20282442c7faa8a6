"""Rehearsals: stored events replayed through a draft beside what is in force, with nothing done of it.

A rehearsal reads from an archive that has no way to write, on connections that the database keeps
read-only. It judges only the rules that differ and those that open or extend cases of the same categories:
no other rule can come out otherwise. What becomes of cases is played through in memory by the grouping that
triage uses, an open case standing for as long as such cases took of late.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import rules
from casework.domain import grouping
from casework.domain.places import Asset
from casework.domain.rehearsals import Handling, Stored
from casework.domain.rulebook import RuleKey
from casework.services import subjects
from casework.services.house import Locate
from casework.services.ports import Archive
from routing import geo
from rules import facts, guess, plain, watching
from rules.catalogue import (
    Action,
    Catalogue,
    Category,
    Do,
    Question,
    Rule,
    Vocabulary,
    make_catalogue,
)
from rules.errors import FactRefused
from rules.fields import FactValue, FieldType, Kind

Json = dict[str, Any]
DIFFERENCES = 1_000
"""Most events that a report lists as different; the rest are counted."""
HISTORY = timedelta(days=90)
ASSETS_KEPT = 50_000
DAY_S, HOUR_S = 86_400.0, 3_600.0
_HOURLY = 3 * DAY_S
_FEW = 8
_SWEEP = 20_000
"""After so many cases of a category the ended ones are let go."""


class Cancelled(Exception):
    """Somebody cancelled the rehearsal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What is rehearsed: the rules in force, the rules with the draft, the span, and the price of a text.

    `focus` are rules to be judged even where they do not differ; `offset_s` is the seconds that local days
    begin before UTC's; `price` is of one segment of a text.
    """

    live: Catalogue
    draft: Catalogue
    start: datetime
    end: datetime
    focus: frozenset[RuleKey] = frozenset()
    price: float = 0.05
    offset_s: float = 0.0
    matcher: str = "durable"


Lineage = Callable[[Any], Sequence[Any]]
"""Answers an area with those around it."""
Progress = Callable[[float, int], None]
"""Is told the part that is done (0 to 1) and how many events were judged; may raise `Cancelled`."""


def rehearse(
    script: Script,
    archive: Archive,
    *,
    locate: Locate,
    lineage: Lineage = lambda area: (area,),
    progress: Progress = lambda _part, _events: None,
) -> Json:
    """Replay the events of a span through both sets of rules and report what differs, as plain data."""
    cast = _Cast.of(script)
    stage = _Stage(script, cast, archive)
    types = sorted({part.event for rule in cast.rules for part in rule.parts})
    if types:
        bounds = archive.bounds(script.start - timedelta(days=1))
        length = max(1, bounds[1] - bounds[0] + 1)
        matcher = rules.build_matcher(cast.catalogue, prefer=script.matcher)
        try:
            view = _View(script, cast, archive, _Where(locate, lineage))
            for page in archive.pages(types, script.start, script.end, bounds):
                view.prepare(page)
                for event in page:
                    stage.play(event, view, matcher.answers)
                progress((page[-1].seq - bounds[0] + 1) / length, stage.events)
        finally:
            matcher.close()
    progress(1.0, stage.events)
    return stage.report()


@dataclass(frozen=True, slots=True)
class _Cast:
    """The rules that are judged: each once, and on which of the two sides it stands."""

    catalogue: Catalogue
    rules: tuple[Rule, ...]
    sides: Mapping[Rule, tuple[int, ...]]
    changed: tuple[RuleKey, ...]

    @classmethod
    def of(cls, script: Script) -> "_Cast":
        """Choose the rules that differ, and those whose cases meet theirs."""
        live, draft = (_by_key(catalogue) for catalogue in (script.live, script.draft))
        changed = [
            key
            for key in sorted(live.keys() | draft.keys())
            if key not in live or key not in draft or live[key].version != draft[key].version
        ]
        asked = {*changed, *(script.focus & (live.keys() | draft.keys()))}
        opened = {
            action.category
            for key in asked
            for own in (live, draft)
            if key in own
            for action in own[key].then
            if action.category is not None
        }
        opened |= {
            code
            for code in script.live.categories.keys() & script.draft.categories.keys()
            if script.live.categories[code] != script.draft.categories[code]
        }
        sides: dict[Rule, tuple[int, ...]] = {}
        for key in sorted(live.keys() | draft.keys()):
            both = [own[key] for own in (live, draft) if key in own]
            if key not in asked and not any(
                action.category in opened for rule in both for action in rule.then
            ):
                continue
            if key in changed:
                sides.update({own[key]: (side,) for side, own in enumerate((live, draft)) if key in own})
            else:
                sides[live[key]] = (0, 1)
        fields = {**script.live.fields, **script.draft.fields}
        words = Vocabulary({**script.live.quantities, **script.draft.quantities})
        together = make_catalogue(rules=sides, fields=fields, vocabulary=words)
        return cls(together, tuple(sides), sides, tuple(changed))

    def of_side(self, side: int) -> Catalogue:
        """Answer the rules of one side."""
        return make_catalogue(rules=[rule for rule, own in self.sides.items() if side in own])


def _by_key(catalogue: Catalogue) -> dict[RuleKey, Rule]:
    return {(rule.pack, rule.id): rule for rule in catalogue.rules}


class _View:
    """Turns stored events into the facts that the rules of the cast ask about, and no others."""

    def __init__(self, script: Script, cast: _Cast, archive: Archive, where: "_Where") -> None:
        self._archive = archive
        self._where = where
        self._offset_s = script.offset_s
        self._fields = cast.catalogue.fields
        self._quantities = cast.catalogue.quantities
        self._assets: dict[str, Asset | None] = {}
        self._told: dict[str, Mapping[str, object]] = {}
        asked: dict[str, set[str]] = {}
        for event, questions in cast.catalogue.questions.items():
            for question in questions:
                asked.setdefault(event, set()).update(plain.asked_by(question.when))
        self._lenses = {
            event: _Lens.of(names, self._fields.get(event, {}), self._quantities)
            for event, names in asked.items()
        }
        # A window reads more than conditions name: the fields of its key, what it sums up, a place.
        windowed = cast.catalogue.windowed_events
        self._whole = {
            event
            for event, names in asked.items()
            if event in windowed or names & _BY_CLOCK or not names <= self._fields.get(event, {}).keys()
        }
        self._guesses = "category" in asked.get("report", ())

    def prepare(self, page: Sequence[Stored]) -> None:
        """Look up, in one go, the assets that a page is about."""
        wanted = {event.subject for event in page if event.subject} - self._assets.keys()
        if not wanted:
            return
        if len(self._assets) + len(wanted) > ASSETS_KEPT:
            self._assets.clear()
            self._told.clear()
            wanted = {event.subject for event in page if event.subject}
        named = self._archive.assets(sorted(wanted))
        sensed = self._archive.assets(sorted({one.senses for one in named.values() if one.senses}))
        for name in wanted:
            asset = named.get(name)
            self._assets[name] = sensed.get(asset.senses or "", asset) if asset else None

    def asset(self, event: Stored) -> Asset | None:
        """Answer what an event is about."""
        return self._assets.get(event.subject) if event.subject else None

    def facts(self, event: Stored, categories: Mapping[str, Category]) -> Mapping[str, FactValue]:
        """Make the facts as triage does, of the fields that are asked about."""
        lens = self._lenses[event.type]
        whole = event.type in self._whole
        lookups = self._lookups(event, lens, whole=whole)
        seen = None if whole else lens.look(event, lookups)
        if seen is None:
            own = event.data
            data = own if whole else {name: own[name] for name in lens.data if name in own}
            envelope = {"type": event.type, "source": event.source, "subject": event.subject, "data": data}
            seen = facts.project(envelope, lookups, self._fields.get(event.type), self._quantities)
        if self._guesses and event.type == "report" and not event.data.get("category"):
            guessed = guess.guess_category(str(event.data.get("text", "")), categories)
            if guessed and guessed[0][1] >= subjects.SURE_ENOUGH:
                seen["category"] = guessed[0][0]
        return seen

    def _lookups(self, event: Stored, lens: "_Lens", *, whole: bool) -> Mapping[str, Any]:
        if not (whole or lens.asset or lens.area):
            return _NOTHING
        found: dict[str, Any] = {}
        if whole:
            local = _EPOCH + timedelta(seconds=event.at + self._offset_s)
            found["local_time"] = local.strftime("%Y-%m-%dT%H:%M")
        asset = self.asset(event)
        if asset is not None and (whole or lens.asset):
            found["asset"] = self._told_of(asset)
        if whole or lens.area:
            place = subjects.said_place(event.data)
            area = self._where.locate(*place) if place else (asset.area_id if asset else None)
            if area is not None:
                found["area"] = {"id": area, "path": list(self._where.lineage(area)) or [area]}
        return found

    def _told_of(self, asset: Asset) -> Mapping[str, object]:
        told = self._told.get(asset.id)
        if told is None:
            told = self._told[asset.id] = {
                **asset.attributes,
                "id": asset.id,
                "kind": asset.kind,
                "name": asset.name_zh,
                "area": asset.area_id,
                "lat": asset.lat,
                "lon": asset.lon,
            }
        return told


@dataclass(frozen=True, slots=True)
class _Where:
    """Which area holds a point, and which areas hold an area."""

    locate: Locate
    lineage: Lineage


@dataclass(frozen=True, slots=True)
class _Lens:
    """What of an event of one type is looked at: names in its data, and whether its asset and its area.

    `look` makes the same facts as `facts.project` where every value is plain and of its kind, several times
    as fast; it answers None for any event of which it is not sure.
    """

    data: frozenset[str]
    asset: bool
    area: bool
    paths: tuple[tuple[str, str | None, tuple[str, ...], Kind], ...]
    quantities: Mapping[str, str]

    @classmethod
    def of(
        cls, names: Iterable[str], fields: Mapping[str, FieldType], quantities: Mapping[str, str]
    ) -> "_Lens":
        """Read it off the names of the fields that are asked about."""
        own = {name: name.split(".") for name in sorted(set(names) & fields.keys() - _ENVELOPE)}
        registers = {path[0] for path in own.values()} & _REGISTERS
        paths = (
            (path[0], tuple(path[1:])) if path[0] in _REGISTERS else (None, tuple(path))
            for path in own.values()
        )
        within = {path[0] for path in own.values()} | own.keys()
        within |= {"quantity", "unit"} if quantities else set()
        return cls(
            data=frozenset(within),
            asset="asset" in registers,
            area="area" in registers,
            paths=tuple(
                (name, register, path, fields[name].kind)
                for name, (register, path) in zip(own, paths, strict=True)
            ),
            quantities=quantities,
        )

    def look(self, event: Stored, lookups: Mapping[str, Mapping[str, object]]) -> dict[str, FactValue] | None:
        """Answer the facts, or None where a value is odd in any way."""
        if not _REGISTERS.isdisjoint(event.data) or self._is_converted(event):
            return None
        found: dict[str, Any] = {"source": event.source, "type": event.type}
        if event.subject is not None:
            found["subject"] = event.subject
        for name, register, path, kind in self.paths:
            root: Any = event.data if register is None else lookups.get(register)
            value = root
            for key in path:
                value = value.get(key) if type(value) is dict else None
            if value is None:
                if len(path) > 1 and root and ".".join(path) in root:
                    return None
                continue
            if not _is_plain(value, kind):
                return None
            found[name] = value
        return found

    def _is_converted(self, event: Stored) -> bool:
        """Tell whether a reading is in another unit than its quantity's own."""
        if event.type != "reading" or not self.quantities:
            return False
        quantity = event.data.get("quantity")
        declared = self.quantities.get(quantity) if isinstance(quantity, str) else None
        return declared is not None and event.data.get("unit") != declared


def _is_plain(value: object, kind: Kind) -> bool:
    """Tell whether a value is, without doubt, a fact of a kind as it stands."""
    if kind is Kind.NUMBER:
        return type(value) in {int, float} and -facts.NUMBER_LIMIT <= value <= facts.NUMBER_LIMIT  # type: ignore[operator]  # numbers
    if kind is Kind.TEXT:
        return type(value) is str and len(value) <= facts.TEXT_LIMIT and not _LONE.search(value)
    return kind is Kind.FLAG and type(value) is bool


_NOTHING: Mapping[str, Mapping[str, object]] = {}
_ENVELOPE = frozenset({"source", "subject", "type"})
_REGISTERS = frozenset({"asset", "area"})
_BY_CLOCK = frozenset({"local_time"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REMEMBERED = 20_000
"""Events that a window may decide about later are remembered, the latest of them."""
_LONE = re.compile("[\ud800-\udfff]")


@dataclass(slots=True)
class _Standing:
    """A case that would be open; times in seconds since 1970."""

    number: int
    opened: float
    changed: float
    until: float
    subject: str | None
    place: tuple[float, float] | None


class _Open:
    """The cases of one category that would be open on one side, found by subject and by place."""

    def __init__(self, category: Category, stands_s: float) -> None:
        self.category = category
        self.stands_s = stands_s
        self._within = category.grouping.within_s
        self._cell = 2.5 * max(category.grouping.radius_m, 50.0) / grouping.METRES_A_DEGREE
        self._cases: list[_Standing] = []
        self._by_subject: dict[str, list[_Standing]] = {}
        self._by_cell: dict[tuple[int, int], list[_Standing]] = {}
        self._count = 0

    def join(
        self, at: float, subject: str | None, place: tuple[float, float] | None, action: Action
    ) -> _Standing | None:
        """Find the case that a signal joins by the choice of `grouping.find_case`, and let it join."""
        within = action.group_within_s or self._within
        radius = self.category.grouping.radius_m if action.group_radius_m is None else action.group_radius_m
        found = self._same_subject(at, subject, within) or self._near(at, subject, place, within, radius)
        if found is not None:
            found.changed = max(found.changed, at)
        return found

    def open(self, at: float, subject: str | None, place: tuple[float, float] | None) -> _Standing:
        """Open a case."""
        self._count += 1
        case = _Standing(self._count, at, at, at + self.stands_s, subject, place)
        self._put(case)
        if len(self._cases) >= _SWEEP:
            standing = [one for one in self._cases if one.until > at]
            self._cases, self._by_subject, self._by_cell = [], {}, {}
            for one in standing:
                self._put(one)
        return case

    def _put(self, case: _Standing) -> None:
        self._cases.append(case)
        if case.subject is not None:
            self._by_subject.setdefault(case.subject, []).append(case)
        if case.place is not None:
            self._by_cell.setdefault(self._key(*case.place), []).append(case)

    def _key(self, lat: float, lon: float) -> tuple[int, int]:
        return math.floor(lat / self._cell), math.floor(lon / self._cell)

    def _same_subject(self, at: float, subject: str | None, within: float) -> _Standing | None:
        listed = self._by_subject.get(subject) if subject is not None else None
        if not listed:
            return None
        listed[:] = [one for one in listed if one.until > at]
        same = [one for one in listed if _recent(one, at, within)]
        return min(same, key=lambda one: (one.opened, one.number)) if same else None

    def _near(
        self,
        at: float,
        subject: str | None,
        place: tuple[float, float] | None,
        within: float,
        radius: float,
    ) -> _Standing | None:
        if place is None:
            return None
        best: tuple[float, float, int] | None = None
        nearest: _Standing | None = None
        for one in self._around(at, place, radius):
            if one.until <= at or not _recent(one, at, within) or one.place is None:
                continue
            if subject is not None and one.subject is not None and one.subject != subject:
                continue
            distance = geo.distance_m(*place, *one.place)
            rank = (distance, one.opened, one.number)
            if distance <= radius and (best is None or rank < best):
                best, nearest = rank, one
        return nearest

    def _around(self, at: float, place: tuple[float, float], radius: float) -> Iterator[_Standing]:
        """Walk the cells that a circle touches, leaving out the cases that have ended."""
        box = grouping.box_around(place, radius)
        south, west = self._key(box.south, box.west)
        north, east = self._key(box.north, box.east)
        if (north - south + 1) * (east - west + 1) > len(self._by_cell) + _FEW:
            yield from self._cases
            return
        for row in range(south, north + 1):
            for column in range(west, east + 1):
                listed = self._by_cell.get((row, column))
                if listed is None:
                    continue
                if len(listed) > _FEW:
                    listed[:] = [one for one in listed if one.until > at]
                yield from listed


def _recent(case: _Standing, at: float, within: float) -> bool:
    return at - case.changed <= within or at - case.opened <= within


@dataclass(slots=True)
class _Tally:
    """What one side would do."""

    matched: int = 0
    opened: Counter[str] = field(default_factory=Counter)
    joined: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    rules: dict[RuleKey, Counter[str]] = field(default_factory=dict)
    over_time: Counter[int] = field(default_factory=Counter)


_Came = tuple[str, str, str]
"""The id of a rule, what came of its action, and the category of the case."""


class _Stage:
    """Plays events through both sides and keeps count."""

    def __init__(self, script: Script, cast: _Cast, archive: Archive) -> None:
        self._script = script
        self._cast = cast
        self._archive = archive
        self._tallies = (_Tally(), _Tally())
        self._windows = tuple(watching.Windows(cast.of_side(side)) for side in (0, 1))
        self._late: dict[int, Stored] = {}
        self._open: tuple[dict[str, _Open], dict[str, _Open]] = ({}, {})
        self._handlings: dict[str, Handling] = {}
        self._differences: list[Json] = []
        self._differing = 0
        self.events = 0
        self._failed = 0
        span = (script.end - script.start).total_seconds()
        self._step = HOUR_S if span <= _HOURLY else DAY_S
        self._start = script.start.timestamp()

    def play(
        self,
        event: Stored,
        view: _View,
        ask: Callable[[str, Mapping[str, FactValue]], tuple[Question, ...]],
    ) -> None:
        """Judge one event and note on which side what would have come of it."""
        self.events += 1
        try:
            seen = view.facts(event, self._script.live.categories)
            answers = ask(event.type, seen)
        except FactRefused:
            self._failed += 1
            return
        matched = [one.rule for one in answers if one.rule.window is None and one.part.role == "when"]
        if self._cast.catalogue.watching:
            self._watch(event, view, seen, [one for one in answers if one.rule.window is not None])
        if not matched:
            return
        asset = view.asset(event)
        done: tuple[list[_Came], list[_Came]] = ([], [])
        for rule in matched:
            for side in self._cast.sides[rule]:
                self._carry_out(side, event, asset, rule, done[side])
        for side in (0, 1):
            self._tallies[side].matched += bool(done[side])
        self._compare(event, done)

    def _watch(
        self, event: Stored, view: _View, seen: Mapping[str, FactValue], heard: Sequence[Question]
    ) -> None:
        """Let the windows of both sides hear of an event, and do what they decide, maybe of earlier ones."""
        at = round(event.at * 1_000_000)
        stamp = watching.Stamp(at, at, f"{event.source}/{event.seq}", event.seq)
        if heard:
            self._late[event.seq] = event
            if len(self._late) > _REMEMBERED:
                del self._late[next(iter(self._late))]
        done: dict[int, tuple[list[_Came], list[_Came]]] = {}
        for side, windows in enumerate(self._windows):
            told = windows.pass_time(at)
            told += windows.hear([one for one in heard if side in self._cast.sides[one.rule]], seen, stamp)
            for one in told:
                about = self._late.get(one.outcome.seq)
                if one.outcome.held and about is not None:
                    came = done.setdefault(about.seq, ([], []))[side]
                    self._carry_out(side, about, view.asset(about), one.rule, came)
                    self._tallies[side].matched += 1
        for seq, both in done.items():
            self._compare(self._late[seq], both)

    def _compare(self, event: Stored, done: tuple[list["_Came"], list["_Came"]]) -> None:
        """Note an event on which the two sides differ."""
        if done[0] != done[1]:
            self._differing += 1
            if len(self._differences) < DIFFERENCES:
                told = {"seq": event.seq, "at": event.at, "source": event.source, "subject": event.subject}
                self._differences.append({**told, "live": done[0], "draft": done[1]})

    def _carry_out(
        self, side: int, event: Stored, asset: Asset | None, rule: Rule, done: list["_Came"]
    ) -> None:
        tally = self._tallies[side]
        key = (rule.pack, rule.id)
        own = tally.rules.get(key)
        if own is None:
            own = tally.rules[key] = Counter()
        own["matched"] += 1
        for action in rule.then:
            do = action.do
            tally.actions[do] += 1
            came: str = do
            if do is Do.OPEN_CASE or do is Do.EXTEND_CASE:
                came = self._case(side, event, asset, action)
                own[came] += 1
            elif do is Do.NOTIFY:
                tally.told[action.role or ""] += 1
            done.append((rule.id, came, action.category or ""))

    def _case(self, side: int, event: Stored, asset: Asset | None, action: Action) -> str:
        """Let a signal join or open a case, as `filing.open_or_join` does; answer which."""
        code = str(action.category)
        standing = self._open[side].get(code) or self._category(side, code)
        place = subjects.said_place(event.data)
        about = asset if place is None else None
        place = place or ((asset.lat, asset.lon) if asset is not None else None)
        subject = subjects.grouping_key(
            action, subject=event.subject, data=event.data, asset_id=about.id if about is not None else None
        )
        tally = self._tallies[side]
        if standing.join(event.at, subject, place, action) is not None:
            tally.joined[code] += 1
            return "joined"
        if action.do is not Do.OPEN_CASE:
            return "nothing"
        standing.open(event.at, subject, place)
        tally.opened[code] += 1
        tally.over_time[self._bucket(event.at)] += 1
        return "opened"

    def _category(self, side: int, code: str) -> _Open:
        catalogue = (self._script.live, self._script.draft)[side]
        category = catalogue.categories[code]
        took = self._handling(code).took_s
        stands = median(took) if took else category.targets["arrival"] + category.targets["resolution"]
        return self._open[side].setdefault(code, _Open(category, stands))

    def _handling(self, code: str) -> Handling:
        if code not in self._handlings:
            self._handlings[code] = self._archive.handling(code, self._script.end - HISTORY)
        return self._handlings[code]

    def _bucket(self, at: float) -> int:
        offset = self._script.offset_s if self._step == DAY_S else 0.0
        return math.floor((at + offset) / self._step)

    def report(self) -> Json:
        """Say what came of it, as plain data for JSON."""
        codes = {code for tally in self._tallies for code in (*tally.opened, *tally.joined)}
        costs = {code: self._estimate(code) for code in sorted(codes)}
        return {
            "from": self._script.start.astimezone(UTC).isoformat(),
            "to": self._script.end.astimezone(UTC).isoformat(),
            "events": self.events,
            "failed": self._failed,
            "changed": [list(key) for key in self._cast.changed],
            "judged": len(self._cast.rules),
            "live": self._side(0, costs),
            "draft": self._side(1, costs),
            "differing": self._differing,
            "differences": self._differences,
            "chart": self._chart(),
            "estimates": costs,
        }

    def _side(self, side: int, costs: Mapping[str, Json]) -> Json:
        tally = self._tallies[side]
        minutes = sum(n * costs[code]["minutes"] for code, n in tally.opened.items())
        told = sum(n * self._archive.people(role) for role, n in tally.told.items())
        texts = told + sum(n * costs[code]["texts"] for code, n in tally.opened.items())
        segments = told + sum(n * costs[code]["segments"] for code, n in tally.opened.items())
        return {
            "matched": tally.matched,
            "opened": tally.opened.total(),
            "joined": tally.joined.total(),
            "actions": {str(do): n for do, n in tally.actions.items()},
            "crew_minutes": round(minutes, 1),
            "texts": round(texts),
            "cost": round(segments * self._script.price, 2),
            "categories": {code: [tally.opened[code], tally.joined[code]] for code in costs},
            "rules": [
                {"pack": key[0], "rule": key[1], **counts} for key, counts in sorted(tally.rules.items())
            ],
        }

    def _estimate(self, code: str) -> Json:
        """Say what one case of a category takes: as such cases took of late, else as their targets allow."""
        handling = self._handling(code)
        category = self._script.draft.categories.get(code) or self._script.live.categories[code]
        targets = category.targets
        minutes = (
            sum(handling.took_s) / len(handling.took_s) if handling.took_s
            else targets["arrival"] + targets["resolution"]
        ) / 60  # fmt: skip
        cases = max(1, handling.cases)
        return {
            "minutes": round(minutes, 2),
            "texts": round(handling.texts / cases if handling.cases else 2.0, 2),
            "segments": round(handling.segments / cases if handling.cases else 2.0, 2),
            "n": len(handling.took_s),
        }

    def _chart(self) -> Json:
        """Answer the cases opened in each hour or day, the empty ones too."""
        first = self._bucket(self._start)
        last = max(first, self._bucket(self._script.end.timestamp() - 1))
        offset = self._script.offset_s if self._step == DAY_S else 0.0
        buckets = range(first, last + 1)
        return {
            "step_s": self._step,
            "t": [int(bucket * self._step - offset) for bucket in buckets],
            "live": [self._tallies[0].over_time[bucket] for bucket in buckets],
            "draft": [self._tallies[1].over_time[bucket] for bucket in buckets],
        }
