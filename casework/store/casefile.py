"""Cases with their reports, timeline, clocks and deadlines."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from casework.domain import errors
from casework.domain.cases import JOINABLE, Case, CaseStatus, DispatchMode
from casework.domain.clocks import Clock
from casework.domain.deadlines import Deadline, DeadlineKind, DeadlineState
from casework.domain.grouping import Box
from casework.domain.reports import Report
from casework.domain.timeline import Entry
from casework.ids import CaseId, ReportId
from casework.store import tables
from casework.store.rows import Rows

FIRST_NUMBER = 1001


def upsert(connection: sa.Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """Begin an INSERT ... ON CONFLICT in the database's own dialect."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


class Cases:
    """The cases; one that is locked is read once a transaction, for nobody else can change it meanwhile."""

    def __init__(self, connection: sa.Connection) -> None:
        self._rows = Rows(connection, tables.cases, Case)
        self._connection = connection
        self._held: dict[CaseId, Case] = {}

    def next_number(self) -> int:
        """Draw the next short number; the row lock of the counter makes them unique and in order."""
        counter = tables.counters
        statement = upsert(self._connection, counter).values(name="case", value=FIRST_NUMBER)
        bump = statement.on_conflict_do_update(
            index_elements=[counter.c.name], set_={"value": counter.c.value + 1}
        )
        return int(self._connection.execute(bump.returning(counter.c.value)).scalar_one())

    def add(self, case: Case) -> None:
        self._rows.insert([case])

    def get(self, case_id: CaseId) -> Case:
        if case_id in self._held:
            return self._held[case_id]
        return self._required(self._rows.select().where(tables.cases.c.id == case_id))

    def lock(self, case_id: CaseId) -> Case:
        if case_id in self._held:
            return self._held[case_id]
        query = self._rows.select().where(tables.cases.c.id == case_id).with_for_update()
        case = self._held[case_id] = self._required(query)
        return case

    def lock_free(self, case_ids: Iterable[CaseId]) -> list[Case]:
        """Lock those of the cases that nobody holds now, in one order, without waiting."""
        query = self._rows.select().where(tables.cases.c.id.in_(list(case_ids))).order_by(tables.cases.c.id)
        return self._hold(self._rows.many(query.with_for_update(skip_locked=True)))

    def lock_due(self, now: datetime, limit: int) -> list[Case]:
        """Lock the cases of the first deadlines that are due and whose case nobody holds, without waiting."""
        due = tables.deadlines.c
        query = (
            self._rows.select()
            .join_from(tables.deadlines, tables.cases, due.case_id == tables.cases.c.id)
            .where(_is_due(now))
            .order_by(due.due_at)
            .limit(limit)
        )
        found = self._rows.many(query.with_for_update(of=tables.cases, skip_locked=True))
        return self._hold(found)

    def _hold(self, locked: Iterable[Case]) -> list[Case]:
        own = {case.id: case for case in locked}  # a case may be due more than once
        self._held |= own
        return list(own.values())

    def find_by_code(self, public_code: str) -> Case | None:
        return self._rows.first(self._rows.select().where(tables.cases.c.public_code == public_code))

    def find_by_event(self, source: str, event_id: str) -> Case | None:
        events, judgements = tables.events.c, tables.judgements.c
        which = (
            sa.select(judgements.case_id)
            .join(tables.events, events.seq == judgements.event_seq)
            .where(events.source == source, events.event_id == event_id)
        )
        return self._rows.first(self._rows.select().where(tables.cases.c.id.in_(which)))

    def joinable(self, category: str, since: datetime, *, subject: str | None, box: Box | None) -> list[Case]:
        """List the open cases of a category that a signal of this subject or from this box may join."""
        cases = tables.cases.c
        about = [cases.subject == subject] if subject is not None else []
        if box is not None:
            about.append(
                sa.and_(cases.lat.between(box.south, box.north), cases.lon.between(box.west, box.east))
            )
        if not about:
            return []
        query = self._rows.select().where(
            cases.status.in_(sorted(JOINABLE)),
            cases.category == category,
            cases.changed_at >= since,
            sa.or_(*about),
        )
        return self._rows.many(query.order_by(cases.id).limit(2000))

    def waiting(self, limit: int) -> list[Case]:
        """List filed cases with a place that wait for a decision of the house and not of a person's.

        Highest priority, then longest waiting, first.
        """
        cases = tables.cases.c
        query = self._rows.select().where(
            cases.status == CaseStatus.FILED,
            cases.mode != DispatchMode.MANUAL,
            cases.lat.is_not(None),
            cases.paused.is_(False),
        )
        return self._rows.many(query.order_by(cases.priority, cases.filed_at, cases.id).limit(limit))

    def save(self, case: Case) -> Case:
        """Write a changed case over the version it was read as; answer it with its new version."""
        saved = replace(case, version=case.version + 1)
        if self._rows.update(saved, tables.cases.c.version == case.version) == 0:
            raise errors.StaleVersion
        if saved.id in self._held:
            self._held[saved.id] = saved
        return saved

    def _required(self, query: sa.Select[tuple[object, ...]]) -> Case:
        case = self._rows.first(query)
        if case is None:
            raise errors.CaseNotFound
        return case


class Reports:
    """What people told us."""

    def __init__(self, connection: sa.Connection) -> None:
        self._rows = Rows(connection, tables.reports, Report)
        self._connection = connection

    def add(self, report: Report) -> None:
        self._rows.insert([report])

    def get(self, report_id: ReportId) -> Report:
        report = self._rows.first(self._rows.select().where(tables.reports.c.id == report_id))
        if report is None:
            raise errors.NotFound
        return report

    def of_case(self, case_id: CaseId) -> list[Report]:
        query = self._rows.select().where(tables.reports.c.case_id == case_id)
        return self._rows.many(query.order_by(tables.reports.c.id))

    def move(self, from_case: CaseId, to_case: CaseId) -> int:
        """Hang the reports of a merged case onto the case it became part of."""
        reports = tables.reports
        statement = sa.update(reports).where(reports.c.case_id == from_case).values(case_id=to_case)
        return self._connection.execute(statement).rowcount

    def latest_of(self, channel: str, address: str) -> Report | None:
        reports = tables.reports.c
        query = self._rows.select().where(reports.channel == channel, reports.address == address)
        return self._rows.first(query.order_by(reports.id.desc()))

    def recent_of(self, channel: str, address: str, limit: int) -> list[Report]:
        """List somebody's reports, the newest first."""
        reports = tables.reports.c
        query = self._rows.select().where(reports.channel == channel, reports.address == address)
        return self._rows.many(query.order_by(reports.id.desc()).limit(limit))

    def save(self, report: Report) -> None:
        self._rows.update(report)


class Timeline:
    """What happened; only ever added to."""

    def __init__(self, connection: sa.Connection) -> None:
        self._rows = Rows(connection, tables.timeline, Entry)
        self.flush = self._rows.flush

    def add(self, entry: Entry) -> None:
        self._rows.later(entry)

    def of_case(self, case_id: CaseId) -> list[Entry]:
        query = self._rows.select().where(tables.timeline.c.case_id == case_id)
        return self._rows.many(query.order_by(tables.timeline.c.seq))


class Clocks:
    """The clocks of cases."""

    def __init__(self, connection: sa.Connection) -> None:
        self._rows = Rows(connection, tables.clocks, Clock)

    def get(self, clock_id: str) -> Clock:
        clock = self._rows.first(self._rows.select().where(tables.clocks.c.id == clock_id))
        if clock is None:
            raise errors.NotFound
        return clock

    def named(self, clock_ids: Iterable[str]) -> dict[str, Clock]:
        """Answer several clocks by their ids; an id without a clock is left out."""
        query = self._rows.select().where(tables.clocks.c.id.in_(list(clock_ids)))
        return {clock.id: clock for clock in self._rows.many(query)}

    def running(self, case_id: CaseId) -> list[Clock]:
        clocks = tables.clocks.c
        query = self._rows.select().where(clocks.case_id == case_id, clocks.stopped_at.is_(None))
        return self._rows.many(query.order_by(clocks.id))

    def put(self, clocks: Iterable[Clock]) -> None:
        """Write clocks, new or changed."""
        for clock in clocks:
            if self._rows.update(clock) == 0:
                self._rows.insert([clock])


def _is_due(now: datetime) -> sa.ColumnElement[bool]:
    """Say "pending and due" with the state spelt out, which is what makes the partial index usable."""
    own = tables.deadlines.c
    pending = sa.bindparam(None, DeadlineState.PENDING, type_=own.state.type, literal_execute=True)
    return sa.and_(own.state == pending, own.due_at <= now)


class Deadlines:
    """What is due, claimed by compare-and-swap."""

    def __init__(self, connection: sa.Connection) -> None:
        self._rows = Rows(connection, tables.deadlines, Deadline)
        self._connection = connection

    def arm(self, deadlines: Iterable[Deadline]) -> None:
        """Write deadlines; one that was cancelled is set again, one that fired stays as it is."""
        rows = [self._rows.values(deadline) for deadline in deadlines]
        if not rows:
            return
        statement = upsert(self._connection, tables.deadlines)
        again = statement.on_conflict_do_update(
            index_elements=["kind", "ref", "step"],
            set_={"due_at": statement.excluded.due_at, "state": DeadlineState.PENDING, "settled_at": None},
            where=tables.deadlines.c.state == DeadlineState.CANCELLED,
        )
        self._connection.execute(again, rows)

    def silence(self, refs: Iterable[str], now: datetime) -> None:
        """Cancel what is pending for these clocks, assignments or reports."""
        self._cancel(tables.deadlines.c.ref.in_(list(refs)), now)

    def silence_case(self, case_id: CaseId, kinds: Iterable[DeadlineKind], now: datetime) -> None:
        """Cancel what is pending for a case, of some kinds."""
        own = tables.deadlines.c
        self._cancel(sa.and_(own.case_id == case_id, own.kind.in_(list(kinds))), now)

    def _cancel(self, which: sa.ColumnElement[bool], now: datetime) -> None:
        pending = tables.deadlines.c.state == DeadlineState.PENDING
        statement = sa.update(tables.deadlines).where(which, pending)
        self._connection.execute(statement.values(state=DeadlineState.CANCELLED, settled_at=now))

    def any_due(self, now: datetime) -> bool:
        """Tell whether anything is due, without locking anything."""
        query = sa.select(tables.deadlines.c.id).where(_is_due(now)).limit(1)
        return self._connection.execute(query).first() is not None

    def claim(self, case_ids: Iterable[CaseId], now: datetime) -> list[Deadline]:
        """Take all that is due of cases that the caller has locked; nobody else gets the same rows."""
        own = tables.deadlines.c
        statement = (
            sa.update(tables.deadlines)
            .where(own.case_id.in_(list(case_ids)), _is_due(now))
            .values(state=DeadlineState.FIRED, settled_at=now)
            .returning(*(own[name] for name in self._rows.names))
        )
        claimed = [Deadline(**row._mapping) for row in self._connection.execute(statement)]  # noqa: SLF001  (SQLAlchemy's public name)
        return sorted(claimed, key=lambda deadline: (deadline.due_at, deadline.step))

    def coalesce(self, deadlines: Iterable[Deadline]) -> None:
        """Mark claimed deadlines as taken into a later step of the same clock."""
        ids = [deadline.id for deadline in deadlines]
        if ids:
            statement = sa.update(tables.deadlines).where(tables.deadlines.c.id.in_(ids))
            self._connection.execute(statement.values(state=DeadlineState.COALESCED))

    def postpone(self, case_id: CaseId, until: datetime) -> None:
        """Move a case's due deadlines to a later try, so that one bad case does not hold up the others.

        What comes due meanwhile goes with them: no step may be taken before an earlier one.
        """
        own = tables.deadlines.c
        statement = sa.update(tables.deadlines).where(own.case_id == case_id, _is_due(until))
        self._connection.execute(statement.values(due_at=until))
