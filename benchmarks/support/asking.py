"""Questions to a house's database, past the product: what is really there."""

import sqlite3
from typing import Any

import psycopg

from benchmarks.support.house import House


def rows(made: House, query: str) -> list[tuple[Any, ...]]:
    """Answer the rows of a query on a connection of its own."""
    if made.is_sqlite:
        connection = sqlite3.connect(f"file:{made.folder / 'gongzhi.sqlite3'}", uri=True, timeout=20)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()
    with psycopg.connect(made.database_url) as connection:
        return connection.execute(query.encode()).fetchall()


def value(made: House, query: str) -> Any:  # noqa: ANN401  (whatever the query answers)
    """Answer the only value of a query."""
    return rows(made, query)[0][0]


def seconds(made: House, column: str) -> str:
    """Write a column of instants as seconds since 1970, in the database's own way."""
    return f"{column} / 1e6" if made.is_sqlite else f"cast(extract(epoch from {column}) as double precision)"
