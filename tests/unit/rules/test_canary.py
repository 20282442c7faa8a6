"""Packs are tried in a child process, so that only the child can crash or hang."""

import sys
from pathlib import Path

import pytest

from rules import canary
from rules.errors import PackInvalid

SCENARIOS = Path(__file__).parents[3] / "scenarios"


def test_the_shipped_packs_pass() -> None:
    canary.check([SCENARIOS])


def test_a_bad_pack_is_refused_with_the_lines_that_the_child_found(tmp_path: Path) -> None:
    (tmp_path / "pack.yaml").write_text("id: x\n", encoding="utf-8")

    with pytest.raises(PackInvalid, match=r"pack\.yaml:1: title: missing data"):
        canary.check([tmp_path])


def test_a_hang_refuses_the_pack() -> None:
    with pytest.raises(PackInvalid, match=r"the rules hang: no answer within 0\.001 s"):
        canary.check([SCENARIOS], timeout_s=0.001)


def test_a_crash_refuses_the_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crash = tmp_path / "crash"
    crash.write_text("#!/bin/sh\nkill -SEGV $$\n", encoding="utf-8")
    crash.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(crash))

    with pytest.raises(PackInvalid, match="the rules end the process"):
        canary.check([SCENARIOS])
