"""Runs the migrations on one connection, in one transaction a step."""

from alembic import context
from sqlalchemy import create_engine, pool

from casework.store import channel_tables, road_tables, rule_tables, rulebook_tables

# One collection of tables, whichever module of them is asked; each must be loaded to stand in it.
_TABLES = (channel_tables.charges, road_tables.road_closures, rule_tables.windows, rulebook_tables.versions)
metadata = _TABLES[0].metadata


def run() -> None:
    """Apply the steps that `alembic.command` asked for."""
    url = context.config.get_main_option("sqlalchemy.url")
    engine = create_engine(str(url), poolclass=pool.NullPool)
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
