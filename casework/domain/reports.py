"""What a person told us: one report, its reporter, and how the reporter hears back."""

from dataclasses import dataclass
from datetime import datetime

from casework.ids import CaseId, ReportId


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report by one reporter; many reports, one case.

    `channel` and `address` say where the reporter is answered (`sms` and a number, `chat:generic` and the
    channel's own user key); both are empty for a source that wants no answer.
    """

    id: ReportId
    case_id: CaseId
    event_seq: int | None
    received_at: datetime
    text: str
    channel: str | None
    address: str | None
    language: str
    name: str | None = None
    media: tuple[str, ...] = ()
    answered_at: datetime | None = None
    reached_at: datetime | None = None
    confirmed: bool | None = None

    @property
    def can_be_told(self) -> bool:
        """Whether we know where to answer."""
        return bool(self.channel and self.address)
