"""What the browser gets from others is exactly what was written down."""

import hashlib
import json
from pathlib import Path

import pytest

from casework.web import console

VENDOR = Path(console.__file__).parent / "static" / "vendor"
LEDGER = json.loads((VENDOR / "VENDOR.json").read_text("utf-8"))
PACKAGE = json.loads((Path(__file__).parents[3] / "package.json").read_text("utf-8"))


@pytest.mark.parametrize("entry", LEDGER, ids=lambda entry: entry["folder"])
def test_every_vendored_file_has_its_hash_and_no_other_file_lies_beside_it(entry):
    folder = VENDOR / entry["folder"]

    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}

    assert found == entry["files"]


def test_the_ledger_names_the_versions_of_package_json_and_their_licences():
    assert {entry["name"]: entry["version"] for entry in LEDGER} == PACKAGE["dependencies"]
    assert {entry["licence"] for entry in LEDGER} <= {"0BSD", "BSD-2-Clause", "BSD-3-Clause", "MIT"}
    assert {path.name for path in VENDOR.iterdir() if path.is_dir()} == {entry["folder"] for entry in LEDGER}
