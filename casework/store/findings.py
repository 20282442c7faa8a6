"""Findings about cases that rules opened, and what the word of devices weighs."""

from datetime import datetime

import sqlalchemy as sa

from casework.domain.findings import DeviceWeight, Finding, Precision, WeakSignal
from casework.store import rulebook_tables, tables
from casework.store.casefile import upsert
from casework.store.rows import Rows

_F, _W, _S = rulebook_tables.findings.c, rulebook_tables.device_weights.c, rulebook_tables.weak_signals.c
_EV, _J = tables.events.c, tables.judgements.c


class Findings:
    """Whether what rules said was true."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._findings = Rows(connection, rulebook_tables.findings, Finding)
        self._weights = Rows(connection, rulebook_tables.device_weights, DeviceWeight)
        self._signals = Rows(connection, rulebook_tables.weak_signals, WeakSignal)

    def find(self, case_id: str) -> Finding | None:
        return self._findings.first(self._findings.select().where(_F.case_id == case_id))

    def put(self, finding: Finding) -> None:
        if self._findings.update(finding) == 0:
            self._findings.insert([finding])

    def drop(self, case_id: str) -> None:
        self._connection.execute(sa.delete(rulebook_tables.findings).where(_F.case_id == case_id))

    def origin(self, case_id: str) -> tuple[str, str | None] | None:
        """Answer the source and the device of the event that opened a case."""
        query = (
            sa.select(_EV.source, _EV.subject)
            .join(tables.judgements, _J.event_seq == _EV.seq)
            .where(_J.case_id == case_id)
            .order_by(_EV.seq)
            .limit(1)
        )
        row = self._connection.execute(query).first()
        return None if row is None else (row.source, row.subject)

    def recent(self, source: str, device: str, limit: int) -> Precision:
        """Count the latest findings of one device."""
        query = (
            sa.select(_F.found)
            .where(_F.source == source, _F.device == device)
            .order_by(_F.at.desc())
            .limit(limit)
        )
        found = list(self._connection.execute(query).scalars())
        return Precision(len(found), sum(found))

    def weight(self, source: str, device: str) -> DeviceWeight | None:
        query = self._weights.select().where(_W.source == source, _W.device == device)
        return self._weights.first(query.with_for_update())

    def put_weight(self, weight: DeviceWeight) -> None:
        if self._weights.update(weight) == 0:
            self._weights.insert([weight])

    def weak_devices(self) -> frozenset[tuple[str, str]]:
        rows = self._connection.execute(sa.select(_W.source, _W.device).where(_W.weak.is_(True)))
        return frozenset((row.source, row.device) for row in rows)

    def add_signal(self, signal: WeakSignal) -> None:
        """Keep what a weak device says; two rules may make the same of one event."""
        insert = upsert(self._connection, rulebook_tables.weak_signals).values(**self._signals.values(signal))
        self._connection.execute(insert.on_conflict_do_nothing())

    def signals(self, category: str, since: datetime, limit: int = 200) -> list[WeakSignal]:
        """Answer what weak devices said lately about one kind of thing, the newest first."""
        query = self._signals.select().where(_S.category == category, _S.at >= since)
        return self._signals.many(query.order_by(_S.at.desc()).limit(limit))
