"""The chain: near, over, later; frozen into the case; nothing twice and nothing after the end."""

from dataclasses import replace

import cast

from casework.domain.escalation import EscalationStep, Trigger
from casework.services import dispatching, sweeping

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
