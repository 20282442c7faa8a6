"""WeCom: a robot in a group of the staff, and an application that writes to one person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlencode

from notifications import chat_channel, errors, wire
from notifications.access_token import AccessToken
from notifications.channel import Accepted, OutgoingText
from notifications.chat_channel import ChatChannel

HOST = "https://qyapi.weixin.qq.com"
SAME_WITHIN_S = 1_800
_TOKEN_ENDED = frozenset({40014, 42001})


class WeComRobot(ChatChannel):
    """Writes into the group of one robot, whatever the address says.

    https://developer.work.weixin.qq.com/document/path/91770
    """

    name: ClassVar[str] = "wecom"

    def __init__(self, key: str, *, api_base: str | None = None, timeout_s: float = 5.0) -> None:
        self._key = key
        self._base = api_base or HOST
        self._wire = wire.Wire(timeout_s=timeout_s)

    def send(self, text: OutgoingText) -> Accepted:
        """Post the text to the group."""
        url = f"{self._base}/cgi-bin/webhook/send?{urlencode({'key': self._key})}"
        answer = self._wire.post_json(url, {"msgtype": "text", "text": {"content": text.body}})
        document = wire.demand_answer("wecom", answer).document()
        if document.get("errcode") != 0:
            chat_channel.refuse("wecom", document.get("errcode"), document)
        return Accepted(f"wecom:{text.id}", None)


@dataclass(frozen=True, slots=True)
class Application:
    """An application of a corporation."""

    corporation: str
    secret: str = field(repr=False)
    agent_id: int


class WeComChat(ChatChannel):
    """Writes to one member by the id that WeCom names with each of their messages.

    WeCom itself drops the same text to the same person within half an hour, so that a text sent again after
    a lost answer is seen once. https://developer.work.weixin.qq.com/document/path/90236
    """

    name: ClassVar[str] = "wecom_chat"

    def __init__(
        self, application: Application, *, api_base: str | None = None, timeout_s: float = 2.5
    ) -> None:
        self._application = application
        self._base = api_base or HOST
        self._wire = wire.Wire(timeout_s=timeout_s)
        self._token = AccessToken(self._fetch)

    def send(self, text: OutgoingText) -> Accepted:
        """Write to the member."""
        token = self._token.get()
        answer = self._wire.post_json(
            f"{self._base}/cgi-bin/message/send?{urlencode({'access_token': token})}",
            {
                "touser": text.to,
                "msgtype": "text",
                "agentid": self._application.agent_id,
                "text": {"content": text.body},
                "enable_duplicate_check": 1,
                "duplicate_check_interval": SAME_WITHIN_S,
            },
        )
        document = wire.demand_answer("wecom", answer).document()
        code = document.get("errcode")
        if code in _TOKEN_ENDED:
            self._token.drop(token)
            raise errors.TryLater(f"wecom:{code}", "the access token is no longer taken")
        if code != 0:
            chat_channel.refuse("wecom", code, document)
        if text.to in str(document.get("invaliduser") or "").split("|"):
            raise errors.Refused("wecom:invalid_user", "WeCom does not know this member")
        return Accepted(str(document.get("msgid") or f"wecom:{text.id}")[:64], None)

    def _fetch(self) -> tuple[str, float]:
        application = self._application
        try:
            answer = self._wire.get(
                f"{self._base}/cgi-bin/gettoken",
                {"corpid": application.corporation, "corpsecret": application.secret},
            )
            document: Mapping[str, Any] = wire.demand_answer("wecom", answer).document()
        except errors.ChannelError as error:
            # Nothing is sent by asking for a token: whatever went wrong, ask again.
            raise errors.TryLater(error.code, error.detail, retry_after_s=error.retry_after_s) from error
        if document.get("errcode") != 0 or not document.get("access_token"):
            raise errors.TryLater("wecom:token", "the corporation's id or the secret is not taken")
        return str(document["access_token"]), float(document.get("expires_in") or 0)
