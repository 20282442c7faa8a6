"""Plays the packs' sample streams one after the other, so that every scenario is seen within minutes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from casework.demo import accounts
from casework.demo.stream import Signal
from rules.samples import Sample

FIRST_S = 6.0
APART_S = 12.0
"""So much later than the one before each stream begins: an operator can follow, and a dozen take minutes."""
LONGEST_S = 90.0
AGAIN_S = 900.0


@dataclass(frozen=True, slots=True)
class Played:
    """One event of a stream as it is sent: when, and which time it says it happened."""

    at_s: float
    signal: Signal
    before_s: float
    begins: str

    def happened(self, now: datetime, zone: ZoneInfo) -> datetime:
        """Answer the event's own time: as long ago as a stream that was shortened wants it.

        A stream that belongs to an hour of the day has the last such hour that is past.
        """
        if not self.begins:
            return now - timedelta(seconds=self.before_s)
        local = now.astimezone(zone)
        last = datetime.combine(local.date(), time.fromisoformat(self.begins), zone)
        last += timedelta(seconds=self.before_s)
        return last if last <= local else last - timedelta(days=1)


def plan(samples: Sequence[Sample]) -> Iterator[Played]:
    """Say what is sent when, in seconds from the start, for one playing of all the streams.

    A stream longer than a minute and a half is sent in that time, its events dated back so that its last
    moment is now: the absence of a day is seen at once and is still the absence of a day.
    """
    for index, sample in enumerate(samples):
        begin_s = FIRST_S + index * APART_S
        shown_s = min(sample.until_s, LONGEST_S)
        pace = shown_s / sample.until_s if sample.until_s else 1.0
        for event in sample.events:
            sent_s = event.at_s * pace
            sender = accounts.SENDERS.get(event.source, accounts.SENSORS)
            signal = Signal(sender, event.type, dict(event.data), event.subject)
            before_s = event.at_s if sample.begins else (sample.until_s - event.at_s) - (shown_s - sent_s)
            yield Played(begin_s + sent_s, signal, before_s, sample.begins)
