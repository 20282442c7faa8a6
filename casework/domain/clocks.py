"""The clocks of a case, started, paused and stopped by what stands in its timeline.

Which entry does what is the table `RULES`; the definitions are those that `docs/figures.md` publishes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from casework import ids
from casework.domain import escalation
from casework.domain.cases import Case
from casework.domain.deadlines import Deadline
from casework.domain.timeline import Entry, EntryKind
from casework.ids import AssignmentId, CaseId, ClockId, EntryId, ReportId

E = EntryKind


class ClockKind(StrEnum):
    """What is timed."""

    RESPONSE = "response"
    DISPATCH = "dispatch"
    ARRIVAL = "arrival"
    RESOLUTION = "resolution"
    CALLBACK = "callback"


class Scope(StrEnum):
    """What a clock belongs to beside its case."""

    CASE = "case"
    ASSIGNMENT = "assignment"
    REPORT = "report"


class Outcome(StrEnum):
    """How a clock ended."""

    REACHED = "reached"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Rule:
    """Which entries start a clock, reach its goal, or drop it without a verdict."""

    scope: Scope
    starts: frozenset[EntryKind]
    reaches: frozenset[EntryKind]
    drops: frozenset[EntryKind]
    pausable: bool = False


_ENDS = frozenset({E.CASE_VOIDED, E.CASE_MERGED})
_LEFT = frozenset({E.CREW_DECLINED, E.OFFER_EXPIRED, E.CREW_WITHDRAWN, E.CREW_DONE, E.CASE_CLOSED})

RULES: Mapping[ClockKind, Rule] = {
    ClockKind.RESPONSE: Rule(
        Scope.REPORT, frozenset({E.REPORT_RECEIVED}), frozenset({E.REPORT_ANSWERED}), _ENDS
    ),
    ClockKind.DISPATCH: Rule(
        Scope.CASE,
        frozenset({E.CASE_FILED, E.CASE_REOPENED}),
        frozenset({E.ASSIGNMENT_SENT}),
        _ENDS | {E.CASE_CLOSED},
        pausable=True,
    ),
    ClockKind.ARRIVAL: Rule(
        Scope.ASSIGNMENT,
        frozenset({E.ASSIGNMENT_SENT}),
        frozenset({E.CREW_ON_SCENE}),
        _ENDS | _LEFT,
    ),
    ClockKind.RESOLUTION: Rule(
        Scope.CASE,
        frozenset({E.CASE_FILED, E.CASE_REOPENED}),
        frozenset({E.CREW_DONE, E.CASE_CLOSED}),
        _ENDS,
        pausable=True,
    ),
    ClockKind.CALLBACK: Rule(
        Scope.REPORT,
        frozenset({E.CREW_DONE}),
        frozenset({E.REPORTER_REACHED, E.CALLBACK_FAILED}),
        _ENDS | {E.CASE_REOPENED},
    ),
}


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch that does not count, with the entries that began and ended it."""

    paused_at: datetime
    paused_by: EntryId
    resumed_at: datetime | None = None
    resumed_by: EntryId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One running or ended measurement against its target, in seconds."""

    id: ClockId
    case_id: CaseId
    kind: ClockKind
    target_s: float
    started_at: datetime
    started_by: EntryId
    assignment_id: AssignmentId | None = None
    report_id: ReportId | None = None
    pauses: tuple[Pause, ...] = ()
    stopped_at: datetime | None = None
    stopped_by: EntryId | None = None
    outcome: Outcome | None = None

    @property
    def paused(self) -> bool:
        """Whether it stands still now."""
        return bool(self.pauses) and self.pauses[-1].resumed_at is None

    def paused_for(self, until: datetime) -> timedelta:
        """Sum the pauses up to an instant."""
        return sum(
            ((pause.resumed_at or until) - pause.paused_at for pause in self.pauses), start=timedelta()
        )

    def elapsed(self, now: datetime) -> timedelta:
        """Answer the time that counts: from start to stop, or to now, without the pauses."""
        end = self.stopped_at or now
        return end - self.started_at - self.paused_for(end)

    def breached(self, now: datetime) -> bool:
        """Whether more than the target has passed."""
        return self.elapsed(now) > timedelta(seconds=self.target_s)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one timeline entry does to a case's clocks."""

    clocks: tuple[Clock, ...] = ()
    new_deadlines: tuple[Deadline, ...] = ()
    silenced: tuple[ClockId, ...] = ()


def turn(case: Case, running: Iterable[Clock], entry: Entry, awaiting: Sequence[ReportId]) -> Turn:
    """Work out which clocks an entry starts, pauses, resumes and stops, and whose deadlines change.

    `running` are the case's clocks that have not stopped; `awaiting` the reports whose reporter is to be
    called back, each of which gets a clock of its own.
    """
    changed: list[Clock] = []
    silenced: list[ClockId] = []
    deadlines: list[Deadline] = []
    for clock in running:
        after = _touch(clock, entry)
        if after is clock:
            continue
        changed.append(after)
        silenced.append(clock.id)
        if clock.paused and not after.paused and after.stopped_at is None:
            deadlines += _deadlines(case, after)
    for started in _started(case, entry, awaiting):
        changed.append(started)
        deadlines += _deadlines(case, started)
    return Turn(tuple(changed), tuple(deadlines), tuple(silenced))


def _touch(clock: Clock, entry: Entry) -> Clock:
    rule = RULES[clock.kind]
    if _concerns(clock, entry):
        if entry.kind in rule.reaches:
            return _stop(clock, entry, Outcome.REACHED)
        if entry.kind in rule.drops or (entry.kind in rule.starts and rule.scope is Scope.CASE):
            return _stop(clock, entry, Outcome.DROPPED)
    if rule.pausable and entry.kind is E.CASE_PAUSED and not clock.paused:
        return replace(clock, pauses=(*clock.pauses, Pause(entry.at, entry.id)))
    if rule.pausable and entry.kind is E.CASE_RESUMED and clock.paused:
        return _resume(clock, entry)
    return clock


def _concerns(clock: Clock, entry: Entry) -> bool:
    if clock.assignment_id is not None and entry.assignment_id is not None:
        return clock.assignment_id == entry.assignment_id
    if clock.report_id is not None and entry.report_id is not None:
        return clock.report_id == entry.report_id
    return True


def _resume(clock: Clock, entry: Entry) -> Clock:
    last = replace(clock.pauses[-1], resumed_at=entry.at, resumed_by=entry.id)
    return replace(clock, pauses=(*clock.pauses[:-1], last))


def _stop(clock: Clock, entry: Entry, outcome: Outcome) -> Clock:
    ended = _resume(clock, entry) if clock.paused else clock
    return replace(ended, stopped_at=entry.at, stopped_by=entry.id, outcome=outcome)


def _started(case: Case, entry: Entry, awaiting: Sequence[ReportId]) -> list[Clock]:
    started = []
    for kind, rule in RULES.items():
        if entry.kind not in rule.starts or kind not in case.targets:
            continue
        if rule.scope is Scope.REPORT:
            reports: Sequence[ReportId | None] = [entry.report_id] if entry.report_id else awaiting
        else:
            reports = [None]
        started += [
            Clock(
                id=ClockId(ids.new()),
                case_id=case.id,
                kind=kind,
                target_s=case.targets[kind],
                started_at=entry.at,
                started_by=entry.id,
                assignment_id=entry.assignment_id if rule.scope is Scope.ASSIGNMENT else None,
                report_id=report,
            )
            for report in reports
        ]
    return started


def _deadlines(case: Case, clock: Clock) -> list[Deadline]:
    shift = sum(
        (pause.resumed_at - pause.paused_at for pause in clock.pauses if pause.resumed_at), start=timedelta()
    )
    return [
        Deadline.of_clock(
            clock.id,
            case.id,
            step=index,
            due_at=clock.started_at + escalation.due_after(step, clock.target_s, case.warn_at) + shift,
        )
        for index, step in enumerate(
            escalation.steps_for(case.escalation, clock.kind, clock.target_s, case.warn_at)
        )
    ]


class Light(StrEnum):
    """Green under the warning share of the target, amber up to the target, red beyond it."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


def light(clock: Clock, now: datetime, warn_at: float = 0.8) -> Light:
    """Answer a clock's light at an instant."""
    share = clock.elapsed(now) / timedelta(seconds=clock.target_s)
    if share > 1:
        return Light.RED
    return Light.AMBER if share >= warn_at else Light.GREEN


TOUCHING: frozenset[EntryKind] = frozenset({E.CASE_PAUSED, E.CASE_RESUMED}).union(
    *(rule.starts | rule.reaches | rule.drops for rule in RULES.values())
)
"""The entries that do anything to a clock."""
