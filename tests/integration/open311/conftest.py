"""The district, asked by another city's app."""

from collections.abc import Iterator
from pathlib import Path

import field_cast
import house
import pytest
from field_cast import District
from flask.testing import FlaskClient

from casework.domain.people import Scope

KEY = "key-of-an-app-of-another-city"
OTHER_KEY = "key-of-a-third-city"
SLOW_KEY = "key-of-a-slow-city"


@pytest.fixture
def district(database_url: str, tmp_path: Path) -> Iterator[District]:
    with field_cast.district(database_url, tmp_path, GONGZHI_OPEN311_PUBLIC="yes") as opened:
        house.put(opened.runtime, "another-city", KEY, Scope.EVENTS)
        house.put(opened.runtime, "third-city", OTHER_KEY, Scope.EVENTS)
        house.put(opened.runtime, "slow-city", SLOW_KEY, Scope.EVENTS, rate=0.01, burst=1)
        yield opened


@pytest.fixture
def client(district: District) -> FlaskClient:
    return district.browser()
