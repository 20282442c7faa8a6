"""What the double is told at its start."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

DEMO_SID = "AC" + "0" * 32


@dataclass(frozen=True, slots=True)
class DoubleConfig:
    """Whom the double believes and where it calls.

    `clock` answers aware UTC; `callback_delay_s` passes between two states of a text; `inbound_url` is the
    product's hook for texts that people send, `.../hooks/twilio/sms`, exactly as the product's public URL
    spells it; `sender` is the number that people write to; `keep` bounds the memory, in texts.
    """

    clock: Callable[[], datetime]
    account_sid: str = DEMO_SID
    auth_token: str = field(default="demo", repr=False)
    callback_delay_s: float = 0.2
    inbound_url: str | None = None
    sender: str = "+15005550006"
    keep: int = 50_000
