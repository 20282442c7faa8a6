"""Questions to a house's database, past the product: what is really there."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from benchmarks.support.house import House


@contextmanager
def connected(made: House) -> Iterator[Any]:
    """Open a plain connection of the driver's own."""
    if made.is_sqlite:
        connection: Any = sqlite3.connect(f"file:{made.folder / 'gongzhi.sqlite3'}", uri=True, timeout=20)
        connection.execute("pragma synchronous=full")  # as the product has it
    else:
        connection = psycopg.connect(made.database_url)
    try:
        yield connection
    finally:
        connection.close()


def rows(made: House, query: str) -> list[tuple[Any, ...]]:
    """Answer the rows of a query on a connection of its own."""
    with connected(made) as connection:
        found: list[tuple[Any, ...]] = connection.execute(query).fetchall()
        return found


def value(made: House, query: str) -> Any:  # noqa: ANN401  (whatever the query answers)
    """Answer the only value of a query."""
    return rows(made, query)[0][0]


def execute(made: House, statement: str) -> None:
    """Run a statement that answers nothing, and keep what it did."""
    with connected(made) as connection:
        connection.execute(statement)
        connection.commit()


def seconds(made: House, column: str) -> str:
    """Write a column of instants as seconds since 1970, in the database's own way."""
    return f"{column} / 1e6" if made.is_sqlite else f"cast(extract(epoch from {column}) as double precision)"
