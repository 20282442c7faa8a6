"""How often rules, sources and devices were right, from the findings about their cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from casework.domain.findings import FLOOR, DeviceWeight, Finding, Precision
from casework.store import rulebook_tables
from casework.store.rows import Rows

LIMIT = 500
WEEKS = 12
_F, _W = rulebook_tables.findings.c, rulebook_tables.device_weights.c
BY = {
    "rule": (_F.pack, _F.rule_id),
    "version": (_F.rule_id, _F.rule_version),
    "source": (_F.source,),
    "device": (_F.source, _F.device),
}
"""What can be counted apart; the names are those of the address."""


@dataclass(frozen=True, slots=True)
class Row:
    """The precision of one rule, source or device; `weeks` are the counts of the last weeks, oldest first."""

    names: tuple[str, ...]
    precision: Precision
    weeks: tuple[Precision, ...]
    weight: DeviceWeight | None = None

    @property
    def trend(self) -> float | None:
        """The precision of the later half of the weeks less that of the earlier half."""
        half = len(self.weeks) // 2
        earlier, later = _sum(self.weeks[:half]), _sum(self.weeks[half:])
        return later.value - earlier.value if earlier.value is not None and later.value is not None else None

    @property
    def floor(self) -> float:
        """What is asked of a device."""
        return self.weight.floor if self.weight and self.weight.floor is not None else FLOOR


def read(connection: sa.Connection, by: str, now: datetime, *, rule: str | None = None) -> list[Row]:
    """Count findings of the last weeks by one of `BY`, the least precise first, at most 500."""
    start = now - timedelta(weeks=WEEKS)
    columns = BY[by]
    query = sa.select(*columns, _F.at, _F.found).where(_F.at >= start, columns[-1].is_not(None))
    if rule is not None:
        query = query.where(_F.rule_id == rule)
    counted: dict[tuple[str, ...], list[list[int]]] = {}
    for row in connection.execute(query):
        names = tuple(str(name or "") for name in row[: len(columns)])
        weeks = counted.setdefault(names, [[0, 0] for _ in range(WEEKS)])
        week = min(WEEKS - 1, max(0, (row.at - start) // timedelta(weeks=1)))
        weeks[week][0] += 1
        weeks[week][1] += row.found
    weights = _weights(connection) if by == "device" else {}
    rows = [
        Row(
            names,
            Precision(sum(n for n, _ in weeks), sum(true for _, true in weeks)),
            tuple(Precision(n, true) for n, true in weeks),
            weights.get((names[0], names[-1])),
        )
        for names, weeks in counted.items()
    ]
    return sorted(rows, key=lambda row: (row.precision.value or 0.0, -row.precision.n, row.names))[:LIMIT]


def latest(connection: sa.Connection, rule: str, limit: int = 30) -> Sequence[Finding]:
    """Answer the latest findings about the cases of a rule."""
    rows = Rows(connection, rulebook_tables.findings, Finding)
    return rows.many(rows.select().where(_F.rule_id == rule).order_by(_F.at.desc()).limit(limit))


def _weights(connection: sa.Connection) -> dict[tuple[str, str], DeviceWeight]:
    rows = Rows(connection, rulebook_tables.device_weights, DeviceWeight)
    return {(weight.source, weight.device): weight for weight in rows.many(rows.select())}


def _sum(parts: Sequence[Precision]) -> Precision:
    return Precision(sum(part.n for part in parts), sum(part.true for part in parts))
