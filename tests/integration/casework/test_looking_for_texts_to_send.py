"""The relay looks into the outbox several times a second: it must not read every text ever sent."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from casework.store.database import Database
from casework.store.outbox import Messages

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "look",
    [
        lambda messages: messages.claim(NOW, 24, ["console", "sms"], ask_at=NOW + timedelta(seconds=3)),
        lambda messages: messages.unknown(NOW, 50),
    ],
    ids=["texts to send", "texts of unknown outcome"],
)
def test_waiting_texts_are_found_through_their_own_index(look, sqlite_url):
    database = Database(sqlite_url)
    asked = []

    @sa.event.listens_for(database.engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, parameters, *_rest):
        asked.append((statement, parameters))

    with database.writing() as connection:
        look(Messages(connection))
        statement, parameters = next(one for one in asked if one[0].startswith("SELECT"))
        plan = connection.exec_driver_sql(f"explain query plan {statement}", parameters).all()
    database.close()

    assert any("ix_messages_waiting" in row[3] for row in plan), plan


def test_the_next_texts_of_a_long_backlog_are_read_in_order_without_sorting_it(sqlite_url):
    database = Database(sqlite_url)
    asked = []

    @sa.event.listens_for(database.engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, parameters, *_rest):
        asked.append((statement, parameters))

    with database.writing() as connection:
        Messages(connection).claim(NOW, 24, ["sms"], ask_at=NOW + timedelta(seconds=3))
        statement, parameters = next(one for one in asked if one[0].startswith("SELECT"))
        plan = [row[3] for row in connection.exec_driver_sql(f"explain query plan {statement}", parameters)]
    database.close()

    assert not any("TEMP B-TREE" in step for step in plan), plan
    assert any("ix_messages_new_address" in step for step in plan), plan
    assert any("ix_messages_sending_address" in step for step in plan), plan
