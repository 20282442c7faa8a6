"""One database, two of a kind: SQLite with a single writer in turn, PostgreSQL with row locks."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import sqlalchemy as sa

from casework.domain import errors
from casework.store import columns
from casework.store.turnstile import Turnstile

_WRITE = "casework_write"


class Database:
    """Connections for reading and for writing.

    On SQLite every write transaction passes a turnstile and begins IMMEDIATE: two writers that met at the
    file's own lock would wait with growing pauses, up to seconds (measured). WAL with synchronous=FULL:
    what is committed survives a power cut.
    """

    def __init__(self, url: str, *, pool_size: int = 16) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self.engine = _sqlite(url, pool_size) if self.is_sqlite else _postgresql(url, pool_size)
        self._turnstile = Turnstile() if self.is_sqlite else None

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Open a write transaction; leaving without `commit` rolls back.

        Raises `Unavailable` where the database cannot do it just now, `NotStorable` where it never will.
        """
        with self._turnstile or nullcontext(), _in_our_words(), self._connected() as plain:
            connection = plain.execution_options(**{_WRITE: True})
            transaction = connection.begin()
            try:
                yield connection
            finally:
                if transaction.is_active:
                    transaction.rollback()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open a read-only look at one state of the database; raises as `writing` does."""
        with _in_our_words(), self._connected() as connection:
            yield connection

    @contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        try:
            connection = self.engine.connect()
        except (sa.exc.OperationalError, sa.exc.TimeoutError) as error:
            raise errors.Unavailable(detail="the database cannot be reached just now") from error
        try:
            yield connection
        finally:
            connection.close()

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Tell what may be tried again from what may not; nobody above the store knows SQLAlchemy's errors."""
    try:
        yield
    except sa.exc.ProgrammingError:
        raise  # a mistake of ours, not of what came in
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
        raise errors.Unavailable(detail="the database cannot do this just now") from error
    except (sa.exc.StatementError, UnicodeEncodeError, OverflowError) as error:
        raise errors.NotStorable from error


def _sqlite(url: str, pool_size: int) -> sa.Engine:
    engine = sa.create_engine(
        url,
        poolclass=sa.QueuePool,
        pool_size=pool_size,
        max_overflow=64,
        pool_timeout=10,
        connect_args={"check_same_thread": False, "timeout": 10},
        json_serializer=columns.dumps,
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401  (sqlite3.Connection behind a facade)
        connection.isolation_level = None  # transactions are begun below, not guessed by the driver
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-1000"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        write = connection.get_execution_options().get(_WRITE)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _postgresql(url: str, pool_size: int) -> sa.Engine:
    return sa.create_engine(
        url,
        pool_size=pool_size,
        max_overflow=32,
        pool_timeout=10,
        pool_pre_ping=True,  # a restarted server costs one ping, not one failed request
        json_serializer=columns.dumps,
        connect_args={"connect_timeout": 5, "options": "-c timezone=UTC -c lock_timeout=15000"},
    )
