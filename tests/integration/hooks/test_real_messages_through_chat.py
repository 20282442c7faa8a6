"""Citizens' real messages through the chat hook: each ends as a case or a question, none is lost."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

PROJECT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    """The replay that the benchmark runs in full."""
    path = PROJECT / "benchmarks" / "replay_zh_reports.py"
    spec = importlib.util.spec_from_file_location("replay_zh_reports", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_three_hundred_real_messages_each_end_as_a_case_or_a_question(
    benchmark: ModuleType, shared_data: Path, database_url: str
) -> None:
    endings, took, cases = benchmark.replay(shared_data, database_url, 300)

    assert endings["case"] + endings["question"] == len(took) == 300
    assert cases > 250
