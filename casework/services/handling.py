"""The smaller moves of a dispatcher: give a place, pause, resume, note, escalate, end an alarm."""

from dataclasses import replace

import structlog

from casework.clock import Clock
from casework.domain import errors
from casework.domain.cases import WITH_CREW, Case, CaseStatus
from casework.domain.timeline import EntryKind, Scribe
from casework.ids import CaseId
from casework.services import chronicling, escalating, filing
from casework.services.house import House
from casework.services.ports import UnitsOfWork

log = structlog.get_logger(__name__)

_AT_WORK = WITH_CREW | {CaseStatus.FILED}
"""Only in these does a clock run that can be paused."""


def file(
    case_id: CaseId,
    *,
    lat: float,
    lon: float,
    address: str | None,
    actor: str,
    uows: UnitsOfWork,
    house: House,
    clock: Clock,
) -> Case:
    """Give a collected case its place and accept it as work."""
    with uows() as uow:
        case = uow.cases.lock(case_id)
        if case.status is not CaseStatus.COLLECTED:
            raise errors.InvalidTransition(case.status, "filed")
        filed = filing.file_at(uow, house, case, (lat, lon), Scribe(case_id, clock(), actor), address)
        uow.commit()
    return filed


def pause(case_id: CaseId, *, actor: str, reason: str, uows: UnitsOfWork, clock: Clock) -> Case:
    """Let the case's pausable clocks stand still, with a reason."""
    with uows() as uow:
        case = uow.cases.lock(case_id)
        if case.paused or case.status not in _AT_WORK:
            raise errors.InvalidTransition("paused" if case.paused else case.status, "paused")
        now = clock()
        paused = uow.cases.save(replace(case, paused=True, changed_at=now))
        chronicling.record(
            uow, paused, Scribe(case_id, now, actor).entry(EntryKind.CASE_PAUSED, reason=reason)
        )
        uow.commit()
    return paused


def resume(case_id: CaseId, *, actor: str, uows: UnitsOfWork, clock: Clock) -> Case:
    """Let a paused case's clocks run again; the pause is subtracted and stays listed."""
    with uows() as uow:
        case = uow.cases.lock(case_id)
        if not case.paused:
            raise errors.InvalidTransition("not paused", "resumed")
        now = clock()
        resumed = uow.cases.save(replace(case, paused=False, changed_at=now))
        chronicling.record(uow, resumed, Scribe(case_id, now, actor).entry(EntryKind.CASE_RESUMED))
        uow.commit()
    return resumed


def note(case_id: CaseId, text: str, *, actor: str, uows: UnitsOfWork, clock: Clock) -> None:
    """Add a remark to the timeline."""
    with uows() as uow:
        case = uow.cases.lock(case_id)
        entry = Scribe(case_id, clock(), actor).entry(EntryKind.NOTE_ADDED, text=text)
        chronicling.record(uow, case, entry)
        uow.commit()


def escalate(
    case_id: CaseId, *, actor: str, reason: str, uows: UnitsOfWork, house: House, clock: Clock
) -> list[str]:
    """Tell the next role above at once, by hand; answer who was told."""
    with uows() as uow:
        case = uow.cases.lock(case_id)
        told = escalating.by_hand(uow, house, case, Scribe(case_id, clock(), actor), reason)
        uow.commit()
    return told


def end_alarm(kind: str, key: str, *, actor: str, uows: UnitsOfWork, clock: Clock) -> None:
    """End an open alarm by hand: a person has seen it; the next one of its kind rises again.

    Raises `errors.NotFound` where it is over already.
    """
    with uows() as uow:
        if not uow.alarms.end(kind, key, clock()):
            raise errors.NotFound("there is no such open alarm")
        uow.commit()
    log.info("alarm_ended", kind=kind, key=key, actor=actor)
