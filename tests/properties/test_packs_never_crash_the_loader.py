"""Whatever stands in a pack's files, loading answers a catalogue or says what is wrong."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.errors import PackInvalid, Problem
from rules.packs import load_packs

SCENARIOS = Path(__file__).parents[2] / "scenarios" / "underpass-flooding"
FILES = sorted(path.relative_to(SCENARIOS) for path in SCENARIOS.rglob("*.yaml"))
ODD = [
    "[]",
    "{}",
    "[[1]]",
    "{a: {b: c}}",
    "null",
    "-1",
    "1e308",
    "true",
    "''",
    "{event: [x]}",
    "*a",
    "&a x",
    "? [a]",
    '"\\0"',
]

spoiled_lines = st.tuples(
    st.sampled_from(FILES), st.integers(0, 60), st.sampled_from(ODD) | st.text(max_size=20), st.booleans()
)


def spoil(text: str, position: int, odd: str, *, keep_key: bool) -> str:
    lines = text.splitlines()
    index = position % len(lines)
    key, colon, _ = lines[index].partition(":")
    lines[index] = f"{key}{colon} {odd}" if keep_key else odd
    return "\n".join(lines)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spoiled_lines)
def test_a_spoiled_line_gives_a_catalogue_or_problems_with_lines(
    spoiled: tuple[Path, int, str, bool],
) -> None:
    file, position, odd, keep_key = spoiled
    with tempfile.TemporaryDirectory() as folder:
        pack = Path(folder) / "pack"
        shutil.copytree(SCENARIOS, pack)
        (pack / file).write_text(
            spoil((SCENARIOS / file).read_text("utf-8"), position, odd, keep_key=keep_key),
            encoding="utf-8",
            errors="replace",
        )

        problems, loaded = load(pack)

    assert loaded or problems
    assert all(problem.line >= 1 and problem.what for problem in problems)


def load(pack: Path) -> tuple[tuple[Problem, ...], int]:
    try:
        return (), len(load_packs([pack]).packs)
    except PackInvalid as refused:
        return refused.problems, 0
