"""The outbox: each text once, whatever the provider and its answers do."""

import cast
import pytest

from casework.domain.messages import MessageState
from casework.services import dispatching, relaying
from notifications import errors as channel_errors


def _offer(town, phone=cast.NEAR_CREW):
    rows = [row for row in town.rows("messages", address=phone) if row.purpose == "crew_offer"]
    return max(rows, key=lambda row: row.id)


def _receipt(town, message, status, code=None):
    relaying.take_receipt(message.id, status, provider_id="P1", code=code, **town.tools)


def _reconcile(town):
    return relaying.reconcile(town.uows, town.house, town.clock)


def test_a_text_goes_new_sending_sent_delivered(silent_town):
    town = silent_town
    town.report()
    town.worker.solve()
    assert _offer(town).state == MessageState.NEW

    (claimed,) = [
        message
        for message in relaying.claim(town.uows, town.house, town.clock, limit=10)
        if message.purpose == "crew_offer"
    ]
    assert _offer(town).state == MessageState.SENDING

    relaying.send(town.uows, town.house, town.clock, claimed)
    assert _offer(town).state == MessageState.SENT

    _receipt(town, _offer(town), "delivered")
    assert _offer(town).state == MessageState.DELIVERED


def test_the_token_is_struck_out_of_what_is_kept_once_the_text_is_sent(town):
    town.report()
    town.turn()
    token = town.token_of(cast.NEAR_CREW)

    offer = _offer(town)

    assert token not in offer.body
    assert offer.secret is None


def test_the_token_of_a_cancelled_text_is_struck_out_too(town):
    case = town.report()
    town.worker.solve()
    token = _offer(town).secret

    dispatching.withdraw(case.id, actor="user:wang", reason="a test", **town.tools)

    offer = _offer(town)
    assert offer.state == MessageState.CANCELLED
    assert token not in offer.body


@pytest.mark.parametrize("address", [cast.NEAR_CREW, cast.RESIDENT])
def test_a_text_of_unknown_outcome_that_the_provider_holds_is_not_sent_twice(silent_town, address):
    town = silent_town
    town.report()
    town.worker.solve()
    town.sms.take_silently_next()
    town.sms.take_silently_next()
    town.worker.relay_now()

    town.clock.advance(seconds=relaying.CALL_ENDS.total_seconds() + 1)
    _reconcile(town)
    town.worker.relay_now()

    assert len(town.sms.texts_to(address)) == 1
    assert {row.state for row in town.rows("messages", address=address)} == {MessageState.SENT}


def test_two_equal_texts_are_told_apart_when_one_has_an_unknown_outcome(silent_town):
    town = silent_town
    town.report()
    town.turn()
    town.finish()
    town.turn()
    town.sweep(seconds=41)
    town.sms.take_silently_next()
    town.worker.relay_now()

    town.clock.advance(seconds=relaying.CALL_ENDS.total_seconds() + 1)
    _reconcile(town)

    ids = [row.provider_id for row in town.rows("messages", address=cast.RESIDENT, state=MessageState.SENT)]
    assert len(ids) == len(set(ids)) == len(town.sms.texts_to(cast.RESIDENT)) == 4


def test_a_text_that_the_provider_does_not_hold_is_sent_again(silent_town):
    town = silent_town
    town.report(by=None)
    town.worker.solve()
    town.sms.fail_next(channel_errors.OutcomeUnknown("timeout"))
    town.worker.relay_now()
    assert town.sms.texts_to(cast.NEAR_CREW) == []

    town.clock.advance(seconds=relaying.CALL_ENDS.total_seconds() + 1)
    _reconcile(town)
    town.turn(seconds=2)

    assert len(town.sms.texts_to(cast.NEAR_CREW)) == 1


def test_a_sender_that_slept_through_its_turn_does_not_call_the_provider(silent_town):
    town = silent_town
    town.report(by=None)
    town.worker.solve()
    (slow,) = relaying.claim(town.uows, town.house, town.clock, limit=10)
    town.clock.advance(seconds=relaying.CALL_ENDS.total_seconds() + 1)
    _reconcile(town)
    town.turn(seconds=2)

    relaying.send(town.uows, town.house, town.clock, slow)

    assert len(town.sms.texts_to(cast.NEAR_CREW)) == 1


def test_a_provider_is_asked_only_when_no_call_to_it_can_still_be_under_way():
    assert relaying.CALL_ENDS.total_seconds() > relaying.LONGEST_CALL.total_seconds() >= 10


def test_a_receipt_for_a_text_that_is_about_to_be_sent_again_stops_that(silent_town):
    town = silent_town
    town.report(by=None)
    town.worker.solve()
    town.sms.fail_next(channel_errors.OutcomeUnknown("timeout"))
    town.worker.relay_now()
    town.clock.advance(seconds=relaying.CALL_ENDS.total_seconds() + 1)
    _reconcile(town)

    _receipt(town, _offer(town), "delivered")
    town.turn(seconds=2)

    assert town.sms.texts_to(cast.NEAR_CREW) == []
    assert _offer(town).state == MessageState.DELIVERED


def test_a_permanent_refusal_moves_the_offer_on_at_once(town):
    case = town.report(by=None)
    town.sms.fail_next(channel_errors.Refused("21211", "no such number"))

    town.turn()

    assert _offer(town).state == MessageState.FAILED
    assert _offer(town, cast.FAR_CREW).state == MessageState.SENT
    assert town.case(case.id).assigned_to == town.far.id
    assert town.kinds(case.id).count("message_failed") == 1


def test_a_text_that_the_provider_lost_moves_the_offer_on_at_once(silent_town):
    town = silent_town
    case = town.report(by=None)
    town.turn()

    _receipt(town, _offer(town), "undelivered", code="30003")
    town.turn()

    assert town.case(case.id).assigned_to == town.far.id


def test_a_busy_provider_is_tried_again_after_the_time_that_it_wishes(town):
    town.report(by=None)
    town.sms.fail_next(channel_errors.TryLater("429", retry_after_s=7))
    town.turn()

    town.turn(seconds=6)
    assert town.sms.texts_to(cast.NEAR_CREW) == []

    town.turn(seconds=1)
    assert len(town.sms.texts_to(cast.NEAR_CREW)) == 1


def test_the_text_of_an_offer_whose_time_is_over_is_not_sent(town):
    case = town.report(by=None)
    town.worker.solve()
    town.clock.advance(seconds=case.offer_timeout_s)

    town.worker.relay_now()

    assert _offer(town).state == MessageState.EXPIRED
    assert town.sms.texts_to(cast.NEAR_CREW) == []


def test_receipts_that_come_late_or_twice_change_nothing(silent_town):
    town = silent_town
    case = town.report(by=None)
    town.turn()
    for status in ("delivered", "sent", "delivered", "undelivered"):
        _receipt(town, _offer(town), status)

    assert _offer(town).state == MessageState.DELIVERED
    assert town.kinds(case.id).count("assignment_delivered") == 1
    assert len(town.rows("deliveries", message_id=_offer(town).id)) == 2 + 4


def test_a_crew_that_answers_before_its_text_is_booked_starts_and_stops_its_own_clock(silent_town):
    town = silent_town
    case = town.report(by=None)
    town.worker.solve()
    town.sms.take_silently_next()
    town.worker.relay_now()
    town.clock.advance(seconds=1)
    town.tap(cast.NEAR_CREW, "accept")
    town.clock.advance(seconds=60)
    town.tap(cast.NEAR_CREW, "on_scene")

    _reconcile(town)

    (arrival,) = town.clocks(case.id, "arrival")
    assert arrival.outcome == "reached"
    assert town.kinds(case.id).count("assignment_sent") == 1


def test_a_text_booked_after_its_offer_expired_starts_no_clock(silent_town):
    town = silent_town
    case = town.report(by=None)
    town.worker.solve()
    town.sms.take_silently_next()
    town.worker.relay_now()
    town.sweep(seconds=case.offer_timeout_s)

    _reconcile(town)

    assert _offer(town).state == MessageState.SENT
    assert town.clocks(case.id, "arrival") == []


def test_an_acknowledged_crew_is_not_disturbed_by_a_late_receipt(silent_town):
    town = silent_town
    case = town.report(by=None)
    town.turn()
    town.tap(cast.NEAR_CREW, "accept")

    _receipt(town, _offer(town), "undelivered", code="30003")
    town.turn(minutes=2)

    assert town.case(case.id).assigned_to == town.near.id
