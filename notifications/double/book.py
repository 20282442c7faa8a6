"""The texts that the double holds: the newest, by id and by person, in bounded memory."""

import threading
import uuid
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

Direction = Literal["outbound-api", "outbound-reply", "inbound"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One text; `number` counts all texts ever, so that a reader can go on where it stopped."""

    number: int
    sid: str
    direction: Direction
    to: str
    sender: str
    body: str
    created_at: datetime
    status: str
    service_sid: str | None = None
    callback: str | None = None
    validity_s: int | None = None
    sent_at: datetime | None = None
    error: int | None = None

    @property
    def person(self) -> str:
        """The number of the person at the other end."""
        return self.sender if self.direction == "inbound" else self.to


class Book:
    """Keeps the last `keep` texts; many threads may write and read."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._by_person: dict[str, deque[str]] = {}
        self._total = 0
        self._opted_out: set[str] = set()

    def add(  # noqa: PLR0913  (each is a field of the text)
        self,
        *,
        direction: Direction,
        to: str,
        sender: str,
        body: str,
        now: datetime,
        status: str,
        service_sid: str | None = None,
        callback: str | None = None,
        validity_s: int | None = None,
    ) -> Entry:
        """Take in a text under a new id; the oldest makes room."""
        with self._lock:
            self._total += 1
            entry = Entry(
                number=self._total,
                sid="SM" + uuid.uuid4().hex,
                direction=direction,
                to=to,
                sender=sender,
                body=body,
                created_at=now,
                status=status,
                service_sid=service_sid,
                callback=callback,
                validity_s=validity_s,
            )
            self._entries[entry.sid] = entry
            self._by_person.setdefault(entry.person, deque()).append(entry.sid)
            if len(self._entries) > self._keep:
                self._forget_oldest()
            return entry

    def advance(self, sid: str, status: str, now: datetime, error: int | None = None) -> Entry | None:
        """Move a text to a state and answer it, or None if it was forgotten meanwhile."""
        with self._lock:
            entry = self._entries.get(sid)
            if entry is None:
                return None
            self._entries[sid] = replace(entry, status=status, error=error, sent_at=entry.sent_at or now)
            return self._entries[sid]

    def find(self, sid: str) -> Entry | None:
        """Answer a text, or None."""
        return self._entries.get(sid)

    def newest_first(self, person: str | None = None) -> list[Entry]:
        """Answer all kept texts, or one person's, newest first."""
        with self._lock:
            if person is None:
                return list(reversed(self._entries.values()))
            return [self._entries[sid] for sid in reversed(self._by_person.get(person, ()))]

    def after(self, number: int, limit: int) -> list[Entry]:
        """Answer up to `limit` texts that came after this number, oldest first."""
        with self._lock:
            return list(_take((one for one in self._entries.values() if one.number > number), limit))

    def conversations(self, limit: int) -> list[Entry]:
        """Answer the last text of each person, the newest conversation first."""
        with self._lock:
            lasts = [self._entries[sids[-1]] for sids in self._by_person.values()]
        return sorted(lasts, key=lambda one: -one.number)[:limit]

    def counts(self) -> dict[str, object]:
        """Answer how many texts came in ever, how many are kept, and how many stand in each state."""
        with self._lock:
            states = Counter(one.status for one in self._entries.values())
            return {"total": self._total, "kept": len(self._entries), "by_status": dict(states)}

    def opt(self, person: str, *, out: bool) -> None:
        """Remember that a person wants no texts, or wants them again."""
        with self._lock:
            if out and len(self._opted_out) < self._keep:
                self._opted_out.add(person)
            elif not out:
                self._opted_out.discard(person)

    def has_opted_out(self, person: str) -> bool:
        """Tell whether a person wants no texts."""
        return person in self._opted_out

    def _forget_oldest(self) -> None:
        _, oldest = self._entries.popitem(last=False)
        theirs = self._by_person[oldest.person]
        theirs.popleft()
        if not theirs:
            del self._by_person[oldest.person]


def _take(entries: Iterator[Entry], limit: int) -> Iterator[Entry]:
    for _, entry in zip(range(limit), entries, strict=False):
        yield entry
