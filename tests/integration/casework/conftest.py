"""A small town on each kind of database."""

import cast
import pytest


@pytest.fixture
def town(database_url):
    with cast.open_town(database_url) as town:
        yield town


@pytest.fixture
def silent_town(database_url):
    """A town whose provider takes texts and never says whether they arrived."""
    with cast.open_town(database_url, sms=cast.NeverDelivers) as town:
        yield town
