from datetime import UTC, datetime, timedelta

import pytest

from notifications import signatures

# twilio/twilio-python tests/unit/test_request_validator.py, MIT.
TWILIO_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
TWILIO_FIELDS = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
    "Caller": "+14158675309",
}
TWILIO_SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
# standard-webhooks/standard-webhooks libraries/python/tests/test_webhooks.py, MIT.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = "msg_p5jXN8AQM9LWM0D4loKWxJek"
SENT_AT = datetime.fromtimestamp(1614265330, tz=UTC)
BODY = b'{"test": 2432232314}'
HEADERS = {
    "Webhook-Id": MESSAGE,
    "Webhook-Timestamp": "1614265330",
    "Webhook-Signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def test_twilio_s_own_vector_is_signed_and_verified() -> None:
    assert signatures.sign_twilio_form("12345", TWILIO_URL, TWILIO_FIELDS) == TWILIO_SIGNATURE

    signatures.verify_twilio_form(["old", "12345"], TWILIO_URL, TWILIO_FIELDS, TWILIO_SIGNATURE)


@pytest.mark.parametrize(
    ("tokens", "url", "fields", "signature"),
    [
        (["54321"], TWILIO_URL, TWILIO_FIELDS, TWILIO_SIGNATURE),
        ([], TWILIO_URL, TWILIO_FIELDS, TWILIO_SIGNATURE),
        (["12345"], TWILIO_URL + "3", TWILIO_FIELDS, TWILIO_SIGNATURE),
        (["12345"], TWILIO_URL, TWILIO_FIELDS | {"Digits": "1235"}, TWILIO_SIGNATURE),
        (["12345"], TWILIO_URL, TWILIO_FIELDS | {"Digits": "\ud800"}, TWILIO_SIGNATURE),
        (["12345"], TWILIO_URL, TWILIO_FIELDS, ""),
        (["12345"], TWILIO_URL, TWILIO_FIELDS, None),
        (["12345"], TWILIO_URL, TWILIO_FIELDS, "签名"),
    ],
)
def test_any_other_caller_is_turned_away(
    tokens: list[str], url: str, fields: dict[str, str], signature: str | None
) -> None:
    with pytest.raises(signatures.BadSignature):
        signatures.verify_twilio_form(tokens, url, fields, signature)


def test_twilio_may_sign_with_the_default_port_written_out() -> None:
    signature = signatures.sign_twilio_form("12345", "https://mycompany.com:443/sms", {"Body": "1"})

    signatures.verify_twilio_form(["12345"], "https://mycompany.com/sms", {"Body": "1"}, signature)


def test_repeated_fields_are_signed_sorted_and_once() -> None:
    twice = signatures.sign_twilio_form("12345", TWILIO_URL, {"A": ["2", "1", "2"]})

    assert twice == signatures.sign_twilio_form("12345", TWILIO_URL, {"A": ["1", "2"]})


def test_our_signature_is_the_library_s_signature() -> None:
    from twilio.request_validator import RequestValidator  # noqa: PLC0415  (heavy; this test alone needs it)

    url = "https://gongzhi.example:8443/hooks/twilio/status?outbox=1"
    ours = signatures.sign_twilio_form("token", url, TWILIO_FIELDS)

    assert RequestValidator("token").validate(url, TWILIO_FIELDS, ours)


def test_a_json_call_is_bound_to_its_body_by_the_hash_in_its_address() -> None:
    # printf '{}' | sha256sum
    url = (
        "https://g.example/hooks?bodySHA256=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    )
    signature = signatures.sign_twilio_form("12345", url, {})

    signatures.verify_twilio_json(["12345"], url, b"{}", signature)
    with pytest.raises(signatures.BadSignature):
        signatures.verify_twilio_json(["12345"], url, b"{ }", signature)
    with pytest.raises(signatures.BadSignature):
        signatures.verify_twilio_json(["12345"], "https://g.example/hooks", b"{}", signature)


def test_without_a_public_address_nothing_can_be_verified() -> None:
    with pytest.raises(signatures.BadSignature):
        signatures.public_address("", "/hooks/twilio/sms")


def test_the_signed_address_comes_from_the_settings() -> None:
    url = signatures.public_address("https://g.example/", "/hooks/twilio/status", "outbox=7")

    assert url == "https://g.example/hooks/twilio/status?outbox=7"


def test_the_standard_webhooks_vector_is_signed_and_verified() -> None:
    assert (
        signatures.sign_standard_webhook(SECRET, MESSAGE, SENT_AT, BODY.decode())
        == HEADERS["Webhook-Signature"]
    )
    assert signatures.verify_standard_webhook([SECRET], HEADERS, BODY, now=SENT_AT) == MESSAGE


def test_a_secret_can_be_replaced_without_losing_a_message() -> None:
    other = "whsec_" + "QUJD" * 8

    assert signatures.verify_standard_webhook([other, SECRET], HEADERS, BODY, now=SENT_AT) == MESSAGE
    both = HEADERS | {"Webhook-Signature": "v1,AAAA v1a,x " + HEADERS["Webhook-Signature"]}
    assert signatures.verify_standard_webhook([SECRET], both, BODY, now=SENT_AT) == MESSAGE


@pytest.mark.parametrize("off", [timedelta(minutes=5), timedelta(minutes=-5)])
def test_a_message_is_timely_for_five_minutes_and_not_a_second_longer(off: timedelta) -> None:
    assert signatures.verify_standard_webhook([SECRET], HEADERS, BODY, now=SENT_AT + off) == MESSAGE

    with pytest.raises(signatures.BadSignature):
        signatures.verify_standard_webhook([SECRET], HEADERS, BODY, now=SENT_AT + off * 1.004)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Webhook-Id", "msg_other"),
        ("Webhook-Id", ""),
        ("Webhook-Timestamp", "1614265331"),
        ("Webhook-Timestamp", "-1614265330"),
        ("Webhook-Timestamp", "1614265330.5"),
        ("Webhook-Timestamp", "NaN"),
        ("Webhook-Timestamp", "9" * 400),
        ("Webhook-Signature", "v1"),
        ("Webhook-Signature", ""),
        ("Webhook-Signature", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    ],
)
def test_a_changed_header_is_turned_away(name: str, value: str) -> None:
    with pytest.raises(signatures.BadSignature):
        signatures.verify_standard_webhook([SECRET], HEADERS | {name: value}, BODY, now=SENT_AT)


@pytest.mark.parametrize("body", [b"", b'{"test": 2432232315}', b"\xff\xfe"])
def test_a_changed_body_is_turned_away(body: bytes) -> None:
    with pytest.raises(signatures.BadSignature):
        signatures.verify_standard_webhook([SECRET], HEADERS, body, now=SENT_AT)


def test_an_unreadable_secret_is_a_setting_s_mistake() -> None:
    with pytest.raises(ValueError, match="whsec_"):
        signatures.sign_standard_webhook("whsec_", MESSAGE, SENT_AT, "{}")
