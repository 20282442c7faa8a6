"""Writing the timeline, and with each entry what it does to the clocks: the one way to do either."""

from casework.domain import clocks, findings
from casework.domain.cases import Case
from casework.domain.timeline import Entry, EntryKind
from casework.services import precision
from casework.services.ports import UnitOfWork


def record(uow: UnitOfWork, case: Case, *entries: Entry) -> None:
    """Add entries to a case's timeline and let each start, pause, resume or stop its clocks."""
    for entry in entries:
        uow.timeline.add(entry)
        if entry.kind in clocks.TOUCHING:
            _turn(uow, case, entry)
        if entry.kind in findings.TOUCHING:
            precision.note_end(uow, case, entry)


def _turn(uow: UnitOfWork, case: Case, entry: Entry) -> None:
    awaiting = []
    if entry.kind is EntryKind.CREW_DONE:
        awaiting = [report.id for report in uow.reports.of_case(case.id) if report.can_be_told]
    turn = clocks.turn(case, uow.clocks.running(case.id), entry, awaiting)
    uow.clocks.put(turn.clocks)
    if turn.silenced:
        uow.deadlines.silence(turn.silenced, entry.at)
    uow.deadlines.arm(turn.new_deadlines)
