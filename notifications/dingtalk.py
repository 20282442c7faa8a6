"""DingTalk: a robot in a group of the staff, and an application's robot that writes to one person."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from urllib.parse import urlencode

from notifications import chat_channel, errors, vendor_crypto, wire
from notifications.access_token import AccessToken
from notifications.channel import Accepted, OutgoingText
from notifications.chat_channel import ChatChannel

ROBOT_HOST, API_HOST = "https://oapi.dingtalk.com", "https://api.dingtalk.com"
_BAD_REQUEST = 400
_UNAUTHORISED = 401


@dataclass(frozen=True, slots=True)
class Robot:
    """A group's robot: the token of its address and the secret of its signature."""

    access_token: str = field(repr=False)
    secret: str = field(repr=False)


class DingTalkRobot(ChatChannel):
    """Writes into the group of one robot, whatever the address says.

    https://open.dingtalk.com/document/robots/custom-robot-access
    """

    name: ClassVar[str] = "dingtalk"

    def __init__(
        self,
        robot: Robot,
        *,
        clock: Callable[[], datetime],
        api_base: str | None = None,
        timeout_s: float = 5.0,
    ) -> None:
        self._robot = robot
        self._clock = clock
        self._base = api_base or ROBOT_HOST
        self._wire = wire.Wire(timeout_s=timeout_s)

    def send(self, text: OutgoingText) -> Accepted:
        """Post the text to the group."""
        now_ms = str(int(self._clock().timestamp() * 1000))
        query = urlencode(
            {
                "access_token": self._robot.access_token,
                "timestamp": now_ms,
                "sign": vendor_crypto.sign_dingtalk(self._robot.secret, now_ms),
            }
        )
        answer = self._wire.post_json(
            f"{self._base}/robot/send?{query}", {"msgtype": "text", "text": {"content": text.body}}
        )
        document = wire.demand_answer("dingtalk", answer).document()
        if document.get("errcode") != 0:
            chat_channel.refuse("dingtalk", document.get("errcode"), document)
        return Accepted(f"dingtalk:{text.id}", None)


@dataclass(frozen=True, slots=True)
class Application:
    """An application of the corporation with a robot of its own."""

    app_key: str
    app_secret: str = field(repr=False)
    robot_code: str


class DingTalkChat(ChatChannel):
    """Writes to one person by the id that DingTalk names with each of their messages.

    https://open.dingtalk.com/document/orgapp/chatbots-send-one-on-one-chat-messages-in-batches
    """

    name: ClassVar[str] = "dingtalk_chat"

    def __init__(
        self, application: Application, *, api_base: str | None = None, timeout_s: float = 2.5
    ) -> None:
        self._application = application
        self._base = api_base or API_HOST
        self._wire = wire.Wire(timeout_s=timeout_s)
        self._token = AccessToken(self._fetch)

    def send(self, text: OutgoingText) -> Accepted:
        """Write to the person."""
        token = self._token.get()
        answer = self._wire.post_json(
            f"{self._base}/v1.0/robot/oToMessages/batchSend",
            {
                "robotCode": self._application.robot_code,
                "userIds": [text.to],
                "msgKey": "sampleText",
                "msgParam": json.dumps({"content": text.body}, ensure_ascii=False),
            },
            {"x-acs-dingtalk-access-token": token},
        )
        document = wire.demand_answer("dingtalk", answer).document()
        if answer.status == _UNAUTHORISED:
            self._token.drop(token)
            raise errors.TryLater("dingtalk:token", "the access token is no longer taken")
        if answer.status >= _BAD_REQUEST:
            chat_channel.refuse("dingtalk", document.get("code"), document)
        if text.to in (document.get("invalidStaffIdList") or ()):
            raise errors.Refused("dingtalk:invalid_user", "DingTalk does not know this person")
        if text.to in (document.get("flowControlledStaffIdList") or ()):
            raise errors.TryLater("dingtalk:flow", "too many messages to this person")
        return Accepted(str(document.get("processQueryKey") or text.id)[:64], None)

    def _fetch(self) -> tuple[str, float]:
        application = self._application
        try:
            answer = self._wire.post_json(
                f"{self._base}/v1.0/oauth2/accessToken",
                {"appKey": application.app_key, "appSecret": application.app_secret},
            )
            document = wire.demand_answer("dingtalk", answer).document()
        except errors.ChannelError as error:
            # Nothing is sent by asking for a token: whatever went wrong, ask again.
            raise errors.TryLater(error.code, error.detail, retry_after_s=error.retry_after_s) from error
        if answer.status >= _BAD_REQUEST or not document.get("accessToken"):
            raise errors.TryLater("dingtalk:token", "the application's key or secret is not taken")
        return str(document["accessToken"]), float(document.get("expireIn") or 0)
