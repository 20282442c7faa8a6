"""Official warnings, found by their own name and by the messages that name them."""

from collections.abc import Iterable

import sqlalchemy as sa

from casework.domain.cap import Link, Warning  # noqa: A004  (the word of the trade)
from casework.store import register_tables
from casework.store.rows import Rows

_W, _R = register_tables.warnings.c, register_tables.warning_refs.c


class Warnings:
    """Official warnings and how they name each other."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._rows = Rows(connection, register_tables.warnings, Warning)

    def find(self, key: str) -> Warning | None:
        return self._rows.first(self._rows.select().where(_W.key == key))

    def named(self, keys: Iterable[str], source: str) -> list[Warning]:
        """Read some of a source's messages, locked to the end."""
        query = self._rows.select().where(_W.key.in_(sorted(keys)), _W.source == source).order_by(_W.key)
        return self._rows.many(query.with_for_update())

    def naming(self, keys: Iterable[str], source: str) -> list[Link]:
        """Find the messages of a source that name one of some others."""
        query = (
            sa.select(_W.key, _W.kind, _W.status, _W.refs)
            .where(_W.source == source)
            .where(_W.key.in_(sa.select(_R.key).where(_R.named.in_(sorted(keys)))))
        )
        found = self._connection.execute(query)
        return [Link(row.key, row.kind, row.status, frozenset(row.refs)) for row in found]

    def add(self, warning: Warning) -> None:
        self._rows.insert([warning])
        if warning.refs:
            rows = [{"named": named, "key": warning.key} for named in sorted(set(warning.refs))]
            self._connection.execute(sa.insert(register_tables.warning_refs), rows)

    def save(self, warning: Warning) -> None:
        self._rows.update(warning)
