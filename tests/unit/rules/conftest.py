"""The rules of the shipped scenarios, and matchers for them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rules.catalogue import Catalogue
from rules.matcher import Matcher, build_matcher
from rules.packs import load_packs

SCENARIOS = Path(__file__).parents[3] / "scenarios"


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_packs([SCENARIOS])


@pytest.fixture(params=["durable", "plain"])
def matcher(request: pytest.FixtureRequest, catalogue: Catalogue) -> Iterator[Matcher]:
    built = build_matcher(catalogue, prefer=request.param)
    if built.name != request.param:
        pytest.skip("durable-rules is not installed here")
    yield built
    built.close()
