"""Telling a reporter of the result again until the reporter is reached or the tries are used up."""

from casework.domain.cases import Case, CaseStatus
from casework.domain.deadlines import Deadline
from casework.domain.reports import Report
from casework.domain.timeline import EntryKind, Scribe
from casework.ids import ReportId
from casework.services import chronicling, telling
from casework.services.house import House
from casework.services.ports import UnitOfWork

RESULT = "resident_resolved"
_DONE = frozenset({CaseStatus.RESOLVED, CaseStatus.VERIFIED, CaseStatus.CLOSED})


def wait(uow: UnitOfWork, house: House, case: Case, report: Report, scribe: Scribe) -> None:
    """Set the instant at which a reporter who was told, or could not be, is tried again."""
    told, _ = _times_told(uow, case, report.id)
    due = scribe.at + house.callback_retry
    uow.deadlines.arm([Deadline.of_callback(report.id, case.id, attempt=told, due_at=due)])


def again(uow: UnitOfWork, house: House, case: Case, report_id: ReportId, scribe: Scribe) -> None:
    """Try a reporter again who was not reached; after the last try the callback is known to have failed.

    The last try is a call, where the house can call and the reporter has a number.

    A case that was taken up again meanwhile has no result to tell of.
    """
    report = uow.reports.get(report_id)
    if report.reached_at is not None or case.status not in _DONE:
        return
    _, tries = _times_told(uow, case, report_id)
    if tries >= house.callback_tries:
        entry = scribe.entry(EntryKind.CALLBACK_FAILED, report_id=report_id, tries=tries)
        chronicling.record(uow, case, entry)
        uow.alarms.raise_("reporter_not_reached", report_id, scribe.at, {"case": case.number})
        return
    if tries == house.callback_tries - 1 and telling.can_call(house, report):
        telling.call_reporter(uow, house, case, report, RESULT, scribe=scribe)
    else:
        telling.tell_reporter(uow, house, case, report, RESULT, scribe=scribe)


def _times_told(uow: UnitOfWork, case: Case, report_id: ReportId) -> tuple[int, int]:
    """Count how often a reporter was told of a result: ever, and since the case was last taken up.

    The first names the deadline, of which each fires once; the second is what the tries are measured by.
    """
    ever = since = 0
    for entry in uow.timeline.of_case(case.id):
        if entry.kind is EntryKind.CASE_REOPENED:
            since = 0
        elif (
            entry.kind is EntryKind.REPORTER_TOLD
            and entry.report_id == report_id
            and entry.data.get("purpose") == RESULT
        ):
            ever, since = ever + 1, since + 1
    return ever, since
