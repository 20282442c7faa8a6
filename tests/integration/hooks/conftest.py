"""The district behind the hooks."""

from collections.abc import Iterator
from pathlib import Path

import field_cast
import pytest
from field_cast import District


@pytest.fixture
def district(database_url: str, tmp_path: Path) -> Iterator[District]:
    with field_cast.district(database_url, tmp_path) as opened:
        yield opened
