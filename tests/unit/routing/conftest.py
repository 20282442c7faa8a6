"""The cast of the dispatch tests: cases and crews along one street, 100 m or so apart."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from routing.problem import Policy
from routing.travel import DistanceTravelTimes


@pytest.fixture
def at() -> datetime:
    return datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.fixture
def travel() -> DistanceTravelTimes:
    return DistanceTravelTimes(ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def policy() -> Policy:
    return Policy()
