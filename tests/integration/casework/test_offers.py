"""Offers: answered, unanswered, refused; by whom the case is asked next."""

import cast
import pytest

from casework.domain import errors
from casework.domain.crews import CrewStatus
from casework.services import dispatching, field_work


def test_an_unanswered_offer_goes_to_the_next_crew_after_its_time_and_not_before(town):
    case = town.report()
    town.turn()
    assert town.case(case.id).assigned_to == town.near.id

    town.turn(seconds=case.offer_timeout_s - 1)
    assert town.case(case.id).assigned_to == town.near.id

    town.turn(seconds=1)
    assert town.case(case.id).assigned_to == town.far.id
    assert town.case(case.id).refused_by == {town.near.id}
    assert town.crew(town.near).status == "available"


def test_an_answer_at_the_last_instant_counts_if_it_comes_before_the_sweep(town):
    case = town.report()
    town.turn()
    town.clock.advance(seconds=case.offer_timeout_s)

    town.tap(cast.NEAR_CREW, "accept")
    town.turn()

    assert (town.case(case.id).status, town.case(case.id).assigned_to) == ("acknowledged", town.near.id)


def test_an_answer_after_the_sweep_is_told_that_the_link_is_over(town):
    case = town.report()
    town.turn()
    token = town.token_of(cast.NEAR_CREW)
    town.turn(seconds=case.offer_timeout_s)

    with pytest.raises(errors.LinkExpired):
        _accept(town, token)


def test_a_crew_that_declines_is_not_asked_again_and_nobody_left_is_an_alarm(town):
    case = town.report()
    town.turn()
    town.tap(cast.NEAR_CREW, "decline", note="flat tyre")
    town.turn()
    town.tap(cast.FAR_CREW, "decline")
    town.turn()

    town.turn(minutes=1)

    assert town.case(case.id).status == "filed"
    assert ("nobody_able", case.id) in town.open_alarms()
    (kept,) = town.rows("recommendations", case_id=case.id)
    assert (kept.crew_id, bool(kept.reason)) == (None, True)


def test_an_acknowledged_crew_is_never_moved(town):
    case = town.report()
    town.turn()
    town.tap(cast.NEAR_CREW, "accept")
    town.add_crew("D0", "+862600000209", cast.SQUARE[0])

    town.turn(seconds=30)

    assert town.case(case.id).assigned_to == town.near.id


def test_a_suggestion_sends_nobody_until_the_dispatcher_says_so(town):
    case = town.report("lamp")
    town.turn()
    assert (town.case(case.id).status, town.sms.texts_to(cast.NEAR_CREW)) == ("filed", [])

    sent = dispatching.dispatch_recommended(case.id, actor="user:wang", **town.tools)

    assert (sent.crew_id, sent.offered_by) == (town.near.id, "user:wang")


def test_a_manual_case_gets_neither_offer_nor_recommendation(town):
    case = town.report("other")
    town.turn()

    with pytest.raises(errors.NoRecommendation):
        dispatching.dispatch_recommended(case.id, actor="user:wang", **town.tools)
    assert town.case(case.id).status == "filed"


def test_a_dispatcher_who_looked_at_an_older_state_is_refused(town):
    case = town.report("lamp")
    town.turn()

    with pytest.raises(errors.StaleVersion):
        dispatching.assign(case.id, town.near.id, actor="user:wang", version=case.version - 1, **town.tools)


def test_a_busy_crew_is_refused(town):
    town.report()
    town.turn()
    second = town.report("lamp", at=(cast.SQUARE[0] + 0.05, cast.SQUARE[1]))

    with pytest.raises(errors.CrewNotAble):
        dispatching.assign(second.id, town.near.id, actor="user:wang", **town.tools)


def test_a_crew_off_shift_is_refused(town):
    case = town.report("lamp")
    town.clock.advance(hours=12)

    with pytest.raises(errors.CrewNotAble):
        dispatching.assign(case.id, town.near.id, actor="user:wang", **town.tools)


def test_a_crew_out_of_service_stays_so_though_its_job_goes_on(town):
    town.report()
    town.turn()
    town.tap(cast.NEAR_CREW, "accept")
    field_work.set_status(town.near.id, CrewStatus.OUT_OF_SERVICE, uows=town.uows, clock=town.clock)

    town.tap(cast.NEAR_CREW, "on_scene")
    town.tap(cast.NEAR_CREW, "done")

    assert town.crew(town.near).status == "out_of_service"


def test_the_reasons_stay_with_the_assignment(town):
    case = town.report()
    town.turn()

    kept = town.assignment(town.case(case.id).assignment_id).explanation

    assert kept["chosen"]["crew_id"] == town.near.id
    assert [other["crew_id"] for other in kept["others"]] == [town.far.id]


def test_a_second_tap_on_the_same_button_changes_nothing(town):
    case = town.report()
    town.turn()
    town.tap(cast.NEAR_CREW, "accept")
    before = town.kinds(case.id)

    town.tap(cast.NEAR_CREW, "accept")

    assert town.kinds(case.id) == before


def test_going_is_accepting(town):
    case = town.report()
    town.turn()

    town.tap(cast.NEAR_CREW, "en_route")

    kinds = town.kinds(case.id)
    assert kinds.index("crew_acknowledged") < kinds.index("crew_en_route")


def test_looking_at_a_link_changes_nothing(town):
    case = town.report()
    town.turn()
    before = (town.case(case.id), town.kinds(case.id))

    field_work.look(town.token_of(cast.NEAR_CREW), uows=town.uows, clock=town.clock)

    assert (town.case(case.id), town.kinds(case.id)) == before


def test_a_withdrawn_crew_is_told_and_the_case_waits_for_the_dispatcher(town):
    case = town.report("lamp")
    town.turn()
    dispatching.dispatch_recommended(case.id, actor="user:wang", **town.tools)
    town.turn()

    dispatching.withdraw(case.id, actor="user:wang", reason="wrong crew", **town.tools)
    town.turn()

    assert "withdrawn" in town.sms.texts_to(cast.NEAR_CREW)[-1]
    assert town.case(case.id).status == "filed"
    assert town.crew(town.near).status == "available"


def test_an_offer_taken_back_unanswered_leaves_its_crew_free_to_be_asked_again(town):
    case = town.report("lamp")
    town.turn()
    sent = dispatching.dispatch_recommended(case.id, actor="user:wang", **town.tools)

    dispatching.take_back_offer(case.id, sent.id, actor="user:wang", **town.tools)
    town.turn()

    assert (town.case(case.id).status, town.case(case.id).refused_by) == ("filed", frozenset())
    assert town.crew(town.near).status == "available"
    assert dispatching.dispatch_recommended(case.id, actor="user:wang", **town.tools).crew_id == sent.crew_id


def test_an_offer_that_the_crew_accepted_meanwhile_is_not_taken_back(town):
    case = town.report("lamp")
    town.turn()
    sent = dispatching.dispatch_recommended(case.id, actor="user:wang", **town.tools)
    town.turn()
    town.tap(cast.NEAR_CREW, "accept")

    with pytest.raises(errors.InvalidTransition):
        dispatching.take_back_offer(case.id, sent.id, actor="user:wang", **town.tools)

    assert town.case(case.id).status == "acknowledged"


def test_an_older_offer_is_not_taken_back_from_the_crew_that_has_the_case_now(town):
    case = town.report("lamp")
    town.turn()
    first = dispatching.dispatch_recommended(case.id, actor="user:wang", **town.tools)
    dispatching.withdraw(case.id, actor="user:wang", reason="wrong crew", **town.tools)
    dispatching.assign(case.id, town.far.id, actor="user:wang", **town.tools)

    with pytest.raises(errors.InvalidTransition):
        dispatching.take_back_offer(case.id, first.id, actor="user:wang", **town.tools)

    assert town.case(case.id).assigned_to == town.far.id


def _accept(town, token):
    says = field_work.CrewSays(action=field_work.CrewAction.ACCEPT)
    return field_work.act(token, says, **town.tools)
