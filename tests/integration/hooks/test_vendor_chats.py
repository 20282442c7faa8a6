"""Residents on Telegram, DingTalk and WeCom, by the signatures of those, on both databases."""

import json
import re
from datetime import timedelta
from urllib.parse import urlencode

import field_cast
import pytest

from casework.analytics import messages
from casework.services import field_work
from casework.services.field_work import CrewAction, CrewSays
from notifications import datum, vendor_crypto
from notifications.fakes import FakeSms
from notifications.vendor_crypto import Envelope

AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
SETTINGS = {
    "GONGZHI_TELEGRAM_TOKEN": "1:t",
    "GONGZHI_TELEGRAM_HOOK_SECRET": "hook-secret",
    "GONGZHI_DINGTALK_APP_KEY": "dingkey",
    "GONGZHI_DINGTALK_APP_SECRET": "dingsecret",
    "GONGZHI_DINGTALK_ROBOT_CODE": "robot",
    "GONGZHI_DINGTALK_TOKEN": "dt",
    "GONGZHI_DINGTALK_AES_KEY": AES_KEY,
    "GONGZHI_WECOM_CORPORATION": "corp",
    "GONGZHI_WECOM_SECRET": "s",
    "GONGZHI_WECOM_AGENT": "7",
    "GONGZHI_WECOM_TOKEN": "wt",
    "GONGZHI_WECOM_AES_KEY": AES_KEY,
}
LAT, LON = field_cast.PLACE


@pytest.fixture
def chats(database_url, tmp_path):
    with field_cast.district(database_url, tmp_path, **SETTINGS) as district:
        for name in ("chat:telegram", "chat:dingtalk", "chat:wecom"):
            district.runtime.house().channels[name] = FakeSms(district.clock)
        yield district


def said_to(district, channel, address):
    return district.runtime.house().channels[channel].texts_to(address)


def telegram(district, number, *, key="hook-secret", **message):
    update = {
        "update_id": number,
        "message": {
            "message_id": number,
            "from": {"id": 5, "first_name": "王", "language_code": "zh-hans", "is_bot": False},
            "chat": {"id": 5, "type": "private"},
            "date": 1,
            **message,
        },
    }
    return district.browser().post(
        "/hooks/chat/telegram", json=update, headers={"X-Telegram-Bot-Api-Secret-Token": key}
    )


def dingtalk(district, document, key="dingsecret"):
    at = str(int(district.clock().timestamp() * 1000))
    headers = {"timestamp": at, "sign": vendor_crypto.sign_dingtalk(key, at)}
    return district.browser().post("/hooks/chat/dingtalk", json=document, headers=headers)


def robot_message(message_id, words):
    return {"msgId": message_id, "msgtype": "text", "text": {"content": words}, "senderStaffId": "zhang"}


WECOM = Envelope("wt", AES_KEY, "corp")


def wecom(district, inside, *, envelope=WECOM, late=timedelta()):
    at = str(int((district.clock() + late).timestamp()))
    sealed, signature = envelope.seal(inside, at, "n")
    query = urlencode({"msg_signature": signature, "timestamp": at, "nonce": "n"})
    body = f"<xml><ToUserName>corp</ToUserName><Encrypt>{sealed}</Encrypt></xml>"
    return district.browser().post(f"/hooks/chat/wecom?{query}", data=body, content_type="text/xml")


def wecom_message(message_id, rest):
    return f"<xml><FromUserName>li</FromUserName><MsgId>{message_id}</MsgId>{rest}</xml>"


def cases_of(district, channel, address):
    with district.runtime.uows(reading=True) as uow:
        return [uow.cases.get(report.case_id) for report in uow.reports.recent_of(channel, address, 5)]


def accept_the_offer(district):
    link = next(re.search(r"/a/([\w-]{16})", one.text.body) for one in district.sms.received)
    tools = {"uows": district.runtime.uows, "house": district.runtime.house(), "clock": district.clock}
    field_work.act(link.group(1), CrewSays(action=CrewAction.ACCEPT), **tools)


def test_a_report_by_telegram_with_photo_and_position_becomes_a_case_and_is_answered(chats):
    assert (
        telegram(chats, 1, caption="路灯不亮", photo=[{"file_id": "small"}, {"file_id": "large"}]).status_code
        == 204
    )
    telegram(chats, 2, location={"latitude": LAT, "longitude": LON})
    chats.work(seconds=1)

    (case,) = cases_of(chats, "chat:telegram", "5")
    assert (case.lat, case.lon) == (LAT, LON)
    assert any(case.public_code in text for text in said_to(chats, "chat:telegram", "5"))
    with chats.runtime.uows(reading=True) as uow:
        (report,) = uow.reports.of_case(case.id)
    assert report.media == ("telegram-file:large",)


def test_the_same_update_twice_opens_one_case_and_is_answered_once(chats):
    for _ in range(3):
        telegram(chats, 1, text="路灯不亮")
    chats.work(seconds=1)

    assert len(cases_of(chats, "chat:telegram", "5")) == 1
    texts = said_to(chats, "chat:telegram", "5")
    assert len(texts) == len(set(texts))


def test_what_is_no_message_of_a_person_is_thanked_for(chats):
    headers = {"X-Telegram-Bot-Api-Secret-Token": "hook-secret"}
    for update in ({}, {"update_id": 1}, {"update_id": 2, "edited_message": {"chat": {"id": 5}}}):
        answer = chats.browser().post("/hooks/chat/telegram", json=update, headers=headers)
        assert answer.status_code == 204
    assert chats.browser().post("/hooks/chat/telegram", data="[", headers=headers).status_code == 400


def test_a_report_by_dingtalk_becomes_a_case_and_is_answered_to_the_person(chats):
    assert dingtalk(chats, robot_message("m1", "路灯不亮")).status_code == 200
    dingtalk(chats, robot_message("m1", "路灯不亮"))
    chats.work(seconds=1)

    assert len(cases_of(chats, "chat:dingtalk", "zhang")) == 1
    assert said_to(chats, "chat:dingtalk", "zhang")


def test_an_envelope_of_dingtalk_is_opened_and_answered_with_an_envelope(chats):
    envelope = Envelope("dt", AES_KEY, "dingkey")
    at = str(int(chats.clock().timestamp() * 1000))
    sealed, signature = envelope.seal(json.dumps({"EventType": "check_url"}), at, "n")
    query = urlencode({"signature": signature, "timestamp": at, "nonce": "n"})

    answer = chats.browser().post(f"/hooks/chat/dingtalk?{query}", json={"encrypt": sealed}).json

    opened = envelope.open(answer["msg_signature"], answer["timeStamp"], answer["nonce"], answer["encrypt"])
    assert opened == "success"


def test_wecom_proves_the_address_and_opens_a_case_at_the_true_place(chats):
    at = str(int(chats.clock().timestamp()))
    sealed, signature = WECOM.seal("echo-4711", at, "n")
    query = urlencode({"msg_signature": signature, "timestamp": at, "nonce": "n", "echostr": sealed})
    assert chats.browser().get(f"/hooks/chat/wecom?{query}").text == "echo-4711"

    wecom(chats, wecom_message(1, "<MsgType>text</MsgType><Content>路灯不亮</Content>"))
    lat, lon = datum.wgs84_to_gcj02(LAT, LON)
    place = f"<MsgType>location</MsgType><Location_X>{lat}</Location_X><Location_Y>{lon}</Location_Y>"
    wecom(chats, wecom_message(2, place))
    chats.work(seconds=1)

    (case,) = cases_of(chats, "chat:wecom", "li")
    assert (case.lat, case.lon) == pytest.approx((LAT, LON), abs=1e-6)
    assert said_to(chats, "chat:wecom", "li")


def test_an_event_of_wecom_is_thanked_for_and_a_bomb_of_entities_is_refused(chats):
    inside = "<xml><FromUserName>li</FromUserName><MsgType>event</MsgType></xml>"
    assert wecom(chats, inside).status_code == 200

    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><xml><Encrypt>&a;</Encrypt></xml>'
    assert chats.browser().post("/hooks/chat/wecom", data=bomb).status_code == 400
    assert chats.browser().post("/hooks/chat/wecom", data="<xml>").status_code == 400


def test_nobody_else_is_heard(chats):
    strange = Envelope("wt", AES_KEY, "another-corp")
    inside = wecom_message(1, "<Content>路灯不亮</Content>")
    answers = [
        telegram(chats, 1, key="guess", text="路灯不亮"),
        dingtalk(chats, robot_message("m1", "路灯不亮"), key="guess"),
        wecom(chats, inside, envelope=strange),
        wecom(chats, inside, envelope=Envelope("guess", AES_KEY, "corp")),
        wecom(chats, inside, late=-timedelta(minutes=6)),
        chats.browser().post("/hooks/chat/dingtalk", json={"encrypt": "AAAA"}),
        chats.browser().get("/hooks/chat/wecom?echostr=AAAA"),
    ]

    assert [answer.status_code for answer in answers] == [403] * len(answers)
    assert not cases_of(chats, "chat:wecom", "li")


def test_who_says_stop_in_a_chat_is_confirmed_once_and_hears_no_news_until_start(chats):
    telegram(chats, 1, text="路灯不亮", location={"latitude": LAT, "longitude": LON})
    chats.work(seconds=1)
    telegram(chats, 2, text="退订")
    telegram(chats, 2, text="退订")
    chats.work(seconds=1)
    heard = said_to(chats, "chat:telegram", "5")
    assert sum("已退订" in text for text in heard) == 1

    (case,) = cases_of(chats, "chat:telegram", "5")
    accept_the_offer(chats)
    chats.work(seconds=5)
    assert said_to(chats, "chat:telegram", "5") == heard
    with chats.runtime.reading() as connection:
        rows = [row for row in messages.of_case(connection, case.id) if row.purpose == "resident_dispatched"]
    assert [row.state for row in rows] == ["failed"]

    telegram(chats, 3, text="恢复")
    chats.work(seconds=1)
    assert "已恢复" in said_to(chats, "chat:telegram", "5")[-1]
    with chats.runtime.uows(reading=True) as uow:
        words = [(one.will, one.how, one.words) for one in uow.addressees.history("chat:telegram", "5")]
    assert words == [("stop", "text", "退订"), ("start", "text", "恢复")]


def test_cancel_in_a_chat_takes_the_report_back_and_is_no_stop(chats):
    telegram(chats, 1, text="路灯不亮")
    telegram(chats, 2, text="cancel")

    with chats.runtime.uows(reading=True) as uow:
        assert uow.addressees.history("chat:telegram", "5") == []
    (case,) = cases_of(chats, "chat:telegram", "5")
    assert case.status == "voided"
