"""After the crew is done: callbacks, silence, complaints, verification."""

from datetime import timedelta

import cast
import pytest

from casework.domain import errors
from casework.domain.cases import Disposition
from casework.domain.crews import CrewStatus
from casework.services import closing, field_work, handling
from notifications import errors as channel_errors


def _done(town, category="leak", **report):
    case = town.report(category, **report)
    town.turn()
    town.finish()
    town.turn()
    return case


def _reports(town, case):
    with town.uows() as uow:
        return uow.reports.of_case(case.id)


def _answer(town, case, *, fixed):
    return closing.answer_fixed(case.id, fixed=fixed, report=_reports(town, case)[0], **town.tools)


def test_silence_closes_the_case_after_its_time_and_not_a_second_before(town):
    case = _done(town)

    town.turn(seconds=town.house.close_after.total_seconds() - 1)
    assert town.case(case.id).status == "verified"

    town.turn(seconds=1)
    assert town.case(case.id).status == "closed"


def test_a_no_takes_the_same_case_up_again_with_clocks_anew(town):
    case = _done(town)
    town.clock.advance(minutes=5)

    reopened = _answer(town, case, fixed=False)

    assert (reopened.id, reopened.status, reopened.refused_by) == (case.id, "filed", frozenset())
    resolution = town.clocks(case.id, "resolution")
    assert [row.outcome for row in resolution] == ["reached", None]
    assert resolution[1].started_at == town.clock()


def test_silence_does_not_close_a_case_that_was_taken_up_again(town):
    case = _done(town)
    _answer(town, case, fixed=False)

    town.turn(hours=25)

    assert town.case(case.id).status not in {"verified", "closed"}


def test_the_callback_after_a_second_repair_stops_its_own_clock(town):
    case = _done(town)
    _answer(town, case, fixed=False)
    town.turn()
    town.finish()

    town.turn()

    assert [row.outcome for row in town.clocks(case.id, "callback")] == ["reached", "reached"]


def test_a_second_repair_has_three_tries_of_its_own(silent_town):
    town = silent_town
    case = _done(town)
    town.turn(seconds=41)
    _answer(town, case, fixed=False)
    town.turn()
    town.finish()
    town.turn()
    before = town.sms.texts_to(cast.RESIDENT)

    for _ in range(4):
        town.turn(seconds=41)

    assert len(town.sms.texts_to(cast.RESIDENT)) - len(before) == 2
    assert town.kinds(case.id).count("callback_failed") == 1


def test_three_tries_without_an_answer_end_the_callback_with_an_alarm(silent_town):
    town = silent_town
    case = _done(town)
    for _ in range(4):
        town.turn(seconds=41)

    assert [row.outcome for row in town.clocks(case.id, "callback")] == ["reached"]
    assert [row.purpose for row in town.rows("messages", address=cast.RESIDENT)].count(
        "resident_resolved"
    ) == 3
    assert ("reporter_not_reached", _reports(town, case)[0].id) in town.open_alarms()


def test_a_result_that_can_never_be_sent_is_tried_three_times_too(town):
    case = town.report()
    town.turn()
    town.tap(cast.NEAR_CREW, "on_scene")
    town.turn()
    town.tap(cast.NEAR_CREW, "done")
    town.sms.fail_next(*[channel_errors.Refused("21610", "unsubscribed")] * 3)
    town.turn()

    for _ in range(4):
        town.turn(seconds=41)

    assert ("reporter_not_reached", _reports(town, case)[0].id) in town.open_alarms()


def test_nobody_hears_that_it_is_done_while_it_is_worked_on_again(silent_town):
    town = silent_town
    case = town.report()
    town.report(by=cast.NEIGHBOUR)
    town.turn()
    town.finish()
    closing.answer_fixed(case.id, fixed=False, report=_reports(town, case)[0], **town.tools)

    town.turn()
    town.turn(seconds=41)

    assert not [body for body in town.sms.texts_to(cast.NEIGHBOUR) if "handled" in body]


def test_a_case_that_wants_verification_waits_for_a_second_person(town):
    case = _done(town, "flood")

    town.turn(hours=30)
    assert town.case(case.id).status == "resolved"

    closing.verify(case.id, actor="user:wang", **town.tools)
    assert town.case(case.id).status == "verified"


def test_a_yes_before_the_verification_closes_the_case_with_it(town):
    case = _done(town, "flood")
    _answer(town, case, fixed=True)

    closing.verify(case.id, actor="user:wang", **town.tools)

    assert town.case(case.id).status == "closed"


def test_a_case_that_nobody_reported_closes_when_it_is_done(town):
    case = _done(town, by=None)

    assert town.case(case.id).status == "closed"


def test_an_answer_while_the_crew_is_still_at_work_is_refused(town):
    case = town.report()

    with pytest.raises(errors.Conflict):
        _answer(town, case, fixed=True)


def test_merging_moves_the_reporters_and_ends_the_clocks_of_the_duplicate(town):
    first = town.report()
    second = town.report(at=(cast.SQUARE[0] + 0.05, cast.SQUARE[1]), by=cast.NEIGHBOUR)
    town.turn()

    into = closing.merge(
        second.id, first.id, actor="user:wang", uows=town.uows, house=town.house, clock=town.clock
    )

    assert into.reporters == 2
    assert {report.address for report in _reports(town, first)} == {cast.RESIDENT, cast.NEIGHBOUR}
    merged = town.case(second.id)
    assert (merged.status, merged.disposition, merged.duplicate_of) == ("closed", "duplicate", first.id)
    assert all(row.stopped_at is not None for row in town.clocks(second.id))
    assert town.crew(town.far).status == "available"


@pytest.mark.parametrize("end", ["close", "void"])
def test_a_case_cannot_be_merged_into_one_that_has_ended(town, end):
    first = town.report()
    second = town.report(at=(cast.SQUARE[0] + 0.05, cast.SQUARE[1]))
    _end(town, first, end)

    with pytest.raises(errors.Conflict):
        closing.merge(
            second.id, first.id, actor="user:wang", uows=town.uows, house=town.house, clock=town.clock
        )


@pytest.mark.parametrize("end", ["close", "void"])
def test_the_alarm_that_nobody_is_able_ends_with_its_case(town, end):
    case = town.report("leak")
    for crew in (town.near, town.far):
        _out_of_service(town, crew)
    town.turn()
    assert ("nobody_able", case.id) in town.open_alarms()

    _end(town, case, end)

    assert ("nobody_able", case.id) not in town.open_alarms()


@pytest.mark.parametrize("end", ["close", "void"])
def test_ending_a_case_frees_its_crew_and_silences_its_offer(town, end):
    case = town.report()
    town.turn()

    _end(town, case, end)
    town.turn(hours=1)

    assert town.crew(town.near).status == "available"
    assert town.told(case.id) == []


def test_a_case_closed_by_hand_tells_the_crew_that_is_on_its_way(town):
    case = town.report()
    town.turn()
    town.tap(cast.NEAR_CREW, "en_route")

    _end(town, case, "close")
    town.turn()

    assert "withdrawn" in town.sms.texts_to(cast.NEAR_CREW)[-1]


def test_a_case_taken_up_again_is_not_paused_any_more(town):
    case = town.report()
    town.turn()
    town.tap(cast.NEAR_CREW, "accept")
    handling.pause(case.id, actor="user:wang", reason="rain", uows=town.uows, clock=town.clock)
    town.tap(cast.NEAR_CREW, "done")

    closing.reopen(case.id, actor="user:wang", reason="not done", **town.tools)
    town.turn()

    assert town.case(case.id).status == "dispatched"


def test_a_case_without_a_place_has_nothing_to_pause(town):
    case = town.report(at=None)

    with pytest.raises(errors.InvalidTransition):
        handling.pause(case.id, actor="user:wang", reason="rain", uows=town.uows, clock=town.clock)


def test_a_pause_of_ten_minutes_adds_exactly_ten_minutes(town):
    case = town.report()
    town.turn()
    started = town.clocks(case.id, "resolution")[0].started_at
    town.clock.advance(minutes=1)
    handling.pause(case.id, actor="user:wang", reason="rain", uows=town.uows, clock=town.clock)
    town.clock.advance(minutes=10)

    handling.resume(case.id, actor="user:wang", uows=town.uows, clock=town.clock)

    clock = town.clocks(case.id, "resolution")[0]
    due = {row.step: row.due_at for row in town.rows("deadlines", ref=clock.id)}
    assert due == {
        0: started + timedelta(minutes=16 + 10),
        1: started + timedelta(minutes=20 + 10, microseconds=1),
    }


def test_a_step_that_was_told_is_not_told_again_after_a_pause(town):
    case = town.report("other")
    town.turn(seconds=50)
    assert town.told(case.id).count(("dispatch", "near", "dispatcher")) == 1
    handling.pause(case.id, actor="user:wang", reason="rain", uows=town.uows, clock=town.clock)
    town.turn(minutes=10)
    handling.resume(case.id, actor="user:wang", uows=town.uows, clock=town.clock)

    town.turn(seconds=9)
    assert [step for step in town.told(case.id) if step[0] == "dispatch"] == [
        ("dispatch", "near", "dispatcher")
    ]

    town.turn(seconds=2)
    assert [step for step in town.told(case.id) if step[0] == "dispatch"][1:] == [
        ("dispatch", "over", "shift_lead")
    ]


def _end(town, case, how):
    if how == "void":
        closing.void(
            case.id, actor="user:wang", reason="a test", uows=town.uows, house=town.house, clock=town.clock
        )
    else:
        closing.close(case.id, Disposition.CANNOT_FIX, actor="user:wang", note="", **town.tools)


def _out_of_service(town, crew):
    field_work.set_status(crew.id, CrewStatus.OUT_OF_SERVICE, uows=town.uows, clock=town.clock)
