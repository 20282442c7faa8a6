"""Chinese is as complete as English."""

import re
import runpy
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[3]
SCRIPT = runpy.run_path(str(ROOT / "script" / "translations"))
HOLES = re.compile(r"%\(\w+\)s|\{\w+\}")


@pytest.fixture(scope="module")
def chinese():
    path = ROOT / "casework" / "web" / "translations" / "zh" / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as source:
        return {message.id: message for message in read_po(source, locale="zh") if message.id}


@pytest.fixture(scope="module")
def wanted():
    return {message.id for message in SCRIPT["extracted"]() if message.id}


def test_there_are_msgids_to_speak_of(wanted):
    assert len(wanted) > 200


def test_no_msgid_lacks_its_translation(chinese, wanted):
    said = {key for key, message in chinese.items() if all(message.string) and not message.fuzzy}

    assert wanted - said == set()


def test_no_translation_has_lost_its_msgid(chinese, wanted):
    assert set(chinese) - wanted == set()


def test_every_translation_keeps_the_holes_of_its_sentence(chinese):
    for key, message in chinese.items():
        source = key if isinstance(key, str) else key[1]
        string = message.string if isinstance(message.string, str) else message.string[0]
        assert sorted(HOLES.findall(source)) == sorted(HOLES.findall(string)), source
