"""Dataclasses to rows and back, for tables whose columns are the dataclass's fields."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

T = TypeVar("T")
_KEY = "key_of_"


@dataclass(frozen=True, slots=True)
class _Statements:
    """What never changes for one kind of dataclass in one table: making it costs more than running it."""

    names: tuple[str, ...]
    keys: tuple[str, ...]
    select: sa.Select[Any]
    insert: sa.Insert
    update: sa.Update


@cache
def _statements(table: sa.Table, kind: type[Any]) -> _Statements:
    names = tuple(field.name for field in fields(kind))
    keys = tuple(column.name for column in table.primary_key if column.name in names)
    return _Statements(
        names=names,
        keys=keys,
        select=sa.select(*(table.c[name] for name in names)),
        insert=sa.insert(table),
        update=sa.update(table).where(*(table.c[key] == sa.bindparam(_KEY + key) for key in keys)),
    )


class Rows(Generic[T]):
    """Reads and writes one kind of dataclass in one table, on one connection.

    What is added with `later` or changed with `update_later` is written in one statement each before anything
    else is done here, and on `flush`: a sweep adds hundreds of entries, and a statement costs far more than
    a row.
    """

    def __init__(self, connection: sa.Connection, table: sa.Table, kind: type[T]) -> None:
        self.connection = connection
        self.table = table
        self.kind = kind
        self._statements = _statements(table, kind)  # type: ignore[arg-type]  # a class is hashable
        self.names = self._statements.names
        self._later: list[T] = []
        self._changed: list[T] = []

    def select(self) -> sa.Select[Any]:
        """Begin a query for the columns that make one item."""
        return self._statements.select

    def many(self, query: sa.Select[Any]) -> list[T]:
        """Run a query made by `select`."""
        self.flush()
        return [self._item(row) for row in self.connection.execute(query)]

    def first(self, query: sa.Select[Any]) -> T | None:
        """Run a query made by `select` and take its first row."""
        self.flush()
        row = self.connection.execute(query.limit(1)).first()
        return None if row is None else self._item(row)

    def _item(self, row: sa.Row[Any]) -> T:
        return self.kind(**dict(zip(self.names, row, strict=True)))

    def values(self, item: T) -> dict[str, Any]:
        """Spread an item over its columns."""
        return {name: getattr(item, name) for name in self.names}

    def later(self, item: T) -> None:
        """Add a new row before the next reading or writing here, or at the commit."""
        self._later.append(item)

    def update_later(self, item: T) -> None:
        """Write an item over its row before the next reading or writing here, or at the commit."""
        self._changed.append(item)

    def flush(self) -> None:
        """Write what was added or changed for later."""
        if self._later:
            added, self._later = self._later, []
            self.insert(added)
        if self._changed:
            changed, self._changed = self._changed, []
            self.update_all(changed)

    def insert(self, items: Iterable[T]) -> None:
        """Add new rows."""
        rows = [self.values(item) for item in items]
        if rows:
            self.connection.execute(self._statements.insert, rows)

    def update(self, item: T, *where: sa.ColumnElement[bool]) -> int:
        """Write an item over the row of its primary key; answer how many rows that were."""
        self.flush()
        statement = self._statements.update.where(*where) if where else self._statements.update
        return self.connection.execute(statement, self._with_keys(item)).rowcount

    def _with_keys(self, item: T) -> dict[str, Any]:
        values = self.values(item)
        return values | {_KEY + key: values[key] for key in self._statements.keys}

    def update_all(self, items: Iterable[T]) -> None:
        """Write items over the rows of their primary keys, in one statement."""
        self.flush()
        rows = [self._with_keys(item) for item in items]
        if rows:
            self.connection.execute(self._statements.update, rows)
