"""The end of a case: resolved, verified, asked about, closed, or taken up again."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from casework.clock import Clock
from casework.domain import errors, life_cycle
from casework.domain.assignments import Assignment, AssignmentState
from casework.domain.cases import ENDED, WITH_CREW, Case, CaseStatus, Disposition
from casework.domain.deadlines import Deadline, DeadlineKind
from casework.domain.reports import Report
from casework.domain.timeline import EntryKind, Scribe
from casework.ids import CaseId
from casework.services import calling_back, chronicling, dispatching, telling
from casework.services.house import House
from casework.services.ports import UnitOfWork, UnitsOfWork


def resolve(
    uow: UnitOfWork,
    house: House,
    case: Case,
    assignment: Assignment,
    scribe: Scribe,
    disposition: Disposition,
    *,
    note: str = "",
    photos: Iterable[str] = (),
) -> Case:
    """Record that the crew is done, free it, ask every reporter whether it is fixed."""
    dispatching.end_assignment(uow, assignment, AssignmentState.DONE, scribe.at, str(disposition))
    resolved = uow.cases.save(life_cycle.resolve(case, assignment, disposition, scribe.at))
    for photo in photos:
        chronicling.record(
            uow, resolved, scribe.entry(EntryKind.PHOTO_ADDED, assignment_id=assignment.id, photo=photo)
        )
    entry = scribe.entry(
        EntryKind.CREW_DONE, assignment_id=assignment.id, note=note, disposition=disposition.value
    )
    chronicling.record(uow, resolved, entry)
    told = telling.tell_reporters(uow, house, resolved, calling_back.RESULT, scribe=scribe)
    if resolved.needs_verification:
        return resolved
    return _after_verification(uow, house, resolved, scribe, told)


def _after_verification(uow: UnitOfWork, house: House, case: Case, scribe: Scribe, told: int) -> Case:
    """Verify; close at once where nobody is to be asked, else when they are silent for long enough."""
    system = replace(scribe, actor="system" if not case.needs_verification else scribe.actor)
    verified = uow.cases.save(life_cycle.verify(case, scribe.at))
    entry = system.entry(EntryKind.CASE_VERIFIED, required=case.needs_verification)
    chronicling.record(uow, verified, entry)
    if told == 0:
        return close_in(uow, verified, verified.disposition or Disposition.RESOLVED, system)
    due = scribe.at + house.close_after
    uow.deadlines.arm([Deadline.of_closing(entry.id, case.id, due_at=due)])
    return verified


def close_in(uow: UnitOfWork, case: Case, disposition: Disposition, scribe: Scribe, note: str = "") -> Case:
    """Close a case inside a transaction of the caller."""
    if case.assignment_id is not None and case.status not in {CaseStatus.RESOLVED, CaseStatus.VERIFIED}:
        assignment = uow.assignments.get(case.assignment_id)
        dispatching.end_assignment(uow, assignment, AssignmentState.WITHDRAWN, scribe.at, "case closed")
    closed = uow.cases.save(life_cycle.close(case, disposition, scribe.at))
    uow.deadlines.silence_case(case.id, [DeadlineKind.CLOSING, DeadlineKind.OFFER], scribe.at)
    dispatching.leave_queue(uow, case.id, scribe.at)
    entry = scribe.entry(EntryKind.CASE_CLOSED, disposition=disposition.value, note=note)
    chronicling.record(uow, closed, entry)
    return closed


def verify(case_id: CaseId, *, actor: str, uows: UnitsOfWork, house: House, clock: Clock) -> Case:
    """Confirm a crew's result as a second person."""
    with uows() as uow:
        case = uow.cases.lock(case_id)
        reports = uow.reports.of_case(case_id)
        told = sum(report.can_be_told for report in reports)
        if any(report.confirmed for report in reports):
            told = 0  # somebody has said yes already: there is no answer left to wait for
        verified = _after_verification(uow, house, case, Scribe(case_id, clock(), actor), told)
        uow.commit()
    return verified


def close(
    case_id: CaseId,
    disposition: Disposition,
    *,
    actor: str,
    note: str,
    uows: UnitsOfWork,
    house: House,
    clock: Clock,
    version: int | None = None,
) -> Case:
    """Close a case by hand with what became of it; reporters of an undone case are told."""
    with uows() as uow:
        case = uow.cases.lock(case_id)
        if version is not None and case.version != version:
            raise errors.StaleVersion
        scribe = Scribe(case_id, clock(), actor)
        undone = case.status not in {CaseStatus.RESOLVED, CaseStatus.VERIFIED}
        closed = close_in(uow, case, disposition, scribe, note)
        if case.status in WITH_CREW and case.assignment_id is not None:
            dispatching.call_off(uow, house, case, uow.assignments.get(case.assignment_id), scribe)
        if undone:
            telling.tell_reporters(uow, house, closed, calling_back.RESULT, scribe=scribe)
        uow.commit()
    return closed


def void(case_id: CaseId, *, actor: str, reason: str, uows: UnitsOfWork, house: House, clock: Clock) -> Case:
    """End a case that should never have been one."""
    with uows() as uow:
        voided = void_in(uow, house, uow.cases.lock(case_id), Scribe(case_id, clock(), actor), reason)
        uow.commit()
    return voided


def void_in(uow: UnitOfWork, house: House, case: Case, scribe: Scribe, reason: str) -> Case:
    """Void a case inside a transaction of the caller, who holds its lock."""
    voided = life_cycle.void(case, scribe.at)
    if case.assignment_id is not None:
        assignment = uow.assignments.get(case.assignment_id)
        dispatching.end_assignment(uow, assignment, AssignmentState.WITHDRAWN, scribe.at, "case voided")
        dispatching.call_off(uow, house, case, assignment, scribe)
    voided = uow.cases.save(voided)
    dispatching.leave_queue(uow, case.id, scribe.at)
    chronicling.record(uow, voided, scribe.entry(EntryKind.CASE_VOIDED, reason=reason))
    return voided


def merge(
    case_id: CaseId, into_id: CaseId, *, actor: str, uows: UnitsOfWork, house: House, clock: Clock
) -> Case:
    """Make a case part of another one; its reporters hear of that one from now on."""
    if case_id == into_id:
        raise errors.Conflict("a case cannot be merged into itself")
    now = clock()
    with uows() as uow:
        first, second = sorted((case_id, into_id))
        locked = {first: uow.cases.lock(first), second: uow.cases.lock(second)}
        case, into = locked[case_id], locked[into_id]
        if into.status in ENDED:
            raise errors.Conflict("a case that has ended takes in no other: its reporters would never hear")
        merged = life_cycle.merge(case, into_id, now)
        if case.assignment_id is not None and case.status not in {CaseStatus.RESOLVED, CaseStatus.VERIFIED}:
            assignment = uow.assignments.get(case.assignment_id)
            dispatching.end_assignment(uow, assignment, AssignmentState.WITHDRAWN, now, "duplicate")
            dispatching.call_off(uow, house, case, assignment, Scribe(case_id, now, actor))
        merged = uow.cases.save(merged)
        uow.deadlines.silence_case(case_id, [DeadlineKind.CLOSING, DeadlineKind.CALLBACK], now)
        moved = uow.reports.move(case_id, into_id)
        joined = replace(
            into, reporters=into.reporters + moved, signals=into.signals + case.signals, changed_at=now
        )
        joined = uow.cases.save(joined)
        dispatching.leave_queue(uow, case_id, now)
        gone = Scribe(case_id, now, actor).entry(EntryKind.CASE_MERGED, into=into.number)
        came = Scribe(into_id, now, actor).entry(EntryKind.SIGNAL_ADDED, reason="merged", case=case.number)
        chronicling.record(uow, merged, gone)
        chronicling.record(uow, joined, came)
        uow.commit()
    return joined


def reopen_in(uow: UnitOfWork, house: House, case: Case, scribe: Scribe, reason: str) -> Case:
    """Take a done case up again inside a transaction of the caller: the same case, clocks anew."""
    reopened = uow.cases.save(life_cycle.reopen(case, scribe.at))
    uow.deadlines.silence_case(case.id, [DeadlineKind.CLOSING, DeadlineKind.CALLBACK], scribe.at)
    _forget_callbacks(uow, case.id, scribe)
    chronicling.record(uow, reopened, scribe.entry(EntryKind.CASE_REOPENED, reason=reason))
    telling.tell_reporters(uow, house, reopened, "resident_reopened", scribe=scribe)
    return reopened


def _forget_callbacks(uow: UnitOfWork, case_id: CaseId, scribe: Scribe) -> None:
    """Let every reporter be called back anew: having heard of the first result is not hearing of the next."""
    uow.messages.cancel_purposes(case_id, [calling_back.RESULT], scribe.at)
    for report in uow.reports.of_case(case_id):
        if report.reached_at is not None or report.confirmed:
            complaint = False if report.confirmed is False else None
            uow.reports.save(replace(report, reached_at=None, confirmed=complaint))


def reopen(
    case_id: CaseId, *, actor: str, reason: str, uows: UnitsOfWork, house: House, clock: Clock
) -> Case:
    """Take a done case up again by hand."""
    with uows() as uow:
        case = uow.cases.lock(case_id)
        reopened = reopen_in(uow, house, case, Scribe(case_id, clock(), actor), reason)
        uow.commit()
    return reopened


def answer_fixed(
    case_id: CaseId, *, fixed: bool, report: Report | None, uows: UnitsOfWork, house: House, clock: Clock
) -> Case:
    """Take a reporter's answer to "is it fixed?": yes closes the case, no takes the same case up again."""
    with uows() as uow:
        answered = answer_fixed_in(uow, house, uow.cases.lock(case_id), report, fixed=fixed, now=clock())
        uow.commit()
    return answered


def answer_fixed_in(
    uow: UnitOfWork, house: House, case: Case, report: Report | None, *, fixed: bool, now: datetime
) -> Case:
    """Take the answer inside a transaction of the caller, who holds the case's lock."""
    scribe = Scribe(case.id, now, "reporter", f"report:{report.id}" if report else None)
    if report is not None:
        known = uow.reports.get(report.id)  # the caller's was read before the lock
        answered = replace(
            known,
            confirmed=fixed,
            reached_at=known.reached_at or now,
            answered_at=known.answered_at or now,
        )
        uow.reports.save(answered)
    return _take_answer(uow, house, case, scribe, report, fixed=fixed)


def _take_answer(
    uow: UnitOfWork, house: House, case: Case, scribe: Scribe, report: Report | None, *, fixed: bool
) -> Case:
    if case.status not in {CaseStatus.RESOLVED, CaseStatus.VERIFIED, CaseStatus.CLOSED}:
        raise errors.Conflict("this case is still being worked on")
    report_id = report.id if report else None
    kind = EntryKind.REPORTER_CONFIRMED if fixed else EntryKind.REPORTER_COMPLAINED
    chronicling.record(uow, case, scribe.entry(kind, report_id=report_id))
    chronicling.record(uow, case, scribe.entry(EntryKind.REPORTER_REACHED, report_id=report_id))
    if not fixed:
        return reopen_in(uow, house, case, scribe, "reporter says it is not fixed")
    if case.status is CaseStatus.VERIFIED:
        return close_in(uow, case, case.disposition or Disposition.RESOLVED, scribe)
    return case
