"""SMS through Aliyun (Dysmsapi 2017-05-25), signed here: its own library weighs 68 MB."""

import json
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from notifications import chat_channel, errors, segments, vendor_crypto, wire
from notifications.channel import Accepted, OutgoingText

HOST = "https://dysmsapi.aliyuncs.com"
_CHINA = ZoneInfo("Asia/Shanghai")
_COUNTRY = "+86"
_PAGE = 50
_MOST_PAGES = 4


@dataclass(frozen=True, slots=True)
class AliyunAccount:
    """Whose account sends, under which signature, in which approved template.

    The template has one variable, `content`, which carries the whole text.
    """

    access_key_id: str
    access_key_secret: str = field(repr=False)
    sign_name: str
    template_code: str


class AliyunSms:
    """Sends SMS through Aliyun, or a double of it at `api_base`; many threads may share it.

    Each text carries the outbox row as `OutId`, and the list of a day answers it again: a lost answer is
    never a guess.
    """

    name: ClassVar[str] = "aliyun"
    can_reconcile: ClassVar[bool] = True
    reports_delivery: ClassVar[bool] = True

    def __init__(
        self,
        account: AliyunAccount,
        *,
        clock: Callable[[], datetime],
        api_base: str | None = None,
        timeout_s: float = 5.0,
    ) -> None:
        self._account = account
        self._clock = clock
        self._base = api_base or HOST
        self._wire = wire.Wire(timeout_s=timeout_s)

    def send(self, text: OutgoingText) -> Accepted:
        """Send one text."""
        document = self._ask(
            {
                "Action": "SendSms",
                "PhoneNumbers": number(text.to),
                "SignName": self._account.sign_name,
                "TemplateCode": self._account.template_code,
                "TemplateParam": _parameter(text.body),
                "OutId": text.id,
            }
        )
        return Accepted(
            str(document.get("BizId") or f"out:{text.id}")[:64], segments.count(text.body).segments
        )

    def find(
        self, text: OutgoingText, *, since: datetime, claimed: Collection[str] | None = None
    ) -> Accepted | None:
        """Look through the list of the day of the attempt, and of the next, for the text's own id."""
        del claimed  # the id decides
        for day in (since, since + timedelta(days=1)):
            if day <= self._clock() + timedelta(minutes=1) and self._listed(text, day):
                return Accepted(f"out:{text.id}", segments.count(text.body).segments)
        return None

    def _listed(self, text: OutgoingText, day: datetime) -> bool:
        for page in range(1, _MOST_PAGES + 1):
            try:
                document = self._ask(
                    {
                        "Action": "QuerySendDetails",
                        "PhoneNumber": number(text.to),
                        "SendDate": day.astimezone(_CHINA).strftime("%Y%m%d"),
                        "PageSize": str(_PAGE),
                        "CurrentPage": str(page),
                    }
                )
            except errors.ChannelError as error:
                # Nothing is sent by asking: whatever went wrong, ask again.
                raise errors.TryLater(error.code, error.detail, retry_after_s=error.retry_after_s) from error
            listed = (document.get("SmsSendDetailDTOs") or {}).get("SmsSendDetailDTO") or []
            if any(one.get("OutId") == text.id for one in listed):
                return True
            if len(listed) < _PAGE:
                return False
        return False

    def _ask(self, wanted: Mapping[str, str]) -> Mapping[str, Any]:
        account = self._account
        fields = {
            "AccessKeyId": account.access_key_id,
            "Format": "JSON",
            "RegionId": "cn-hangzhou",
            "SignatureMethod": "HMAC-SHA1",
            "SignatureNonce": secrets.token_hex(16),
            "SignatureVersion": "1.0",
            "Timestamp": self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Version": "2017-05-25",
            **wanted,
        }
        fields["Signature"] = vendor_crypto.sign_aliyun(account.access_key_secret, "POST", fields)
        answer = wire.demand_answer("aliyun", self._wire.post_form(f"{self._base}/", fields))
        document = answer.document()
        if document.get("Code") != "OK":
            chat_channel.refuse("aliyun", document.get("Code"), document)
        return document


def number(e164: str) -> str:
    """Write a number as Aliyun wants it: without +86 at home, with the country and without + abroad."""
    return e164.removeprefix(_COUNTRY) if e164.startswith(_COUNTRY) else e164.removeprefix("+")


def _parameter(body: str) -> str:
    return json.dumps({"content": body}, ensure_ascii=False)
