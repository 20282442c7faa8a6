"""A resident in the generic chat, on both databases."""

import json
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from field_cast import CREW, PLACE, SECRET, District

from casework.domain.cases import Case
from casework.domain.clocks import ClockKind
from notifications import signatures

_ids = count(1)


def _post(
    district: District, message: dict[str, Any] | bytes, *, secret: str = SECRET, age_s: int = 0
) -> Any:
    body = message if isinstance(message, bytes) else json.dumps(message, ensure_ascii=False).encode()
    sent_at = district.clock() - timedelta(seconds=age_s)
    signature = signatures.sign_standard_webhook(secret, "wh1", sent_at, body.decode("utf-8", "replace"))
    headers = {
        "webhook-id": "wh1",
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": signature,
    }
    return district.browser().post("/hooks/chat/generic", data=body, headers=headers)


def _say(district: District, text: str = "", *, user: str = "wang", **more: Any) -> Any:
    answer = _post(district, {"id": f"m{next(_ids)}", "user": user, "text": text, **more})
    assert answer.status_code == 200, answer.text
    return answer.json


def _case(district: District, answer: Any) -> Case:
    with district.runtime.uows() as uow:
        case = uow.cases.find_by_code(answer["case"]["code"])
    assert case is not None
    return case


def _words(answer: Any) -> str:
    return "\n".join(reply["text"] for reply in answer["replies"])


HERE = {"lat": PLACE[0], "lon": PLACE[1]}


def test_one_message_with_text_photo_and_position_opens_a_case_and_gets_its_code(district: District) -> None:
    answer = _say(district, "路灯不亮了", photos=["https://photos.example/1.jpg"], **HERE)

    case = _case(district, answer)
    assert case.status == "filed"
    assert case.category == "street_light"
    assert _words(answer).count(case.public_code) == 2  # the code, and the code in the link
    assert len(answer["replies"]) == 1
    with district.runtime.uows() as uow:
        report = uow.reports.of_case(case.id)[0]
    assert (report.channel, report.address) == ("chat:generic", "wang")
    assert report.media == ("https://photos.example/1.jpg",)
    assert report.answered_at == district.clock()


def test_a_missing_place_is_asked_for_and_the_next_message_supplies_it(district: District) -> None:
    first = _say(district, "路面有个大坑")
    asked = _case(district, first)

    second = _say(district, **HERE)

    assert "在哪里" in _words(first)
    assert asked.status == "collected"
    assert "位置已记录" in _words(second)
    assert second["case"] == first["case"]
    assert district.case(asked.id).status == "filed"


def test_a_place_in_words_is_kept_and_a_position_may_follow(district: District) -> None:
    first = _say(district, "There is a pothole")
    case = _case(district, first)

    named = _say(district, "Chaohui road 12")
    placed = _say(district, **HERE)

    assert "Where is it?" in _words(first)
    assert "Thank you" in _words(named)
    assert district.case(case.id).address == "Chaohui road 12"
    assert district.case(case.id).status == "filed"
    assert placed["case"] == first["case"]


def test_a_position_without_words_is_asked_about_and_kept(district: District) -> None:
    first = _say(district, **HERE)

    second = _say(district, "井盖不见了")

    assert first["case"] is None
    assert "什么问题" in _words(first)
    assert _case(district, second).status == "filed"


def test_progress_tells_how_the_latest_case_stands(district: District) -> None:
    nothing = _say(district, "进度")
    code = _say(district, "路灯不亮", **HERE)["case"]["code"]

    progress = _say(district, "进度")

    assert "没有查到" in _words(nothing)
    assert code in _words(progress)
    assert "已立案" in _words(progress)


def test_progress_by_code_answers_anybody_who_has_it_and_knows_no_other(district: District) -> None:
    code = _say(district, "路灯不亮", **HERE)["case"]["code"]

    assert "accepted" in _words(_say(district, f"progress {code.lower()}", user="li"))
    assert "We know no case" in _words(_say(district, "progress 2345678922", user="li"))


def _resolved(district: District) -> Case:
    case = _case(district, _say(district, "路灯不亮", **HERE))
    link = district.send(case)
    for do in ("accept", "on_scene", "done"):
        district.browser().post(link, data={"do": do})
    return district.case(case.id)


def test_what_happened_meanwhile_waits_and_is_polled(district: District) -> None:
    case = _resolved(district)

    polled = _say(district, poll=True)
    again = _say(district, poll=True)

    assert "修好了吗" in _words(polled)
    assert again["replies"] == []
    with district.runtime.uows() as uow:
        report = uow.reports.of_case(case.id)[0]
        running = {clock.kind for clock in uow.clocks.running(case.id)}
    assert report.reached_at == district.clock()
    assert ClockKind.CALLBACK not in running


def test_yes_closes_the_case(district: District) -> None:
    case = _resolved(district)
    _say(district, poll=True)

    answer = _say(district, "修好了")

    assert "案件已结束" in _words(answer)
    assert district.case(case.id).status == "closed"


def test_no_takes_the_same_case_up_again(district: District) -> None:
    case = _resolved(district)
    _say(district, poll=True)

    answer = _say(district, "还没修好,晚上照样黑")

    assert answer["case"]["code"] == case.public_code
    assert "重新立案" in _words(answer)
    assert district.case(case.id).status == "filed"
    assert district.case(case.id).number == case.number


def test_yes_without_a_question_is_no_report(district: District) -> None:
    answer = _say(district, "好的")

    assert answer["case"] is None
    assert "进度" in _words(answer)


def test_a_report_can_be_taken_back_until_a_crew_is_sent(district: District) -> None:
    case = _case(district, _say(district, "楼下广场舞噪音太大", **HERE))
    other = _case(district, _say(district, "井盖不见了", user="li", **HERE))
    district.send(other)

    taken_back = _say(district, "取消")
    too_late = _say(district, "算了", user="li")

    assert "已撤销" in _words(taken_back)
    assert district.case(case.id).status == "voided"
    assert "不能撤销" in _words(too_late)
    assert district.case(other.id).status == "dispatched"


def test_danger_is_answered_with_the_emergency_numbers_first(district: District) -> None:
    chinese = _say(district, "楼下电箱着火了", **HERE)
    english = _say(district, "There is a gas leak and someone is trapped", user="li", **HERE)

    assert "119" in chinese["replies"][0]["text"]
    assert "119" in english["replies"][0]["text"]
    assert chinese["case"]
    assert english["case"]


def test_a_message_that_comes_twice_opens_one_case_and_gets_the_same_answer(district: District) -> None:
    message = {"id": "same", "user": "wang", "text": "路灯不亮", **HERE}

    first, second = (_post(district, message) for _ in range(2))

    assert first.json == second.json
    with district.runtime.uows() as uow:
        assert len(uow.reports.recent_of("chat:generic", "wang", 10)) == 1


def test_an_id_of_another_person_gives_nothing_away(district: District) -> None:
    _post(district, {"id": "same", "user": "wang", "text": "路灯不亮", **HERE})

    refused = _post(district, {"id": "same", "user": "li", "text": "进度"})

    assert refused.status_code == 409
    assert "replies" not in refused.json


def test_two_neighbours_report_the_same_and_are_one_case(district: District) -> None:
    first = _say(district, "路灯不亮", **HERE)
    second = _say(district, "这里路灯坏了", user="li", **HERE)

    assert first["case"] == second["case"]
    assert "已有人上报" in _words(second)
    assert _case(district, first).reporters == 2


def test_after_half_an_hour_words_are_a_new_report_and_no_place(district: District) -> None:
    first = _say(district, "路灯不亮")
    district.clock.advance(minutes=31)

    second = _say(district, "垃圾没人清理")

    assert second["case"] != first["case"]
    assert _case(district, second).category == "rubbish"


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b'{"user": "u", "text": NaN}', 400),
        (b"{" * 5000, 400),
        ({"id": "x1", "text": "路灯"}, 422),
        ({"id": "x2", "user": "u", "text": 7}, 422),
        ({"id": "x3", "user": "u", "text": "路灯", "lat": 30.1}, 422),
        ({"id": "x4", "user": "u", "text": "路灯", "lat": 91, "lon": 1}, 422),
        ({"id": "x5", "user": "u\0", "text": "路灯"}, 422),
        ({"id": "x6", "user": "u", "text": "路灯", "photos": ["javascript:alert(1)"]}, 422),
        ({"id": "x7", "user": "u", "text": "灯" * 10_001}, 422),
        (b'{"id": "x8", "user": "u", "text": "\\ud800"}', 422),
        (b'{"id": "x9", "user": "u", "lat": 1e400, "lon": 0}', 422),
        (b'{"id": "xa", "user": "' + b"u" * 70_000 + b'"}', 413),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(
    district: District, message: dict[str, Any] | bytes, status: int
) -> None:
    refused = _post(district, message)

    assert refused.status_code == status, refused.text
    assert refused.content_type == "application/problem+json"


def test_who_has_not_signed_just_now_is_refused(district: District) -> None:
    message = {"id": "m", "user": "wang", "text": "路灯不亮", **HERE}

    forged = _post(district, message, secret="whsec_" + "A" * 32)
    old = _post(district, message, age_s=301)
    bare = district.browser().post("/hooks/chat/generic", json=message)

    assert [answer.status_code for answer in (forged, old, bare)] == [401, 401, 401]
    with district.runtime.uows() as uow:
        assert uow.reports.latest_of("chat:generic", "wang") is None


def test_a_channel_that_is_not_served_is_unknown(district: District) -> None:
    for channel in ("x", "slack"):
        assert district.browser().post(f"/hooks/chat/{channel}", json={}).status_code == 404


def test_a_crew_on_the_way_is_told_of_in_the_next_answer(district: District) -> None:
    case = _case(district, _say(district, "路灯不亮", **HERE))
    link = district.send(case, CREW)
    district.browser().post(link, data={"do": "accept"})

    answer = _say(district, "进度")

    assert "已派C01队" in answer["replies"][0]["text"]
    assert "处置队伍已接单" in answer["replies"][1]["text"]
