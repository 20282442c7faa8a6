"""Mappings of foreign payloads, and the topics that bring them."""

import sqlalchemy as sa

from casework.domain.mappings import Mapping, Topic
from casework.store import register_tables
from casework.store.rows import Rows

_M, _T = register_tables.mappings.c, register_tables.topics.c


class Mappings:
    """How foreign payloads become events, and which topics bring them."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._rows = Rows(connection, register_tables.mappings, Mapping)
        self._topics = Rows(connection, register_tables.topics, Topic)

    def find(self, source: str, name: str) -> Mapping | None:
        return self._rows.first(self._rows.select().where(_M.source == source, _M.name == name))

    def of_source(self, source: str) -> list[Mapping]:
        return self._rows.many(self._rows.select().where(_M.source == source).order_by(_M.name))

    def put(self, mapping: Mapping) -> None:
        if self._rows.update(mapping) == 0:
            self._rows.insert([mapping])

    def topics(self) -> list[Topic]:
        return self._topics.many(self._topics.select().order_by(_T.filter))

    def put_topic(self, topic: Topic) -> None:
        if self._topics.update(topic) == 0:
            self._topics.insert([topic])

    def drop_topic(self, filter_: str) -> bool:
        statement = sa.delete(register_tables.topics).where(_T.filter == filter_)
        return self._connection.execute(statement).rowcount > 0
