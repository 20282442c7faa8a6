"""The sweep: claims what is due and does it, in every worker, without a leader."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

import structlog

from casework.clock import Clock as Now
from casework.domain import errors, escalation
from casework.domain.cases import Case, CaseStatus, Disposition
from casework.domain.clocks import Clock
from casework.domain.deadlines import Deadline, DeadlineKind
from casework.domain.timeline import Scribe
from casework.ids import AssignmentId, CaseId, ReportId
from casework.services import calling_back, closing, dispatching, escalating
from casework.services.house import House
from casework.services.ports import UnitOfWork, UnitsOfWork

log = structlog.get_logger(__name__)

BATCH = 500
"""Deadlines after which a sweep looks up: at the clock, and at whether it is to stop."""
A_COMMIT = 100
"""So many rows share their statements and their flush; on SQLite everyone else waits meanwhile (20 ms)."""
_TRY_AGAIN = timedelta(seconds=30)


def sweep(uows: UnitsOfWork, house: House, clock: Now, *, limit: int = BATCH) -> int:
    """Do what is due now, the longest due first; answer how many deadlines were settled.

    A case is locked before its deadlines are claimed: the same order as every action on a case, so that
    the two never wait for each other. What another worker has locked is passed over. A case that fails is
    set back and does not hold up the others.
    """
    with uows(reading=True) as uow:
        if not uow.deadlines.any_due(clock()):
            return 0
    done = 0
    while done < limit:
        settled = _sweep_some(uows, house, clock())
        if settled is None:
            break
        done += settled
    return done


def _sweep_some(uows: UnitsOfWork, house: House, now: datetime) -> int | None:
    """Settle what was due longest; None where nothing is due any more that nobody else has in hand."""
    cases: list[CaseId] = []
    try:
        with uows() as uow:
            locked = uow.cases.lock_due(now, A_COMMIT)
            cases = [case.id for case in locked]
            return _sweep_cases(uow, house, locked, now) if locked else None
    except errors.Unavailable:
        raise  # no case's fault
    except (errors.CaseworkError, LookupError, ValueError, TypeError):
        log.exception("sweep_batch_failed", cases=len(cases))
        return sum(_sweep_one(uows, house, case_id, now) for case_id in cases)


def _sweep_one(uows: UnitsOfWork, house: House, case_id: CaseId, now: datetime) -> int:
    try:
        with uows() as uow:
            return _sweep_cases(uow, house, uow.cases.lock_free([case_id]), now)
    except errors.Unavailable:
        raise
    except (errors.CaseworkError, LookupError, ValueError, TypeError) as error:
        log.exception("sweep_case_failed", case_id=case_id)
        with uows() as uow:
            uow.deadlines.postpone(case_id, now + _TRY_AGAIN)
            uow.alarms.raise_("sweep_failed", case_id, now, {"error": str(error)[:500]})
            uow.commit()
        return 0


def _sweep_cases(uow: UnitOfWork, house: House, cases: Iterable[Case], now: datetime) -> int:
    """Settle all that is due of cases that are locked, and commit; a statement serves them all."""
    locked = {case.id: case for case in cases}
    if not locked:
        return 0
    claimed = uow.deadlines.claim(locked, now)
    by_ref: dict[_Key, list[Deadline]] = {}
    for deadline in claimed:
        by_ref.setdefault((deadline.case_id, deadline.kind, deadline.ref), []).append(deadline)
    # Clocks first, all read at once: whatever the others do to clocks comes after and is seen by none.
    uow.deadlines.coalesce(_missed(by_ref))
    for (case_id, _, _), due, clock in _clocks(uow, by_ref):
        escalating.fire(uow, house, locked[case_id], clock, due, _scribe(case_id, due, now))
    for (case_id, kind, ref), due in by_ref.items():
        if kind is not DeadlineKind.CLOCK:
            locked[case_id] = _settle(uow, house, locked[case_id], kind, ref, due, now)
    uow.commit()
    return len(claimed)


_Key = tuple[CaseId, DeadlineKind, str]


def _clocks(
    uow: UnitOfWork, by_ref: Mapping[_Key, list[Deadline]]
) -> Iterator[tuple[_Key, list[Deadline], Clock]]:
    refs = [ref for _, kind, ref in by_ref if kind is DeadlineKind.CLOCK]
    clocks = uow.clocks.named(refs) if refs else {}
    for key, due in by_ref.items():
        if key[1] is DeadlineKind.CLOCK:
            yield key, due, clocks[key[2]]


def _missed(by_ref: Mapping[_Key, list[Deadline]]) -> list[Deadline]:
    """List the steps of clocks that are due together with a higher one of the same clock."""
    return [
        deadline
        for (_, kind, _), due in by_ref.items()
        if kind is DeadlineKind.CLOCK
        for deadline in due
        if deadline.step != escalation.highest(other.step for other in due)
    ]


def _scribe(case_id: CaseId, due: list[Deadline], now: datetime) -> Scribe:
    return Scribe(case_id, now, "system", f"deadline:{due[-1].id}")


def _settle(
    uow: UnitOfWork,
    house: House,
    case: Case,
    kind: DeadlineKind,
    ref: str,
    due: list[Deadline],
    now: datetime,
) -> Case:
    scribe = _scribe(case.id, due, now)
    match kind:
        case DeadlineKind.OFFER:
            return dispatching.expire_offer(uow, case, uow.assignments.get(AssignmentId(ref)), scribe)
        case DeadlineKind.CALLBACK:
            calling_back.again(uow, house, case, ReportId(ref), scribe)
        case DeadlineKind.CLOSING:
            if case.status is CaseStatus.VERIFIED:
                return closing.close_in(uow, case, case.disposition or Disposition.RESOLVED, scribe)
    return case
