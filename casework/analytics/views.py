"""What the console shows, as frozen view models that a query fills and a template renders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Generic, Self, TypeVar

from casework.analytics.outlets import CostRow, StandingRow
from notifications.previews import Preview

Text = Mapping[str, str]
"""A text in each language: {"zh": ..., "en": ...}."""

Row = TypeVar("Row")

AMBER_FROM = 0.8
RED_FROM = 1.0


class Light(StrEnum):
    """How much of a target is used: green under 80 %, amber to 100 %, red over it."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


def light_of(due_at: datetime, target_s: float, now: datetime) -> Light:
    """Tell the light of a clock that runs out at `due_at` and was given `target_s` seconds."""
    used = 1 - (due_at - now).total_seconds() / target_s
    if used > RED_FROM:
        return Light.RED
    return Light.AMBER if used >= AMBER_FROM else Light.GREEN


@dataclass(frozen=True, slots=True)
class CategoryView:
    """A class of case, with the name of its icon."""

    code: str
    title: Text
    icon: str


@dataclass(frozen=True, slots=True)
class AreaOption:
    """An area that the board can be narrowed to."""

    id: str
    name: Text


@dataclass(frozen=True, slots=True)
class MapPoint:
    """An open case as the map draws it."""

    id: str
    number: int
    title: Text
    priority: int
    lat: float
    lon: float
    clock: "RunningClock | None"


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """Something that the house itself must be told of, until it ends."""

    id: str
    kind: str
    key: str
    at: datetime
    text: Text
    case_id: str | None = None
    case_number: int | None = None


@dataclass(frozen=True, slots=True)
class RunningClock:
    """The clock of a case that runs out first; `due_at` counts pauses already taken."""

    kind: str
    due_at: datetime
    target_s: float
    paused: bool = False


@dataclass(frozen=True, slots=True)
class CrewOnCase:
    """The crew that a case was given to, and how far it is."""

    code: str
    name: Text
    status: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The crew that the solver would send, or the reason why there is nobody (`crew_code` None)."""

    crew_code: str | None
    crew_name: Text | None
    eta_s: float | None
    reason: Text


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One open case on the board. `version` is the one that a command must name."""

    id: str
    number: int
    title: Text
    category: CategoryView
    priority: int
    status: str
    place: Text
    area: Text
    lat: float | None
    lon: float | None
    opened_at: datetime
    reporters: int
    version: int
    waiting_for: str | None = None
    clock: RunningClock | None = None
    crew: CrewOnCase | None = None
    recommended: Recommendation | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """The queue, what will be late first on top; `n` is the change that it is true to."""

    rows: Sequence[BoardRow]
    total: int
    n: int
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of a case's history; `seq` is its place, `cause` says what made it happen."""

    seq: int
    at: datetime
    kind: str
    actor: Text
    text: Text
    cause: Text | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch in which a clock stood still, between two timeline entries; open while `until` is None."""

    since: datetime
    since_entry: int
    until: datetime | None = None
    until_entry: int | None = None


@dataclass(frozen=True, slots=True)
class ClockBar:
    """A clock of a case with the timeline entries that started, paused and stopped it."""

    kind: str
    target_s: float
    started_at: datetime
    started_by: int
    due_at: datetime
    pauses: Sequence[Pause] = ()
    stopped_at: datetime | None = None
    stopped_by: int | None = None

    def paused_s(self, now: datetime) -> float:
        """Count the seconds of all pauses up to `now`."""
        return sum(((p.until or now) - p.since).total_seconds() for p in self.pauses)

    def used_s(self, now: datetime) -> float:
        """Count the seconds that the clock has run, pauses subtracted."""
        return ((self.stopped_at or now) - self.started_at).total_seconds() - self.paused_s(now)

    def light(self, now: datetime) -> Light:
        """Tell the light by what is used of the target."""
        ratio = self.used_s(now) / self.target_s
        if ratio > RED_FROM:
            return Light.RED
        return Light.AMBER if ratio >= AMBER_FROM else Light.GREEN

    @property
    def paused(self) -> bool:
        """Whether the clock stands still at present."""
        return bool(self.pauses) and self.pauses[-1].until is None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A crew that was looked at, chosen or not, with each reason; times in seconds, distance in metres."""

    crew_code: str
    crew_name: Text
    chosen: bool
    able: bool
    eta_s: float | None
    distance_m: float | None
    reasons: Sequence[Text]
    would_change: Text | None = None


@dataclass(frozen=True, slots=True)
class ReporterLine:
    """A person who reported the case, as far as the viewer may see."""

    name: str
    channel: str
    language: str
    at: datetime
    text: str
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class CasePhoto:
    """A photo of a case: `what` is the name it is kept under, or the address where its sender keeps it."""

    what: str
    at: datetime
    by: Text


@dataclass(frozen=True, slots=True)
class AssignmentLine:
    """One crew sent to the case; a time that has not come is None."""

    crew_code: str
    crew_name: Text
    status: str
    sent_at: datetime
    acknowledged_at: datetime | None = None
    on_scene_at: datetime | None = None
    done_at: datetime | None = None
    clear_reason: Text | None = None


@dataclass(frozen=True, slots=True)
class LinkedCase:
    """Another case that could be, or is, the same."""

    id: str
    number: int
    title: Text
    distance_m: float
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A text that went out or waits; `segments` is what the provider bills."""

    id: str
    created_at: datetime
    to: str
    purpose: str
    channel: str
    language: str
    text: str
    state: str
    attempts: int
    segments: int
    error: Text | None = None
    case_id: str | None = None
    case_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletsPage:
    """How messages leave: the providers' standing, what was spent since `since`, how each text will look."""

    since: datetime
    standings: Sequence[StandingRow]
    costs: Sequence[CostRow]
    previews: Sequence[Preview]


@dataclass(frozen=True, slots=True)
class CasePage:
    """Everything about one case; `actions` names the commands that this viewer may give it now."""

    row: BoardRow
    public_code: str
    description: str
    timeline: Sequence[TimelineEntry]
    clocks: Sequence[ClockBar]
    candidates: Sequence[Candidate]
    reporters: Sequence[ReporterLine]
    assignments: Sequence[AssignmentLine]
    messages: Sequence[MessageRow]
    similar: Sequence[LinkedCase]
    actions: frozenset[str]
    disposition: str | None = None
    not_listed: int = 0
    photos: Sequence[CasePhoto] = ()

    def with_actions(self, actions: frozenset[str]) -> Self:
        """Give the page with only these actions."""
        return replace(self, actions=actions)


@dataclass(frozen=True, slots=True)
class CrewRow:
    """One crew: what it can do, what it does, and how old our knowledge of it is."""

    id: str
    code: str
    name: Text
    capabilities: Sequence[str]
    status: str
    status_since: datetime
    position_at: datetime | None
    lat: float | None
    lon: float | None
    load: int
    capacity: int
    shift_ends_at: datetime | None
    home_area: Text
    case_id: str | None = None
    case_number: int | None = None


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event and what became of it."""

    seq: int
    source: str
    event_id: str
    type: str
    received_at: datetime
    summary: str
    state: str
    decision: Text | None = None
    case_id: str | None = None
    case_number: int | None = None


@dataclass(frozen=True, slots=True)
class EventPage:
    """One event, what the rules made of it and why; `trace` is None until it was judged."""

    row: EventRow
    subject: str | None
    time: datetime | None
    body: str
    trace: "Trace | None"


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One condition, or the head of a group of them; `differ` says what would have to be otherwise."""

    depth: int
    held: bool
    said: Text
    differ: Text | None = None


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """How one rule came out for one event; of a rule that did not hold the first part that failed."""

    id: str
    title: Text
    version: str
    pack: str
    held: bool
    lines: Sequence[TraceLine]


@dataclass(frozen=True, slots=True)
class Trace:
    """What the rules made of an event; `unlisted` counts rules that did not hold and are not listed."""

    error: str | None
    guessed: Sequence[Text]
    done: Sequence[Text]
    rules: Sequence[RuleTrace]
    unlisted: int


@dataclass(frozen=True, slots=True)
class RuleCount:
    """What a rule led to: cases of all time, and how it came out for the newest events it was asked about."""

    id: str
    title: Text
    pack: str
    event: str
    in_force: bool
    cases: int
    open: int
    last_at: datetime | None
    held: int
    asked: int


@dataclass(frozen=True, slots=True)
class RuleCounts:
    """Every rule with its counts; `recent` is how many of the newest judgements were looked at."""

    rules: Sequence[RuleCount]
    recent: int


@dataclass(frozen=True, slots=True)
class IntakeCounts:
    """How many events wait for a person's look; each stops counting at `MOST`."""

    MOST: ClassVar[int] = 1000
    unmatched: int
    failed: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """An event that failed its checks, as it came; `errors` by field, None where no one field is to blame."""

    id: str
    source: str
    received_at: datetime
    event_id: str | None
    type: str | None
    errors: Sequence[tuple[str | None, str]]
    raw: str
    resubmitted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """A stretch of a long list; `next_cursor` is None at its end."""

    rows: Sequence[Row]
    next_cursor: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed after a number; `complete` is false where the memory does not reach back so far."""

    n: int
    cases: Sequence[str] = ()
    crews: Sequence[str] = ()
    complete: bool = True
    alarms: bool = False
