"""Column types that turn domain values into rows and back."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator

from casework.domain import errors

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware instant: `timestamptz` on PostgreSQL, whole microseconds since 1970 on SQLite."""

    impl = sa.BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Choose the column type of a database."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.DateTime(timezone=True))
        return dialect.type_descriptor(sa.BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:  # noqa: ANN401
        """Turn an instant into what the database keeps."""
        if value is None or dialect.name == "postgresql":
            return value
        return to_micros(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:  # noqa: ANN401
        """Turn what the database kept into an aware instant in UTC."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            return cast("datetime", value).astimezone(UTC)
        return _EPOCH + timedelta(microseconds=value)


def to_micros(value: datetime) -> int:
    """Count the microseconds since 1970 of an aware instant."""
    return (value - _EPOCH) // _MICROSECOND


class Json(TypeDecorator[Any]):
    """A JSON document: `jsonb` on PostgreSQL, text on SQLite; `load` and `dump` shape it."""

    impl = sa.JSON
    cache_ok = True

    def __init__(
        self, load: Callable[[Any], Any] | None = None, dump: Callable[[Any], Any] | None = None
    ) -> None:
        super().__init__(none_as_null=True)
        self.load = load
        self.dump = dump

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Choose the column type of a database."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.JSONB(none_as_null=True))
        return dialect.type_descriptor(sa.JSON(none_as_null=True))

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:  # noqa: ANN401
        """Shape a domain value into plain JSON."""
        del dialect
        return value if value is None or self.dump is None else self.dump(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:  # noqa: ANN401
        """Shape plain JSON into a domain value."""
        del dialect
        return value if value is None or self.load is None else self.load(value)


class Word(TypeDecorator[StrEnum]):
    """One word of an enumeration, kept as its text."""

    impl = sa.String
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__(32)
        self.kind = kind

    def process_bind_param(self, value: StrEnum | None, dialect: sa.Dialect) -> str | None:
        """Keep the word's text; a word that is not of the enumeration is refused."""
        del dialect
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> StrEnum | None:
        """Make the enumeration's member again."""
        del dialect
        return None if value is None else self.kind(value)


def dumps(value: Any) -> str:  # noqa: ANN401
    """Write JSON compactly, Chinese as Chinese; raise `NotStorable` for NaN and the infinities."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError as error:
        raise errors.NotStorable from error
