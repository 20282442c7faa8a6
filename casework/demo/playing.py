"""Plays the packs' sample streams one after the other, so that every scenario is seen within minutes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from casework.demo import accounts
from casework.demo.stream import Signal
from rules.samples import Sample

FIRST_S = 6.0
APART_S = 18.0
"""So much later than the one before each stream begins: crews and operators can follow."""
LONGEST_S = 90.0
AGAIN_S = 1800.0


@dataclass(frozen=True, slots=True)
class Played:
    """One event of a stream as it is sent: when, and which time it says it happened.

    `at_s` and `ends_s`, the end of its stream, are seconds of the simulation from the start of the playing;
    `since_begin_s` and `to_end_s` are the pack's own.
    """

    at_s: float
    signal: Signal
    ends_s: float
    since_begin_s: float
    to_end_s: float
    begins: str

    def happened(self, began: datetime, speed: float, zone: ZoneInfo) -> datetime:
        """Answer the event's own time in a playing that began then: the distances are those of the pack.

        The last event of a stream happens when it is sent. A stream that belongs to an hour of the day has
        the last such hour that is past.
        """
        if not self.begins:
            return began + timedelta(seconds=self.ends_s / speed - self.to_end_s)
        local = began.astimezone(zone)
        opened = datetime.combine(local.date(), time.fromisoformat(self.begins), zone)
        ended = opened + timedelta(seconds=self.since_begin_s + self.to_end_s)
        day = timedelta(days=0 if ended <= local else 1)
        return opened - day + timedelta(seconds=self.since_begin_s)


def plan(samples: Sequence[Sample]) -> Iterator[Played]:
    """Say what is sent when, for one playing of all the streams.

    A stream longer than a minute and a half is sent in that time, its events dated back so that its last
    moment is now: what lasts ten minutes is seen at once and has still lasted ten minutes.
    """
    for index, sample in enumerate(samples):
        begin_s = FIRST_S + index * APART_S
        shown_s = min(sample.until_s, LONGEST_S)
        pace = shown_s / sample.until_s if sample.until_s else 1.0
        for event in sample.events:
            sender = accounts.SENDERS.get(event.source, accounts.SENSORS)
            yield Played(
                at_s=begin_s + event.at_s * pace,
                signal=Signal(sender, event.type, dict(event.data), event.subject),
                ends_s=begin_s + shown_s,
                since_begin_s=event.at_s,
                to_end_s=sample.until_s - event.at_s,
                begins=sample.begins,
            )
