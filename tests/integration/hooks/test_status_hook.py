"""The provider's word on texts, on both databases."""

from field_cast import District

from casework.domain.messages import Message


def _offer(district: District) -> Message:
    case = district.report()
    district.send(case)
    with district.runtime.uows() as uow:
        offered = next(one.text.id for one in district.sms.received if "/a/" in one.text.body)
        return uow.messages.get(offered)


def _state(district: District, message: Message) -> str:
    with district.runtime.uows() as uow:
        return uow.messages.get(message.id).state.value


def test_a_delivered_text_is_known_to_have_reached_its_crew(district: District) -> None:
    message = _offer(district)

    answer = district.twilio(
        f"/hooks/twilio/status?message={message.id}", {"MessageSid": "SM1", "MessageStatus": "delivered"}
    )

    assert answer.status_code == 204
    assert _state(district, message) == "delivered"
    assert "assignment_delivered" in district.kinds(message.case_id)


def test_words_that_come_twice_or_too_late_change_nothing(district: District) -> None:
    message = _offer(district)
    path = f"/hooks/twilio/status?message={message.id}"

    for word in ("delivered", "sent", "queued", "delivered", "failed"):
        assert district.twilio(path, {"MessageSid": "SM1", "MessageStatus": word}).status_code == 204

    assert _state(district, message) == "delivered"
    assert district.kinds(message.case_id).count("assignment_delivered") == 1


def test_an_offer_that_cannot_be_delivered_is_known_at_once(district: District) -> None:
    message = _offer(district)

    district.twilio(
        f"/hooks/twilio/status?message={message.id}",
        {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30003"},
    )

    assert _state(district, message) == "failed"
    assert "message_failed" in district.kinds(message.case_id)


def test_who_has_not_signed_is_refused(district: District) -> None:
    message = _offer(district)
    path = f"/hooks/twilio/status?message={message.id}"
    fields = {"MessageSid": "SM1", "MessageStatus": "delivered"}

    forged = district.twilio(path, fields, signature="AAAA")
    bare = district.browser().post(path, data=fields)

    assert (forged.status_code, bare.status_code) == (403, 403)
    assert forged.content_type == "application/problem+json"
    assert _state(district, message) == "sent"


def test_nonsense_that_is_signed_is_refused_without_a_crash(district: District) -> None:
    for path, status in (
        ("/hooks/twilio/status", 422),
        ("/hooks/twilio/status?message=%00", 422),
        ("/hooks/twilio/status?message=01900000-0000-7000-8000-000000000099", 404),
    ):
        answer = district.twilio(path, {"MessageSid": "SM1", "MessageStatus": "delivered"})
        assert answer.status_code == status
