"""The callback call: rings, asks, hears the key; and reports of Aliyun, which only a key proves."""

import field_cast
import pytest

from casework.domain.crews import CrewStatus
from casework.services import field_work
from casework.services.field_work import CrewAction, CrewSays
from notifications.fakes import FakeSms

RESIDENT = field_cast.RESIDENT_PHONE


@pytest.fixture
def callable_district(database_url, tmp_path):
    with field_cast.district(database_url, tmp_path, GONGZHI_ALIYUN_HOOK_KEY="hook-key") as district:
        district.phone = FakeSms(district.clock)
        district.runtime.house().channels["voice"] = district.phone
        yield district


def finish(district):
    """Let a case be handled while the resident's phone takes no text; answer the case."""
    case = district.report()
    token = district.send(case).removeprefix("/a/")
    for action in (CrewAction.ACCEPT, CrewAction.ON_SCENE, CrewAction.DONE):
        field_work.act(
            token,
            CrewSays(action=action),
            uows=district.runtime.uows,
            house=district.runtime.house(),
            clock=district.clock,
        )
    for _ in range(3):
        district.work(seconds=41)
    return district.case(case.id)


def call_of(district):
    (rung,) = district.phone.received
    return rung.text


def press(district, text, digit, tried=1):
    path = f"/hooks/twilio/voice/keys?message={text.id}&tried={tried}"
    return district.twilio(path, {"CallSid": "CA1", "Digits": digit})


def test_the_last_callback_is_a_call_that_asks_in_the_reporters_language(callable_district):
    finish(callable_district)

    text = call_of(callable_district)
    asked = callable_district.twilio(f"/hooks/twilio/voice/ask?message={text.id}", {"CallSid": "CA1"})

    assert text.to == RESIDENT
    assert asked.content_type.startswith("text/xml")
    assert '<Gather numDigits="1"' in asked.text
    assert "修好了请按1" in asked.text
    assert f"keys?message={text.id}&amp;tried=1" in asked.text


@pytest.mark.parametrize(("digit", "status", "said"), [("1", "closed", "已经结束"), ("2", "filed", "再派人")])
def test_a_key_answers_whether_it_is_fixed(callable_district, digit, status, said):
    case = finish(callable_district)

    heard = press(callable_district, call_of(callable_district), digit)

    assert said in heard.text
    assert "<Hangup/>" in heard.text
    assert callable_district.case(case.id).status == status
    assert "reporter_reached" in callable_district.kinds(case.id)


def test_the_same_key_twice_answers_once(callable_district):
    case = finish(callable_district)
    text = call_of(callable_district)

    press(callable_district, text, "2")
    again = press(callable_district, text, "2")

    assert "已经知道" in again.text
    assert callable_district.kinds(case.id).count("case_reopened") == 1


def test_silence_is_asked_again_and_then_left(callable_district):
    finish(callable_district)
    text = call_of(callable_district)

    assert "<Gather" in press(callable_district, text, "", tried=1).text
    assert "<Gather" in press(callable_district, text, "7", tried=2).text
    left = press(callable_district, text, "", tried=3).text
    assert "<Gather" not in left
    assert "没有收到按键" in left


def test_a_call_that_nobody_answers_is_known_not_to_have_reached_the_reporter(callable_district):
    case = finish(callable_district)
    text = call_of(callable_district)

    path = f"/hooks/twilio/status?message={text.id}"
    answer = callable_district.twilio(path, {"CallSid": "CA1", "CallStatus": "no-answer"})
    callable_district.work(seconds=41)

    assert answer.status_code == 204
    with callable_district.runtime.uows(reading=True) as uow:
        message = uow.messages.get(text.id)
    assert (message.state, message.error) == ("failed", "voice:no-answer")
    assert "callback_failed" in callable_district.kinds(case.id)


def test_a_call_that_ended_without_a_key_has_reached_nobody(callable_district):
    case = finish(callable_district)
    text = call_of(callable_district)

    path = f"/hooks/twilio/status?message={text.id}"
    callable_district.twilio(path, {"CallSid": "CA1", "CallStatus": "completed"})

    assert "reporter_reached" not in callable_district.kinds(case.id)


def test_only_the_provider_may_ask_and_press(callable_district):
    finish(callable_district)
    text = call_of(callable_district)
    for path in ("ask", "keys"):
        url = f"/hooks/twilio/voice/{path}?message={text.id}"
        forged = callable_district.twilio(url, {"Digits": "1"}, signature="AAAA")
        assert forged.status_code == 403
    for message, status in (("x", 422), ("01900000-0000-7000-8000-000000000099", 404)):
        url = f"/hooks/twilio/voice/ask?message={message}"
        assert callable_district.twilio(url, {"CallSid": "CA1"}).status_code == status


def test_a_text_is_no_call(callable_district):
    callable_district.report()
    callable_district.work(seconds=1)
    text = callable_district.sms.received[0].text

    answer = callable_district.twilio(f"/hooks/twilio/voice/ask?message={text.id}", {"CallSid": "CA1"})

    assert answer.status_code == 404


def aliyun(district, path, rows, key="hook-key"):
    return district.browser().post(f"/hooks/aliyun/{path}?key={key}", json=rows)


def test_aliyun_s_reports_come_in_lists_and_are_believed_by_their_key(callable_district):
    case = callable_district.report()
    callable_district.send(case)
    offer = next(one.text for one in callable_district.sms.received if "/a/" in one.text.body)
    rows = [
        {"out_id": "not-ours", "success": True},
        {"out_id": offer.id, "success": True, "biz_id": "b1"},
        {"out_id": "01900000-0000-7000-8000-000000000099", "success": True},
    ]

    assert aliyun(callable_district, "report", rows, key="guess").status_code == 403
    assert aliyun(callable_district, "report", {"a": 1}).status_code == 400
    assert aliyun(callable_district, "report", rows).json == {"code": 0, "msg": "ok"}

    assert callable_district.kinds(case.id).count("assignment_delivered") == 1


def test_a_text_that_comes_by_aliyun_is_heard_like_any_other(callable_district):
    row = {"phone_number": RESIDENT, "content": "路灯不亮", "sequence_id": 7}

    for _ in range(2):
        assert aliyun(callable_district, "sms", [row, {"phone_number": "x"}]).status_code == 200
    aliyun(callable_district, "sms", [row | {"content": "退订", "sequence_id": 8}])

    with callable_district.runtime.uows(reading=True) as uow:
        assert len(uow.reports.recent_of("sms", RESIDENT, 5)) == 1
        assert uow.addressees.stopped([("sms", RESIDENT)])


def test_a_crew_that_texts_stop_still_gets_its_orders(callable_district):
    fields = {"MessageSid": "SM1", "From": field_cast.CREW_PHONE, "Body": "STOP", "OptOutType": "STOP"}
    callable_district.twilio("/hooks/twilio/sms", fields)

    link = callable_district.send(callable_district.report())

    assert link.startswith("/a/")
    with callable_district.runtime.uows(reading=True) as uow:
        assert uow.addressees.stopped([("sms", field_cast.CREW_PHONE)])
        assert uow.crews.get(field_cast.CREW).status is not CrewStatus.OUT_OF_SERVICE
