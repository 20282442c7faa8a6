"""Texts that come in through the provider: crews' short answers and residents' reports."""

from itertools import count
from typing import Any

import pytest
from field_cast import CREW, CREW_PHONE, OTHER_PHONE, PLACE, RESIDENT_PHONE, District

_ids = count(1)


def _text(district: District, sender: str, body: str, *, sid: str | None = None, **more: str) -> Any:
    fields = {"MessageSid": sid or f"SM{next(_ids)}", "From": sender, "To": "+15005550006", "Body": body}
    answer = district.twilio("/hooks/twilio/sms", {**fields, **more})
    district.work()
    return answer


@pytest.mark.parametrize(
    ("texts", "status"),
    [
        (["1"], "acknowledged"),
        (["接单"], "acknowledged"),
        (["1", "到了"], "on_scene"),
        (["1", "3", "4"], "verified"),
        (["4"], "verified"),
    ],
)
def test_a_crew_answers_with_digits_and_words(district: District, texts: list[str], status: str) -> None:
    case = district.report()
    district.send(case)

    for text in texts:
        answer = _text(district, CREW_PHONE, text)
        assert answer.status_code == 200
        assert answer.text.endswith("<Response/>")

    assert district.case(case.id).status == status
    assert str(case.number) in district.sms.texts_to(CREW_PHONE)[-1]


def test_a_crew_that_declines_by_text_is_free_and_another_one_is_sent(district: District) -> None:
    case = district.report()
    district.send(case)

    _text(district, CREW_PHONE, "2")

    assert "crew_declined" in district.kinds(case.id)
    assert district.case(case.id).assigned_to != CREW


def test_a_crews_text_that_comes_twice_counts_once(district: District) -> None:
    case = district.report()
    district.send(case)

    _text(district, CREW_PHONE, "1", sid="SMsame")
    before = len(district.sms.texts_to(CREW_PHONE))
    _text(district, CREW_PHONE, "1", sid="SMsame")

    assert district.kinds(case.id).count("crew_acknowledged") == 1
    assert len(district.sms.texts_to(CREW_PHONE)) == before


def test_a_crew_without_a_task_is_told_so_in_its_language(district: District) -> None:
    _text(district, OTHER_PHONE, "1")

    assert "use the link" in district.sms.texts_to(OTHER_PHONE)[-1]


def test_other_words_of_a_crew_are_a_remark_on_its_task(district: District) -> None:
    case = district.report()
    district.send(case)

    _text(district, CREW_PHONE, "路口堵车,要晚十分钟")

    assert "note_added" in district.kinds(case.id)
    assert district.case(case.id).status == "dispatched"


def test_a_resident_reports_by_text_and_gives_the_place_in_a_second_one(district: District) -> None:
    _text(district, RESIDENT_PHONE, "路灯不亮了")
    asked = list(district.sms.texts_to(RESIDENT_PHONE))
    _text(district, RESIDENT_PHONE, "朝晖路12号")

    with district.runtime.uows() as uow:
        reports = uow.reports.recent_of("sms", RESIDENT_PHONE, 5)
        case = uow.cases.get(reports[0].case_id)
    assert len(reports) == 1
    assert case.address == "朝晖路12号"
    assert any(case.public_code in text for text in asked)
    assert any("在哪里" in text for text in asked)


def test_a_resident_answers_by_text_that_it_is_not_fixed(district: District) -> None:
    case = district.report()
    link = district.send(case)
    for do in ("accept", "done"):
        district.browser().post(link, data={"do": do})
    district.work()

    _text(district, RESIDENT_PHONE, "2")

    assert "case_reopened" in district.kinds(case.id)
    assert any("重新立案" in text for text in district.sms.texts_to(RESIDENT_PHONE))


def test_a_residents_text_that_comes_twice_opens_one_case(district: District) -> None:
    for _ in range(2):
        _text(district, RESIDENT_PHONE, "路灯不亮", sid="SMtwice")

    with district.runtime.uows() as uow:
        assert len(uow.reports.recent_of("sms", RESIDENT_PHONE, 5)) == 1


def test_a_chat_that_the_provider_passes_on_is_answered_in_the_answer(district: District) -> None:
    fields = {
        "MessageSid": "SMchat",
        "From": f"whatsapp:{RESIDENT_PHONE}",
        "Body": "Street light is out <b>",
        "Latitude": str(PLACE[0]),
        "Longitude": str(PLACE[1]),
        "MediaUrl0": "https://api.twilio.example/media/1",
    }

    answer = district.twilio("/hooks/chat/twilio", fields)

    assert "<Message>We have your report" in answer.text
    with district.runtime.uows() as uow:
        report = uow.reports.latest_of("chat:twilio", f"whatsapp:{RESIDENT_PHONE}")
    assert report is not None
    assert report.media == ("https://api.twilio.example/media/1",)


def test_a_caller_hears_that_this_number_reads(district: District) -> None:
    answer = district.twilio("/hooks/twilio/voice", {"CallSid": "CA1"})

    assert answer.status_code == 200
    assert "<Hangup/>" in answer.text


def test_an_unsigned_text_is_refused_on_every_door(district: District) -> None:
    for path in ("/hooks/twilio/sms", "/hooks/chat/twilio", "/hooks/twilio/voice"):
        answer = district.browser().post(path, data={"MessageSid": "SM", "From": CREW_PHONE, "Body": "1"})
        assert answer.status_code == 403


def test_a_sender_that_is_no_number_is_refused_and_not_a_crash(district: District) -> None:
    for fields in ({}, {"MessageSid": "SM1"}, {"MessageSid": "SM1", "From": "BANK", "Body": "\0"}):
        assert district.twilio("/hooks/twilio/sms", fields).status_code == 422
