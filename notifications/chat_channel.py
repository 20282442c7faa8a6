"""What the chat vendors' channels share: no list to look a message up in, no report of its delivery."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, ClassVar

from notifications import errors, provider_codes
from notifications.channel import Accepted, OutgoingText


class ChatChannel:
    """A vendor that takes a message and never speaks of it again.

    After a lost answer the message is sent once more: the vendor has no way to tell whether it has it.
    """

    can_reconcile: ClassVar[bool] = False
    reports_delivery: ClassVar[bool] = False

    def find(
        self,
        text: OutgoingText,
        *,
        since: datetime,
        claimed: Collection[str] | None = None,
    ) -> Accepted | None:
        """Answer None: the vendor lists nothing."""
        del text, since, claimed
        return None


def refuse(
    vendor: str, code: object, document: Mapping[str, Any], *, retry_after_s: float | None = None
) -> None:
    """Raise what a vendor's own error number means; a number that no table has is permanent."""
    del document  # a vendor's sentence may repeat the address
    full = f"{vendor}:{code}"
    row = provider_codes.find(full)
    detail = row.meaning["en"] if row else ""
    if row is not None and not row.permanent:
        raise errors.TryLater(full, detail, retry_after_s=retry_after_s)
    raise errors.Refused(full, detail)
