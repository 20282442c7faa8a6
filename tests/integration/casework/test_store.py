"""The database: one schema, whole transactions, and refusals that the house understands."""

import cast
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import migrations
from casework.domain import errors
from casework.services import dispatching, field_work
from casework.store import tables
from casework.store.database import Database


def test_a_fresh_schema_equals_the_migrated_one(database_url):
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})

        assert compare_metadata(context, tables.metadata) == []


def test_a_fresh_schema_has_the_same_constraints_and_indexes(database_url):
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    migrated = _shape(engine)
    migrations.downgrade(database_url)
    with engine.begin() as connection:
        tables.metadata.create_all(connection)

    assert _shape(engine) == migrated


def test_going_back_to_nothing_and_forth_again_leaves_the_same_schema(database_url):
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    before = _shape(engine)

    migrations.downgrade(database_url)
    assert _shape(engine) == {}

    migrations.upgrade(database_url)
    assert _shape(engine) == before
    assert migrations.current(database_url) == migrations.head()


def test_leaving_without_commit_keeps_nothing(town):
    with town.uows() as uow:
        uow.alarms.raise_("a_test", "x", town.clock(), {})

    assert town.open_alarms() == set()


def test_a_value_that_no_database_keeps_is_refused_and_the_next_writer_gets_its_turn(town):
    with pytest.raises(errors.NotStorable), town.uows() as uow:
        uow.alarms.raise_("a_test", "x", town.clock(), {"value": float("nan")})

    assert town.report().status == "filed"


def test_the_same_key_twice_is_refused_in_our_own_words(town):
    with pytest.raises(errors.NotStorable), town.uows() as uow:
        uow.crews.add(town.near)


def test_a_database_that_cannot_be_reached_is_unavailable(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")

    with pytest.raises(errors.Unavailable), database.writing():
        pass

    database.close()


def test_a_crew_may_give_a_long_reason(town):
    case = town.report()
    town.turn()

    town.tap(cast.NEAR_CREW, "decline", note="因" * 1_000)

    assert town.case(case.id).status == "filed"
    assert len(town.entries(case.id)[-1].data["reason"]) == 1_000


def test_an_older_position_of_a_crew_is_ignored(town):
    later = town.clock.advance(seconds=10)
    field_work.report_position(town.near.id, 30.1, 120.1, later, uows=town.uows)

    field_work.report_position(town.near.id, 30.2, 120.2, cast.MORNING, uows=town.uows)

    assert town.crew(town.near).lat == 30.1


def test_a_case_read_before_another_change_cannot_be_saved(town):
    case = town.report("lamp")
    town.turn()
    dispatching.dispatch_recommended(case.id, actor="user:wang", **town.tools)

    with pytest.raises(errors.StaleVersion), town.uows() as uow:
        uow.cases.save(case)


def _shape(engine):
    """What a database says of itself, in an order of our own."""
    looked = sa.inspect(engine)
    names = [name for name in looked.get_table_names() if name != "alembic_version"]
    return {
        name: {
            "columns": sorted(
                (column["name"], str(column["type"]), column["nullable"], str(column["default"]))
                for column in looked.get_columns(name)
            ),
            "key": looked.get_pk_constraint(name),
            "foreign": sorted(map(str, looked.get_foreign_keys(name))),
            "unique": sorted(map(str, looked.get_unique_constraints(name))),
            "indexes": sorted(
                (index["name"], tuple(index["column_names"]), index["unique"], _condition(index))
                for index in looked.get_indexes(name)
            ),
            "checks": sorted(str(check["name"]) for check in looked.get_check_constraints(name)),
        }
        for name in names
    }


def _condition(index):
    options = index.get("dialect_options", {})
    return str(options.get("sqlite_where", options.get("postgresql_where", "")))
