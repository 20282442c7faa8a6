"""The outbox: texts to send, each try and each word of the provider."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from casework import ids
from casework.domain import errors
from casework.domain.messages import Message, MessageState
from casework.ids import AssignmentId, CaseId, ClockId, MessageId
from casework.store import tables
from casework.store.rows import Rows

M = tables.messages.c
STALLED = timedelta(minutes=2)
"""A text whose attempt left no outcome for so long holds up no later one to the same person."""
QUIET = "quiet_hours"
"""Why a text waits that may not go at night; what may go meanwhile does not wait for it."""


def _earlier(state: str, now: datetime) -> sa.ColumnElement[bool]:
    """Tell of a text whether an earlier one to the same person is in this state and must go first."""
    other = tables.messages.alias(f"earlier_{state}")
    e = other.c
    # The state stands in the statement itself: a bound one would hide the partial index from SQLite.
    query = sa.select(sa.literal(1)).where(
        sa.literal_column(f"{other.name}.state") == sa.literal_column(f"'{state}'"),
        e.channel == M.channel,
        e.address == M.address,
        e.id < M.id,
        e.error.is_distinct_from(QUIET),
    )
    if state == MessageState.SENDING:
        query = query.where(e.attempt_at > now - STALLED)
    return sa.exists(query.correlate(tables.messages))


class Messages:
    """Rows of the outbox, claimed by compare-and-swap."""

    def __init__(self, connection: sa.Connection) -> None:
        self._rows = Rows(connection, tables.messages, Message)
        self._bare = connection
        self._notes: list[dict[str, Any]] = []

    def flush(self) -> None:
        """Write what was added or changed for later."""
        self._rows.flush()
        if self._notes:
            notes, self._notes = self._notes, []
            self._bare.execute(sa.insert(tables.deliveries), notes)

    @property
    def _connection(self) -> sa.Connection:
        self.flush()
        return self._bare

    def add(self, message: Message) -> None:
        self._rows.later(message)

    def get(self, message_id: MessageId) -> Message:
        return self._required(self._rows.select().where(M.id == message_id))

    def lock(self, message_id: MessageId) -> Message:
        return self._required(self._rows.select().where(M.id == message_id).with_for_update())

    def lock_many(self, message_ids: Iterable[MessageId]) -> dict[MessageId, Message]:
        """Lock several rows, in one order; an id without a row is left out."""
        query = self._rows.select().where(M.id.in_(list(message_ids))).order_by(M.id)
        return {message.id: message for message in self._rows.many(query.with_for_update())}

    def save(self, message: Message) -> None:
        self._rows.update_later(message)

    def any_due(self, now: datetime, channels: Sequence[str]) -> bool:
        """Tell whether a text waits, without locking anything."""
        query = sa.select(M.id).where(
            M.state == MessageState.NEW, M.next_attempt_at <= now, M.channel.in_(channels)
        )
        return self._connection.execute(query.limit(1)).first() is not None

    def claim(
        self,
        now: datetime,
        limit: int,
        channels: Sequence[str],
        *,
        ask_at: datetime,
        first: Collection[str] = (),
    ) -> list[Message]:
        """Take the next texts to send and mark them `sending`: the attempt is on record before the call.

        Texts to one person go in the order they were written, the next when the one before is settled;
        purposes in `first` go before what waits longer. `ask_at` is when the provider is asked about a text
        whose call has left no outcome.
        """
        due = (
            sa.select(M.id)
            .where(M.state == MessageState.NEW, M.next_attempt_at <= now, M.channel.in_(channels))
            .where(~_earlier("new", now), ~_earlier("sending", now))
            .order_by(M.next_attempt_at, M.id)
            .with_for_update(skip_locked=True, of=tables.messages)
        )
        ids_due: list[str] = []
        if first:
            urgent = due.where(M.purpose.in_(sorted(first))).limit(limit)
            ids_due = list(self._connection.execute(urgent).scalars())
        if len(ids_due) < limit:
            rest = due.where(M.purpose.not_in(sorted(first))) if first else due
            ids_due += self._connection.execute(rest.limit(limit - len(ids_due))).scalars()
        if not ids_due:
            return []
        statement = (
            sa.update(tables.messages)
            .where(M.id.in_(ids_due), M.state == MessageState.NEW)
            .values(
                state=MessageState.SENDING, attempt_at=now, next_attempt_at=ask_at, attempts=M.attempts + 1
            )
            .returning(*(M[name] for name in self._rows.names))
        )
        claimed = [Message(**row._mapping) for row in self._connection.execute(statement)]  # noqa: SLF001  (SQLAlchemy's public name)
        order = {message_id: place for place, message_id in enumerate(ids_due)}
        return sorted(claimed, key=lambda message: order[message.id])

    def collect(self, channel: str, address: str) -> list[Message]:
        """Take what waits for somebody who is writing to us now, in the order it was written."""
        query = self._rows.select().where(
            M.channel == channel, M.address == address, M.state == MessageState.NEW
        )
        return self._rows.many(query.order_by(M.id).limit(50).with_for_update(skip_locked=True))

    def provider_ids(self, channel: str, address: str, since: datetime) -> frozenset[str]:
        """List the provider's ids of texts to one address that are accounted for already."""
        query = sa.select(M.provider_id).where(
            M.channel == channel, M.address == address, M.provider_id.is_not(None), M.created_at >= since
        )
        return frozenset(self._connection.execute(query).scalars())

    def unknown(self, now: datetime, limit: int) -> list[Message]:
        """List texts whose attempt has no result and whose time to be asked about has come."""
        query = self._rows.select().where(M.state == MessageState.SENDING, M.next_attempt_at <= now)
        return self._rows.many(query.order_by(M.next_attempt_at).limit(limit))

    def cancel_of(self, assignment_id: AssignmentId, now: datetime) -> int:
        """Cancel what an assignment still has waiting to be sent."""
        return self._cancel(M.assignment_id == assignment_id, now)

    def cancel_purposes(self, case_id: CaseId, purposes: Iterable[str], now: datetime) -> int:
        """Cancel a case's texts of some purposes that still wait to be sent."""
        return self._cancel(sa.and_(M.case_id == case_id, M.purpose.in_(list(purposes))), now)

    def cancel_of_clocks(self, clock_ids: Iterable[ClockId], now: datetime) -> int:
        """Cancel the warnings of clocks that still wait to be sent."""
        return self._cancel(M.clock_id.in_(list(clock_ids)), now)

    def cancel_warnings(self, case_id: CaseId, now: datetime) -> int:
        """Cancel the warnings of all clocks of a case that still wait to be sent."""
        return self._cancel(sa.and_(M.case_id == case_id, M.clock_id.is_not(None)), now)

    def _cancel(self, which: sa.ColumnElement[bool], now: datetime) -> int:
        statement = sa.update(tables.messages).where(which, M.state == MessageState.NEW)
        struck = sa.func.replace(M.body, M.secret, sa.func.substr(M.secret, 1, 4) + "…")
        body = sa.case((M.secret.is_not(None), struck), else_=M.body)
        done = self._connection.execute(
            statement.values(state=MessageState.CANCELLED, attempt_at=now, body=body, secret=None)
        )
        return done.rowcount

    def note(self, message_id: MessageId, at: datetime, what: str, detail: Mapping[str, Any]) -> None:
        """Keep one try or one word of the provider."""
        self._notes.append(
            {"id": ids.new(), "message_id": message_id, "at": at, "what": what, "detail": dict(detail)}
        )

    def _required(self, query: sa.Select[tuple[object, ...]]) -> Message:
        message = self._rows.first(query)
        if message is None:
            raise errors.NotFound
        return message
