"""What happens when a clock's deadline comes: the breach stands in the timeline and the chain is told."""

from collections.abc import Sequence

from casework.domain import escalation
from casework.domain.cases import Case
from casework.domain.clocks import Clock
from casework.domain.deadlines import Deadline
from casework.domain.escalation import EscalationStep, Trigger
from casework.domain.people import Role
from casework.domain.timeline import EntryKind, Scribe
from casework.services import chronicling, telling
from casework.services.house import House
from casework.services.ports import UnitOfWork

LADDER = (Role.DISPATCHER, Role.SHIFT_LEAD, Role.DUTY_OFFICER)


def fire(
    uow: UnitOfWork, house: House, case: Case, clock: Clock, due: Sequence[Deadline], scribe: Scribe
) -> None:
    """Take the highest step that a clock has reached; the caller coalesces the others into it.

    A clock that stopped meanwhile tells nobody: what is acknowledged is not escalated.
    """
    if clock.stopped_at is not None or clock.paused:
        return
    steps = escalation.steps_for(case.escalation, clock.kind, clock.target_s, case.warn_at)
    numbers = {min(deadline.step, len(steps) - 1) for deadline in due}
    reached = {trigger for number, trigger in escalation.firsts(steps).items() if number in numbers}
    if reached:  # a later step tells more people of a breach that stands in the timeline already
        _note_light(uow, case, clock, scribe, over=Trigger.OVER in reached)
    _tell(uow, house, case, clock, steps[escalation.highest(numbers)], scribe)


def _note_light(uow: UnitOfWork, case: Case, clock: Clock, scribe: Scribe, *, over: bool) -> None:
    passed = clock.elapsed(scribe.at).total_seconds()
    kind = EntryKind.CLOCK_OVER if over else EntryKind.CLOCK_NEAR
    chronicling.record(
        uow,
        case,
        scribe.entry(
            kind,
            assignment_id=clock.assignment_id,
            report_id=clock.report_id,
            clock=clock.kind.value,
            clock_id=clock.id,
            target_s=clock.target_s,
            elapsed_s=round(passed, 3),
        ),
    )


def _tell(
    uow: UnitOfWork, house: House, case: Case, clock: Clock, step: EscalationStep, scribe: Scribe
) -> None:
    purpose = "escalation_over" if clock.breached(scribe.at) else "escalation_near"
    told = telling.tell_role(uow, house, case, step.notify, purpose, scribe=scribe, clock=clock)
    if not told:
        uow.alarms.raise_(
            "nobody_to_tell", step.notify, scribe.at, {"case": case.number, "role": step.notify}
        )
        chronicling.record(uow, case, scribe.entry(EntryKind.NOBODY_TO_TELL, role=step.notify))
        return
    entry = scribe.entry(
        EntryKind.ESCALATED, clock=clock.kind.value, trigger=step.trigger.value, role=step.notify, told=told
    )
    chronicling.record(uow, case, entry)


def by_hand(uow: UnitOfWork, house: House, case: Case, scribe: Scribe, reason: str) -> list[str]:
    """Tell the next role of the ladder that has not been told by hand yet; answer who was told."""
    already = {
        entry.data.get("role")
        for entry in uow.timeline.of_case(case.id)
        if entry.kind is EntryKind.ESCALATED and entry.data.get("trigger") == "by_hand"
    }
    role = next((role for role in LADDER[1:] if role.value not in already), LADDER[-1])
    told = telling.tell_role(uow, house, case, role, "escalation_over", scribe=scribe)
    entry = scribe.entry(EntryKind.ESCALATED, trigger="by_hand", role=role.value, told=told, reason=reason)
    chronicling.record(uow, case, entry)
    return told
