"""What our own tables say of a replay: each clock's figures, and whether every breach was escalated."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import sqlalchemy as sa

from casework.domain.clocks import ClockKind, Outcome
from casework.domain.escalation import Trigger
from casework.domain.timeline import EntryKind
from casework.store import tables

CLOCKS = (ClockKind.DISPATCH, ClockKind.ARRIVAL, ClockKind.RESOLUTION)
PERCENTS = (50, 80, 90, 95)
_CLOCK, _ENTRY = tables.clocks.c, tables.timeline.c


@dataclass(frozen=True, slots=True)
class Timed:
    """One clock of one case: how long it ran, in seconds, up to its stop or to the end of the replay."""

    id: str
    case_id: str
    kind: ClockKind
    target_s: float
    elapsed_s: float
    outcome: Outcome | None

    @property
    def breached(self) -> bool:
        """Whether strictly more than the target has passed."""
        return self.elapsed_s > self.target_s


@dataclass(frozen=True, slots=True)
class Attained:
    """The figures of one kind of clock; percentiles, in seconds, are of those that reached their goal."""

    n: int
    reached: int
    open: int
    breaches: int
    percentiles: tuple[float, ...]

    @property
    def on_time(self) -> float:
        """The share that kept the target."""
        return 1 - self.breaches / self.n if self.n else 1.0


@dataclass(frozen=True, slots=True)
class Told:
    """How the breaches were told of: entries of the timeline, and texts that the provider's double took."""

    breaches: int
    over: int
    escalated: int
    nobody_to_tell: int


def timed(connection: sa.Connection, until: datetime) -> list[Timed]:
    """Read every clock of the three kinds."""
    wanted = (_CLOCK.id, _CLOCK.case_id, _CLOCK.kind, _CLOCK.target_s)
    query = sa.select(*wanted, _CLOCK.started_at, _CLOCK.stopped_at, _CLOCK.outcome)
    return [
        Timed(
            row.id,
            row.case_id,
            row.kind,
            row.target_s,
            ((row.stopped_at or until) - row.started_at).total_seconds(),
            row.outcome,
        )
        for row in connection.execute(query.where(_CLOCK.kind.in_(CLOCKS)))
    ]


def attained(clocks: Sequence[Timed], kind: ClockKind) -> Attained:
    """Count one kind of clock."""
    own = [clock for clock in clocks if clock.kind is kind]
    reached = [clock.elapsed_s for clock in own if clock.outcome is Outcome.REACHED]
    return Attained(
        n=len(own),
        reached=len(reached),
        open=sum(clock.outcome is None for clock in own),
        breaches=sum(clock.breached for clock in own),
        percentiles=tuple(float(np.percentile(reached, percent)) for percent in PERCENTS) if reached else (),
    )


def told(connection: sa.Connection, clocks: Sequence[Timed]) -> Told:
    """Prove that each breach, and nothing else, stands in its timeline and was escalated at that instant."""
    breached = {clock.id for clock in clocks if clock.breached}
    kinds = (EntryKind.CLOCK_OVER, EntryKind.ESCALATED, EntryKind.NOBODY_TO_TELL)
    query = sa.select(_ENTRY.kind, _ENTRY.case_id, _ENTRY.at, _ENTRY.cause, _ENTRY.data)
    entries = connection.execute(query.where(_ENTRY.kind.in_(kinds))).all()
    over = {row.data["clock_id"]: row for row in entries if row.kind is EntryKind.CLOCK_OVER}
    escalated = {
        (row.case_id, row.at, row.cause)
        for row in entries
        if row.kind is EntryKind.ESCALATED and row.data["trigger"] == Trigger.OVER
    }
    nobody = {(row.case_id, row.at, row.cause) for row in entries if row.kind is EntryKind.NOBODY_TO_TELL}
    assert over.keys() == breached, f"{len(over.keys() ^ breached)} breaches and entries without each other"
    for row in over.values():
        assert (row.case_id, row.at, row.cause) in escalated | nobody, f"case {row.case_id} was not escalated"
    return Told(len(breached), len(over), len(escalated), len(nobody))
