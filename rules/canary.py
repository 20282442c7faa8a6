"""Try packs in a child process first, so that a crash or hang refuses the pack and not the service."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rules import examples
from rules.errors import PackInvalid, Problem
from rules.matcher import build_matcher
from rules.packs import load_packs

TIMEOUT_S = 30.0
_REFUSED = 3


def check(folders: Sequence[Path], *, prefer: str = "durable", timeout_s: float = TIMEOUT_S) -> None:
    """Load, compile and run every example of the packs in a child process with a time-out.

    Raises `PackInvalid` with the child's own problems, or with one that tells of its crash or
    hang.
    """
    root = str(Path(__file__).resolve().parent.parent)
    places = [str(folder.resolve()) for folder in folders]
    try:
        child = subprocess.run(  # noqa: S603  (fixed interpreter and module; folders are arguments, no shell)
            [sys.executable, "-m", "rules.canary", prefer, *places],
            cwd=root,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")])),
            },
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as hang:
        raise _refusal(folders, f"the rules hang: no answer within {timeout_s:g} s") from hang
    if child.returncode == _REFUSED:
        raise PackInvalid(Problem(*entry) for entry in json.loads(child.stdout))
    if child.returncode != 0:
        last = child.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise _refusal(
            folders, f"the rules end the process (exit {child.returncode}) {' '.join(last)}".strip()
        )


def _refusal(folders: Sequence[Path], what: str) -> PackInvalid:
    named = ", ".join(folder.name for folder in folders)
    return PackInvalid([Problem(named, 1, what, "try the packs and rules one by one")])


def _main(arguments: Sequence[str]) -> int:
    prefer, *folders = arguments
    try:
        catalogue = load_packs([Path(folder) for folder in folders])
        matcher = build_matcher(catalogue, prefer=prefer)
        failures = examples.failures(catalogue, matcher)
        matcher.close()
    except PackInvalid as invalid:
        failures = invalid.problems
    if failures:
        listed = [[failure.file, failure.line, failure.what, failure.hint] for failure in failures]
        sys.stdout.write(json.dumps(listed))
    return _REFUSED if failures else 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
