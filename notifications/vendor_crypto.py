"""The signatures of DingTalk, WeCom, Telegram and Aliyun: made, and checked in constant time.

WeCom and DingTalk's event calls share one envelope: SHA-1 over the sorted token, time, nonce and cipher text,
and AES-256-CBC with the key's first half as its vector, padded to 32 bytes; inside stand 16 random bytes, the
length of the message in 4, the message, and whose it is.
https://developer.work.weixin.qq.com/document/path/90968 · https://open.dingtalk.com/document/orgapp/configure-event-subcription
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from notifications.signatures import BadSignature

DINGTALK_TOLERANCE = timedelta(hours=1)
"""DingTalk: a call whose time is more than an hour off is not DingTalk's."""
ENVELOPE_TOLERANCE = timedelta(minutes=5)
_KEY_CHARACTERS = 43
_PADDED_TO_BITS = 256
_RANDOM, _LENGTH = 16, 4
_MAX_DIGITS = 14


def sign_dingtalk(secret: str, timestamp_ms: str) -> str:
    """Answer a robot's `sign`: Base64 of the HMAC-SHA256 over the time, a line break and the secret.

    https://open.dingtalk.com/document/robots/customize-robot-security-settings
    """
    signed = f"{timestamp_ms}\n{secret}".encode()
    return base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()


def verify_dingtalk(secret: str, timestamp_ms: str | None, sign: str | None, *, now: datetime) -> None:
    """Raise `BadSignature` unless the robot that holds `secret` called within the hour."""
    _timely(timestamp_ms, now, DINGTALK_TOLERANCE, per_second=1000)
    _demand(sign, sign_dingtalk(secret, timestamp_ms or ""))


def verify_telegram(secret: str, header: str | None) -> None:
    """Raise `BadSignature` unless `X-Telegram-Bot-Api-Secret-Token` is the one told to `setWebhook`."""
    _demand(header, secret)


def sign_aliyun(access_key_secret: str, method: str, parameters: Mapping[str, str]) -> str:
    """Answer the `Signature` of Aliyun's RPC calls, version 1.0: HMAC-SHA1 over the sorted parameters.

    https://help.aliyun.com/zh/sdk/product-overview/rpc-mechanism
    """
    canonical = "&".join(f"{_percent(name)}={_percent(parameters[name])}" for name in sorted(parameters))
    signed = f"{method}&{_percent('/')}&{_percent(canonical)}"
    key = f"{access_key_secret}&".encode()
    return base64.b64encode(hmac.new(key, signed.encode(), hashlib.sha1).digest()).decode()


@dataclass(frozen=True, slots=True)
class Envelope:
    """The secrets of one encrypted hook; `receiver` is the corporation's id, which each message names."""

    token: str = field(repr=False)
    aes_key: str = field(repr=False)
    receiver: str

    def __post_init__(self) -> None:
        """Raise `ValueError` for a key that is none."""
        _key(self.aes_key)

    def open(self, signature: str | None, timestamp: str | None, nonce: str | None, cipher_text: str) -> str:
        """Answer the message of a truly signed envelope that is meant for us, else raise `BadSignature`."""
        _demand(signature, self._sign(timestamp or "", nonce or "", cipher_text))
        try:
            sealed = base64.b64decode(cipher_text, validate=True)
            decryptor = self._cipher().decryptor()
            unpadder = padding.PKCS7(_PADDED_TO_BITS).unpadder()
            plain = unpadder.update(decryptor.update(sealed) + decryptor.finalize()) + unpadder.finalize()
            length = int.from_bytes(plain[_RANDOM : _RANDOM + _LENGTH], "big")
            start = _RANDOM + _LENGTH
            message, receiver = plain[start : start + length].decode(), plain[start + length :].decode()
        except (ValueError, binascii.Error) as error:
            raise BadSignature("the envelope cannot be opened") from error
        if not hmac.compare_digest(receiver.encode(), self.receiver.encode()):
            raise BadSignature("the message is meant for somebody else")
        return message

    def seal(self, message: str, timestamp: str, nonce: str) -> tuple[str, str]:
        """Answer the cipher text of a message and its signature."""
        body = message.encode()
        plain = secrets.token_bytes(_RANDOM) + len(body).to_bytes(_LENGTH, "big") + body
        padder = padding.PKCS7(_PADDED_TO_BITS).padder()
        padded = padder.update(plain + self.receiver.encode()) + padder.finalize()
        encryptor = self._cipher().encryptor()
        cipher_text = base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()
        return cipher_text, self._sign(timestamp, nonce, cipher_text)

    def check_time(self, timestamp: str | None, *, now: datetime, per_second: int = 1) -> None:
        """Raise `BadSignature` for a call that is more than five minutes old or early."""
        _timely(timestamp, now, ENVELOPE_TOLERANCE, per_second=per_second)

    def _sign(self, timestamp: str, nonce: str, cipher_text: str) -> str:
        parts = sorted((self.token, timestamp, nonce, cipher_text))
        return hashlib.sha1(
            "".join(parts).encode("utf-8", "surrogatepass"), usedforsecurity=False
        ).hexdigest()

    def _cipher(self) -> Cipher[modes.CBC]:
        key = _key(self.aes_key)
        return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def _key(written: str) -> bytes:
    if len(written) != _KEY_CHARACTERS:
        raise ValueError("an AES key of WeCom or DingTalk has 43 characters")
    try:
        return base64.b64decode(written + "=", validate=True)
    except binascii.Error as error:
        raise ValueError("an AES key of WeCom or DingTalk is Base64") from error


def _timely(written: str | None, now: datetime, tolerance: timedelta, *, per_second: int) -> None:
    text = written or ""
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise BadSignature("the call does not say when it was made")
    if abs(datetime.fromtimestamp(int(text) / per_second, tz=UTC) - now) > tolerance:
        raise BadSignature("the call is too old, or from the future")


def _demand(given: str | None, good: str) -> None:
    if not given or not good or not hmac.compare_digest(given.encode(), good.encode()):
        raise BadSignature("the signature does not match")


def _percent(text: str) -> str:
    return quote(text, safe="~")
