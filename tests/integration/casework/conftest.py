"""A small town on each kind of database."""

import cast
import pytest
import structlog


@pytest.fixture(autouse=True)
def _plain_tracebacks():
    """A traceback with all its locals takes seconds to draw."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
        ]
    )
    yield
    structlog.reset_defaults()


@pytest.fixture
def town(database_url):
    with cast.open_town(database_url) as town:
        yield town


@pytest.fixture
def silent_town(database_url):
    """A town whose provider takes texts and never says whether they arrived."""
    with cast.open_town(database_url, sms=cast.NeverDelivers) as town:
        yield town
