"""Questions after what was due and did not happen, and the row that says who asked last."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from casework.domain.assignments import AssignmentState
from casework.domain.audits import EVERY, LATE, Audit, Found, Lapse
from casework.domain.clocks import RULES
from casework.domain.deadlines import DeadlineKind, DeadlineState
from casework.domain.messages import MessageState
from casework.store import tables
from casework.store.audit_tables import audits
from casework.store.casefile import upsert

HOUSE = "house"
COUNTED = 1_000
NAMED = 5

_D, _C, _M, _A, _E = (
    table.c for table in (tables.deadlines, tables.clocks, tables.messages, tables.assignments, tables.events)
)


class Audits:
    """The auditor's one row, and what it asks."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def last(self) -> Audit | None:
        """Answer what is known of the auditor; None before its first look."""
        query = sa.select(audits.c.finished_at, audits.c.found)
        row = self._connection.execute(query.where(audits.c.name == HOUSE)).first()
        if row is None:
            return None
        return Audit(finished_at=row.finished_at, found=row.found)

    def claim(self, now: datetime) -> bool:
        """Take the next look for this worker; False where another has it or it is not yet time."""
        statement = upsert(self._connection, audits).values(name=HOUSE, claimed_at=now, found={})
        again = statement.on_conflict_do_update(
            index_elements=["name"], set_={"claimed_at": now}, where=audits.c.claimed_at <= now - EVERY
        )
        return self._connection.execute(again.returning(audits.c.name)).first() is not None

    def finish(self, now: datetime, found: Mapping[str, int]) -> None:
        """Write that a look has come to its end, and what it counted."""
        statement = sa.update(audits).where(audits.c.name == HOUSE)
        self._connection.execute(statement.values(finished_at=now, found=dict(found)))

    def look(self, now: datetime) -> Mapping[Lapse, Found]:
        """Look for every kind of lapse; each is counted up to `COUNTED`."""
        late = now - LATE
        return {
            Lapse.DEADLINE_OVERDUE: self._find(
                sa.select(_D.id).where(_D.state == DeadlineState.PENDING, _D.due_at < late)
            ),
            Lapse.CLOCK_WITHOUT_DEADLINE: self._find(_clocks_without_deadline(late)),
            Lapse.OFFER_WITHOUT_EXPIRY: self._find(_offers_without_expiry(late)),
            Lapse.TEXT_STUCK: self._find(
                sa.select(_M.id).where(
                    # As the index has it: SQLite does not see into IN.
                    sa.or_(_M.state == MessageState.NEW, _M.state == MessageState.SENDING),
                    sa.or_(_M.next_attempt_at < late, _M.next_attempt_at.is_(None)),
                )
            ),
            Lapse.EVENT_UNJUDGED: self._find(
                sa.select(sa.cast(_E.seq, sa.String)).where(_E.state == "new", _E.received_at < late)
            ),
        }

    def _find(self, query: sa.Select[Any]) -> Found:
        found = self._connection.execute(query.limit(COUNTED)).scalars().all()
        return Found(len(found), tuple(str(one) for one in found[:NAMED]))


def _clocks_without_deadline(late: datetime) -> sa.Select[Any]:
    """Find clocks that run and would run on in silence: none of their steps waits or has been taken.

    One that stands still with its case has none until it goes on.
    """
    pausable = [kind for kind, rule in RULES.items() if rule.pausable]
    step = sa.select(_D.id).where(
        _D.kind == DeadlineKind.CLOCK, _D.ref == _C.id, _D.state != DeadlineState.CANCELLED
    )
    return (
        sa.select(_C.id)
        .join(tables.cases, tables.cases.c.id == _C.case_id)
        .where(
            _C.stopped_at.is_(None),
            _C.started_at < late,
            ~sa.exists(step),
            ~sa.and_(tables.cases.c.paused.is_(True), _C.kind.in_(pausable)),
        )
    )


def _offers_without_expiry(late: datetime) -> sa.Select[Any]:
    """Find offers that nobody has answered and that nothing will take back."""
    waits = sa.select(_D.id).where(
        _D.kind == DeadlineKind.OFFER, _D.ref == _A.id, _D.state == DeadlineState.PENDING
    )
    return sa.select(_A.id).where(
        _A.state == AssignmentState.OFFERED, sa.or_(_A.expires_at < late, ~sa.exists(waits))
    )
