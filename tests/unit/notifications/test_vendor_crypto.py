"""Each signature scheme against its vendor's own vector, and against everything that is nearly right."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from notifications import vendor_crypto
from notifications.signatures import BadSignature
from notifications.vendor_crypto import Envelope

KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
NOON_MS = str(int(NOON.timestamp() * 1000))


@pytest.fixture
def vectors(shared_data: Path) -> Mapping[str, Any]:
    read: Mapping[str, Any] = json.loads((shared_data / "08_clients/webhook_vectors.json").read_text())
    return read


def test_the_envelope_of_wecom_opens_as_its_maker_says(vectors: Mapping[str, Any]) -> None:
    given = vectors["wecom_url_verification"]
    envelope = Envelope(given["token"], given["encoding_aes_key"], given["receive_id"])

    opened = envelope.open(given["msg_signature"], given["timestamp"], given["nonce"], given["echostr"])

    assert opened == given["expected_plaintext"]


def test_the_envelope_of_dingtalk_opens_as_its_maker_says(vectors: Mapping[str, Any]) -> None:
    given = vectors["dingtalk_npm"]
    envelope = Envelope(given["token"], given["aes_key"], given["corp_id"])

    opened = envelope.open(given["signature"], given["timestamp"], given["nonce"], given["encrypt"])

    assert opened == given["expected_plaintext"]


def test_a_call_of_aliyun_is_signed_as_its_documentation_shows() -> None:
    parameters = {
        "AccessKeyId": "testId",
        "Action": "SendSms",
        "Format": "XML",
        "OutId": "123",
        "PhoneNumbers": "15300000001",
        "RegionId": "cn-hangzhou",
        "SignName": "阿里云短信测试专用",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "45e25e9b-0a6f-4070-8c85-2956eda1b466",
        "SignatureVersion": "1.0",
        "TemplateCode": "SMS_71390007",
        "TemplateParam": '{"customer":"test"}',
        "Timestamp": "2017-07-12T02:42:19Z",
        "Version": "2017-05-25",
    }

    assert vendor_crypto.sign_aliyun("testSecret", "GET", parameters) == "zJDF+Lrzhj/ThnlvIToysFRq6t4="


def test_what_is_sealed_is_opened_again_and_by_nobody_else() -> None:
    mine, theirs = Envelope("t", KEY, "corp"), Envelope("t", KEY, "another-corp")
    sealed, signature = mine.seal("路灯不亮", "1", "n")

    assert mine.open(signature, "1", "n", sealed) == "路灯不亮"
    with pytest.raises(BadSignature, match="somebody else"):
        theirs.open(signature, "1", "n", sealed)


@pytest.mark.parametrize(
    ("signature", "timestamp", "nonce"),
    [(None, "1", "n"), ("", "1", "n"), ("0" * 40, "1", "n"), ("é", "1", "n")],
)
def test_an_envelope_with_another_signature_stays_closed(
    signature: str | None, timestamp: str, nonce: str
) -> None:
    envelope = Envelope("t", KEY, "corp")
    sealed, _ = envelope.seal("x", timestamp, nonce)

    with pytest.raises(BadSignature):
        envelope.open(signature, timestamp, nonce, sealed)


@pytest.mark.parametrize("sealed", ["", "AAAA", "not base64!", "A" * 64])
def test_an_envelope_full_of_nonsense_stays_closed(sealed: str) -> None:
    envelope = Envelope("t", KEY, "corp")
    signature = envelope._sign("1", "n", sealed)  # noqa: SLF001  (a truly signed piece of nonsense)

    with pytest.raises(BadSignature):
        envelope.open(signature, "1", "n", sealed)


@pytest.mark.parametrize("key", ["", "short", "!" * 43])
def test_a_key_that_is_none_is_refused_at_once(key: str) -> None:
    with pytest.raises(ValueError, match="AES key"):
        Envelope("t", key, "corp")


def test_an_old_envelope_is_refused() -> None:
    envelope = Envelope("t", KEY, "corp")
    envelope.check_time(NOON_MS, now=NOON + timedelta(minutes=5), per_second=1000)

    for late in (timedelta(minutes=6), -timedelta(minutes=6)):
        with pytest.raises(BadSignature):
            envelope.check_time(NOON_MS, now=NOON + late, per_second=1000)
    for nonsense in (None, "", "x", "٣", "9" * 20):
        with pytest.raises(BadSignature):
            envelope.check_time(nonsense, now=NOON)


def test_a_robot_of_dingtalk_is_believed_for_an_hour() -> None:
    sign = vendor_crypto.sign_dingtalk("SEC1", NOON_MS)

    vendor_crypto.verify_dingtalk("SEC1", NOON_MS, sign, now=NOON + timedelta(minutes=59))
    for secret, at, given, now in (
        ("SEC1", NOON_MS, sign, NOON + timedelta(minutes=61)),
        ("SEC2", NOON_MS, sign, NOON),
        ("SEC1", NOON_MS, None, NOON),
        ("SEC1", None, sign, NOON),
    ):
        with pytest.raises(BadSignature):
            vendor_crypto.verify_dingtalk(secret, at, given, now=now)


def test_telegram_is_known_by_its_secret_and_nobody_without_one() -> None:
    vendor_crypto.verify_telegram("s3cret", "s3cret")

    for secret, header in (("s3cret", "other"), ("s3cret", None), ("", "")):
        with pytest.raises(BadSignature):
            vendor_crypto.verify_telegram(secret, header)
