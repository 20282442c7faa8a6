"""STOP, quiet hours, the order for each person, the pace of a channel, what it costs; both databases."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations

import cast
import pytest

import app
from casework import ids, settings
from casework.domain.addressees import How, Will
from casework.domain.messages import Message, MessageState
from casework.ids import MessageId
from casework.services import consenting, relaying
from notifications import errors as channel_errors
from notifications import prices, purposes
from notifications.pace import Pace

NIGHT = purposes.read_quiet_hours("22:00-07:00")
EVENING = datetime(2026, 5, 4, 22, 30, tzinfo=UTC)


def stop(town, address, will=Will.STOP):
    with town.uows() as uow:
        consenting.say(uow, "sms", address, will, how=How.DESK, words="by telephone", now=town.clock())
        uow.commit()


def put(town, purpose, address=cast.RESIDENT, body="已派出", **more):
    message = Message(
        id=MessageId(ids.new()),
        case_id=None,
        purpose=purpose,
        channel="sms",
        address=address,
        language="zh",
        body=body,
        segments=1,
        created_at=town.clock(),
        next_attempt_at=town.clock(),
        **more,
    )
    with town.uows() as uow:
        uow.messages.add(message)
        uow.commit()
    return message


def state(town, message):
    with town.uows(reading=True) as uow:
        found = uow.messages.get(message.id)
    return found.state, found.error


# --- STOP


def test_after_stop_no_news_goes_and_the_reason_stands_at_the_text(town):
    stop(town, cast.RESIDENT)
    news = put(town, "resident_progress")

    town.turn()

    assert town.sms.texts_to(cast.RESIDENT) == []
    assert state(town, news) == (MessageState.FAILED, "opted_out")


def test_after_stop_orders_and_answers_still_go_by_the_declared_rule(town):
    for phone in (cast.RESIDENT, cast.NEAR_CREW):
        stop(town, phone)
    answer, order = put(town, "chat_reply"), put(town, "crew_offer", cast.NEAR_CREW)

    town.turn()

    assert {state(town, one)[0] for one in (answer, order)} == {MessageState.SENT}


def test_start_lets_news_through_again(town):
    stop(town, cast.RESIDENT)
    stop(town, cast.RESIDENT, Will.START)
    put(town, "resident_progress")

    town.turn()

    assert len(town.sms.texts_to(cast.RESIDENT)) == 1


def test_a_stop_between_the_writing_and_the_sending_counts(town):
    put(town, "resident_progress")
    stop(town, cast.RESIDENT)

    town.turn()

    assert town.sms.texts_to(cast.RESIDENT) == []


def test_a_stop_that_only_the_provider_heard_is_kept(town):
    put(town, "resident_progress")
    town.sms.fail_next(channel_errors.Refused("21610"))

    town.turn()

    with town.uows(reading=True) as uow:
        (word,) = uow.addressees.history("sms", cast.RESIDENT)
    assert (word.will, word.how, word.words) == (Will.STOP, How.PROVIDER, "21610")


def test_who_has_stopped_is_known_to_be_unreached_by_the_result(town):
    case = town.report()
    town.turn()
    stop(town, cast.RESIDENT)
    town.finish()
    for _ in range(4):
        town.turn(seconds=41)
        town.sweep()

    assert ("reporter_not_reached") in {kind for kind, _ in town.open_alarms()}
    assert "message_failed" in town.kinds(case.id)


# --- quiet hours


@pytest.fixture
def night_town(database_url):
    with cast.open_town(database_url) as town:
        town.house.quiet["*"] = NIGHT
        object.__setattr__(town.house, "timezone", UTC)
        town.clock.set(EVENING)
        yield town


def test_news_waits_for_the_morning_and_keeps_its_order(night_town):
    town = night_town
    first, second = put(town, "resident_progress", body="one"), put(town, "resident_resolved", body="two")

    town.turn()
    assert town.sms.texts_to(cast.RESIDENT) == []
    assert state(town, first) == (MessageState.NEW, "quiet_hours")

    town.clock.set(EVENING.replace(day=5, hour=7, minute=0))
    town.turn()
    town.turn(seconds=1)
    assert town.sms.texts_to(cast.RESIDENT) == ["one", "two"]
    with town.uows(reading=True) as uow:
        assert uow.messages.get(second.id).attempts == 1


def test_what_a_person_has_just_asked_is_answered_at_night_before_what_waits(night_town):
    put(night_town, "resident_progress", body="news")
    put(night_town, "chat_reply", body="answer")

    night_town.turn()

    assert night_town.sms.texts_to(cast.RESIDENT) == ["answer"]


@pytest.mark.parametrize(("priority", "told"), [(1, True), (2, False)])
def test_only_a_case_of_the_highest_priority_breaks_the_quiet(town, priority, told):
    town.house.quiet["sms"] = purposes.read_quiet_hours("01:00-07:00")
    object.__setattr__(town.house, "timezone", UTC)
    case = town.report()
    with town.uows() as uow:
        uow.cases.save(replace(uow.cases.lock(case.id), priority=priority))
        uow.commit()
    town.turn()
    town.finish()
    town.turn()

    sent = {row.purpose for row in town.rows("messages", address=cast.RESIDENT, state="sent")}
    assert ("resident_resolved" in sent) == told
    assert "resident_received" in sent


def test_a_person_s_own_hours_outrank_the_house_s(night_town):
    town = night_town
    tools = {"uows": town.uows, "now": town.clock()}
    consenting.prefer_quiet("sms", cast.RESIDENT, "00:00-00:00", **tools)
    consenting.prefer_quiet("sms", cast.NEIGHBOUR, "22:00-23:00", **tools)
    put(town, "resident_progress")
    put(town, "resident_progress", cast.NEIGHBOUR)

    town.turn()
    assert (len(town.sms.texts_to(cast.RESIDENT)), len(town.sms.texts_to(cast.NEIGHBOUR))) == (1, 0)

    town.turn(minutes=31)
    assert len(town.sms.texts_to(cast.NEIGHBOUR)) == 1
    consenting.prefer_quiet("sms", cast.RESIDENT, None, **tools)
    put(town, "resident_progress")
    town.turn()
    assert len(town.sms.texts_to(cast.RESIDENT)) == 1


# --- order and pace


def test_texts_to_one_person_go_in_the_order_they_were_written_whatever_fails(town):
    for number in range(5):
        put(town, "resident_progress", body=f"text {number}")
        put(town, "resident_progress", cast.NEIGHBOUR, body=f"text {number}")
    town.sms.fail_next(
        channel_errors.TryLater("500"),
        channel_errors.OutcomeUnknown("timeout"),
        channel_errors.TryLater("503"),
    )
    town.sms.take_silently_next()

    for _ in range(60):
        town.turn(seconds=2)

    for phone in (cast.RESIDENT, cast.NEIGHBOUR):
        assert town.sms.texts_to(phone) == [f"text {number}" for number in range(5)]


def test_a_text_that_waits_for_another_try_holds_back_the_later_ones_to_the_same_person_only(town):
    town.sms.fail_next(channel_errors.TryLater("503", retry_after_s=30))
    put(town, "resident_progress", body="first")
    put(town, "resident_progress", body="second")
    put(town, "resident_progress", cast.NEIGHBOUR)

    town.turn()
    assert town.sms.texts_to(cast.RESIDENT) == []
    assert len(town.sms.texts_to(cast.NEIGHBOUR)) == 1

    town.turn(seconds=31)
    town.turn(seconds=1)
    assert town.sms.texts_to(cast.RESIDENT) == ["first", "second"]


def test_an_order_goes_before_news_that_waited_longer(town):
    for number in range(40):
        put(town, "resident_progress", f"+86260000{1000 + number}")
    put(town, "crew_offer", cast.NEAR_CREW)

    (first, *_) = relaying.claim(town.uows, town.house, town.clock, limit=3)

    assert first.purpose == "crew_offer"


def test_a_channel_sends_no_faster_than_its_pace_and_rests_when_the_provider_asks(town):
    elapsed = town.clock
    town.house.paces["sms"] = Pace(2, 2, elapsed=lambda: elapsed().timestamp())
    for number in range(8):
        put(town, "resident_progress", f"+86260000{1000 + number}")

    town.turn()
    assert len(town.sms.received) == 2
    town.turn(seconds=1)
    assert len(town.sms.received) == 4

    town.sms.fail_next(channel_errors.TryLater("20429", retry_after_s=10))
    town.turn(seconds=1)
    assert len(town.sms.received) == 5
    town.turn(seconds=9)
    assert len(town.sms.received) == 5
    for _ in range(6):
        town.turn(seconds=2)
    assert len(town.sms.received) == 8


def test_an_outage_of_hours_loses_no_text_and_repeats_none(town):
    written = [put(town, "resident_progress", f"+86260000{1000 + number}") for number in range(5)]
    for _ in range(300):
        town.sms.fail_next(*[channel_errors.TryLater("connect")] * 5)
        town.turn(seconds=30)

    town.sms._script.clear()  # noqa: SLF001  (the provider is back)
    town.turn(seconds=601)

    assert sorted(one.text.id for one in town.sms.received) == sorted(one.id for one in written)


def test_a_text_is_given_up_after_a_day_and_not_silently(town):
    message = put(town, "resident_progress")
    town.sms.fail_next(*[channel_errors.TryLater("connect")] * 3)
    town.turn()
    town.turn(hours=25)

    assert state(town, message) == (MessageState.FAILED, "connect")


# --- receipts


@pytest.mark.parametrize("purpose", ["resident_progress"])
def test_a_text_that_was_lost_for_a_passing_reason_goes_out_once_more(silent_town, purpose):
    town = silent_town
    message = put(town, purpose)
    for expected in (1, 2, 2):
        town.turn(minutes=6)
        assert len(town.sms.received) == expected
        if state(town, message)[0] is MessageState.SENT:
            relaying.take_receipt(message.id, "undelivered", provider_id="P", code="30008", **town.tools)

    assert state(town, message) == (MessageState.FAILED, "30008")


# --- cost


def test_each_sending_is_booked_with_its_price_and_provider(town):
    object.__setattr__(
        town.house,
        "prices",
        prices.read("- {provider: fake_sms, prefix: '', per: segment, amount: '0.05', currency: CNY}"),
    )
    sent = put(town, "resident_progress")
    refused = put(town, "resident_progress", cast.NEIGHBOUR)
    town.sms.fail_next(channel_errors.Refused("21211"))

    town.turn()

    rows = town.rows("charges")
    assert len(rows) == 1
    assert rows[0].message_id in {sent.id, refused.id}
    assert (rows[0].provider, rows[0].micros, rows[0].currency) == ("fake_sms", 50_000, "CNY")


def test_two_providers_behind_one_channel_are_watched_and_their_standing_is_written_down(database_url):
    parsed = settings.parse(
        {
            "GONGZHI_DATABASE_URL": database_url,
            "GONGZHI_DEMO": "1",
            "GONGZHI_MATCHER": "plain",
            "GONGZHI_SCENARIOS": str(cast.SMALL_TOWN),
            "GONGZHI_SMS": "twilio, aliyun",
            "TWILIO_ACCOUNT_SID": "AC1",
            "TWILIO_AUTH_TOKEN": "t",
            "TWILIO_FROM": "+15005550006",
            **{f"GONGZHI_ALIYUN_{name}": "x" for name in ("KEY_ID", "KEY_SECRET", "SIGN_NAME", "TEMPLATE")},
        }
    )
    runtime = app.create_runtime(parsed)
    worker = app.create_worker(runtime)
    worker._housekeeping()  # noqa: SLF001  (what the sweep does each second)
    worker._housekeeping()  # noqa: SLF001  (what the sweep does each second)
    with runtime.reading() as connection:
        rows = connection.exec_driver_sql("select channel, provider, state from provider_standings").all()
    runtime.close()

    assert sorted(tuple(row) for row in rows) == [("sms", "aliyun", "closed"), ("sms", "twilio", "closed")]


@pytest.mark.parametrize("words", list(permutations(("queued", "sent", "delivered", "undelivered"))))
def test_reports_in_any_order_and_twice_only_ever_move_a_text_forward(silent_town, words):
    town = silent_town
    message = put(town, "resident_resolved")
    town.turn()
    seen = []
    for word in (*words, *words[::-1]):
        relaying.take_receipt(message.id, word, provider_id="P", code=None, **town.tools)
        seen.append(state(town, message)[0])

    first_end = next(word for word in words if word in {"delivered", "undelivered"})
    end = MessageState.DELIVERED if first_end == "delivered" else MessageState.FAILED
    place = seen.index(end)
    assert set(seen[:place]) <= {MessageState.SENT}
    assert set(seen[place:]) == {end}


def test_a_group_hears_what_a_role_is_told_beside_its_people(town):
    group = town.house.channels["dingtalk"] = type(town.sms)(town.clock)  # another of the same kind
    town.house.role_channels["dispatcher"] = (("dingtalk", "group"),)
    town.report()
    for _ in range(12):
        town.turn(minutes=1)

    assert group.texts_to("group")
    assert len(town.sms.texts_to(cast.DISPATCHER)) == len(group.texts_to("group"))
