"""The chain: near, over, later; frozen into the case; nothing twice and nothing after the end."""

from dataclasses import replace

import cast

from casework.domain.deadlines import Deadline
from casework.domain.escalation import EscalationStep, Trigger
from casework.domain.timeline import Scribe
from casework.services import closing, dispatching, escalating, handling, sweeping

NEAR = ("dispatch", "near", "dispatcher")
OVER = ("dispatch", "over", "shift_lead")
LATER = ("dispatch", "over", "duty_officer")


def _dispatch_steps(town, case):
    return [step for step in town.told(case.id) if step[0] == "dispatch"]


def test_the_chain_is_climbed_step_by_step(town):
    case = town.report("other", by=None)

    town.turn(seconds=47)
    assert _dispatch_steps(town, case) == []
    town.turn(seconds=1)
    assert _dispatch_steps(town, case) == [NEAR]
    town.turn(seconds=12)
    assert _dispatch_steps(town, case) == [NEAR]
    town.turn(microseconds=1)
    assert _dispatch_steps(town, case) == [NEAR, OVER]
    town.turn(seconds=120)
    assert _dispatch_steps(town, case) == [NEAR, OVER, LATER]
    assert [len(town.sms.texts_to(who)) for who in (cast.DISPATCHER, cast.SHIFT_LEAD, cast.DUTY_OFFICER)] == [
        1,
        1,
        1,
    ]


def test_a_breach_stands_in_the_timeline_once_however_many_are_told_of_it(town):
    case = town.report("other", by=None)

    for _ in range(200):
        town.turn(seconds=1)

    noted = [
        (entry.kind, entry.data["clock"])
        for entry in town.entries(case.id)
        if entry.kind in {"clock_near", "clock_over"}
    ]
    assert noted == [("clock_near", "dispatch"), ("clock_over", "dispatch")]
    assert _dispatch_steps(town, case) == [NEAR, OVER, LATER]


def test_a_late_warning_after_the_breach_does_not_say_that_there_is_time_left(town):
    case = town.report("other", by=None)
    chain = (
        EscalationStep("dispatch", Trigger.NEAR, 30.0, "duty_officer"),
        EscalationStep("dispatch", Trigger.OVER, 0.0, "shift_lead"),
    )
    late = replace(case, escalation=chain)
    with town.uows() as uow:
        uow.cases.save(late)
        clock = next(clock for clock in uow.clocks.running(case.id) if clock.kind == "dispatch")
        uow.commit()
    (at_once,) = _fire(town, late, clock, step=1, seconds=78)

    assert (at_once.address, at_once.purpose) == (cast.DUTY_OFFICER, "escalation_over")


def _fire(town, case, clock, *, step, seconds):
    """Let one step of a clock come due, and answer the texts that it puts into the outbox."""
    now = town.clock.advance(seconds=seconds)
    due = Deadline.of_clock(clock.id, case.id, step=step, due_at=now)
    with town.uows() as uow:
        escalating.fire(uow, town.house, case, clock, [due], Scribe(case.id, now, "system"))
        uow.commit()
    return town.rows("messages", clock_id=clock.id)


def test_a_worker_that_was_down_for_an_hour_tells_only_the_highest_step(town):
    case = town.report("other", by=None)

    town.turn(hours=1)

    assert town.told(case.id) == [LATER, ("resolution", "over", "shift_lead")]
    assert town.sms.texts_to(cast.DISPATCHER) == []
    clock = town.clocks(case.id, "dispatch")[0]
    assert [row.state for row in sorted(town.rows("deadlines", ref=clock.id), key=lambda row: row.step)] == [
        "coalesced",
        "coalesced",
        "fired",
    ]


def test_a_change_of_the_policy_leaves_running_cases_alone(town):
    case = town.report("other", by=None)
    catalogue = town.house.catalogue
    changed = replace(
        town.house,
        catalogue=replace(
            catalogue,
            policies={name: replace(policy, steps=()) for name, policy in catalogue.policies.items()},
        ),
    )

    town.clock.advance(seconds=48)
    sweeping.sweep(town.uows, changed, town.clock)

    assert town.told(case.id) == [NEAR]


def test_nothing_is_told_after_the_clock_has_stopped(town):
    case = town.report("lamp", by=None)
    town.turn()
    dispatching.dispatch_recommended(case.id, actor="user:wang", **town.tools)
    town.turn(seconds=5)
    town.tap(cast.NEAR_CREW, "on_scene")

    town.turn(minutes=10)

    assert town.told(case.id) == []


def test_a_warning_that_still_waits_to_be_sent_is_called_off_when_its_clock_stops(town):
    case = town.report("other", by=None)
    town.sweep(seconds=48)
    (queued,) = [row for row in town.rows("messages", case_id=case.id) if row.clock_id]
    assert queued.state == "new"

    closing.void(case.id, actor="user:wang", reason="a drill", **town.tools)
    town.turn()

    assert town.rows("messages", id=queued.id)[0].state == "cancelled"
    assert town.sms.texts_to(cast.DISPATCHER) == []


def test_nothing_that_was_queued_goes_out_after_the_crew_has_acknowledged(town):
    case = town.report("lamp", by=None)
    town.turn()
    dispatching.dispatch_recommended(case.id, actor="user:wang", **town.tools)
    town.worker.relay_now()
    running = {clock.kind: clock.id for clock in town.clocks(case.id) if clock.stopped_at is None}
    with town.uows() as uow:
        clock = uow.clocks.named([running["resolution"]])[running["resolution"]]
    _fire(town, town.case(case.id), clock, step=0, seconds=1)

    town.tap(cast.NEAR_CREW, "accept")
    town.turn()

    assert [row.state for row in town.rows("messages", clock_id=clock.id)] == ["cancelled"]
    assert town.sms.texts_to(cast.DISPATCHER) == town.sms.texts_to(cast.SHIFT_LEAD) == []


def test_help_that_a_person_called_for_is_not_called_off_by_an_acknowledgement(town):
    case = town.report("lamp", by=None)
    town.turn()
    dispatching.dispatch_recommended(case.id, actor="user:wang", **town.tools)
    town.worker.relay_now()
    handling.escalate(case.id, actor="user:wang", reason="a school", **town.tools)

    town.tap(cast.NEAR_CREW, "accept")
    town.turn()

    assert len(town.sms.texts_to(cast.SHIFT_LEAD)) == 1


def test_a_role_without_people_is_an_alarm_of_its_own(town):
    with town.uows() as uow:
        for person in uow.people.with_role("shift_lead"):
            uow.people.save(replace(person, active=False))
        uow.commit()
    case = town.report("other", by=None)

    town.turn(seconds=61)

    assert ("nobody_to_tell", "shift_lead") in town.open_alarms()
    assert "nobody_to_tell" in town.kinds(case.id)


def test_every_entry_of_the_chain_names_the_deadline_that_caused_it(town):
    case = town.report("other", by=None)
    town.turn(seconds=61)

    causes = [entry.cause for entry in town.entries(case.id) if entry.kind == "escalated"]

    fired = {f"deadline:{row.id}" for row in town.rows("deadlines", state="fired")}
    assert causes
    assert set(causes) <= fired


def test_a_breach_that_the_chain_forgets_still_reaches_the_dispatcher(town):
    case = town.report("other", by=None)
    with town.uows() as uow:
        uow.cases.save(
            replace(case, escalation=(EscalationStep("arrival", Trigger.NEAR, 0.0, "dispatcher"),))
        )
        uow.commit()

    town.turn(seconds=61)

    assert [step[2] for step in _dispatch_steps(town, case)] == ["dispatcher"]


def test_all_the_shipped_targets_are_kept_by_a_quick_house(town):
    case = town.report()
    town.turn()
    town.finish()
    town.turn()

    assert town.told(case.id) == []
