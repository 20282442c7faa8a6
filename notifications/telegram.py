"""Telegram: a bot that writes to the chats it was written to from."""

from typing import ClassVar

from notifications import chat_channel, wire
from notifications.channel import Accepted, OutgoingText
from notifications.chat_channel import ChatChannel

HOST = "https://api.telegram.org"
_TOO_MANY = 429


class Telegram(ChatChannel):
    """Writes to a chat by its id. https://core.telegram.org/bots/api#sendmessage."""

    name: ClassVar[str] = "telegram"

    def __init__(self, bot_token: str, *, api_base: str | None = None, timeout_s: float = 5.0) -> None:
        self._url = f"{api_base or HOST}/bot{bot_token}/sendMessage"
        self._wire = wire.Wire(timeout_s=timeout_s)

    def send(self, text: OutgoingText) -> Accepted:
        """Write to the chat, without opening the links in the text."""
        answer = self._wire.post_json(
            self._url,
            {"chat_id": text.to, "text": text.body, "link_preview_options": {"is_disabled": True}},
        )
        if answer.status != _TOO_MANY:  # its own document says how long to wait
            wire.demand_answer("telegram", answer)
        document = answer.document()
        if document.get("ok") is not True:
            parameters = document.get("parameters") or {}
            chat_channel.refuse(
                "telegram",
                document.get("error_code") or answer.status,
                document,
                retry_after_s=wire.seconds(parameters.get("retry_after")),
            )
        result = document.get("result") or {}
        return Accepted(f"{text.to}/{result.get('message_id', text.id)}"[:64], None)
