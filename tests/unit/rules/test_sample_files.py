"""A sample stream is read with its places and its promise; what is wrong is told with file and line."""

from pathlib import Path

import pytest

from rules import packs, skeleton
from rules.errors import PackInvalid


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return skeleton.make(tmp_path, "odd", {"zh": "奇", "en": "Odd"}, "desk")


def spoil(pack: Path, name: str, old: str, new: str) -> str:
    file = pack / "sample" / name
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PackInvalid) as refused:
        packs.load_packs([pack])
    return str(refused.value)


def test_a_stream_is_read_whole(pack: Path) -> None:
    (read,) = packs.load_packs([pack]).packs

    sample = read.sample
    assert sample is not None
    assert [(event.at_s, event.id) for event in sample.events] == [(0, "unsure"), (20, "sure"), (40, "again")]
    assert sample.cases[0].joined_by == ("again",)
    assert sample.until_s == 40


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("stream.jsonl", '"at": 20', '"at": 99', "odd/sample/stream.jsonl:3: is before the event above it"),
        (
            "stream.jsonl",
            '"id": "sure"',
            '"id": "unsure"',
            "stream.jsonl:2: the id 'unsure' stands here already",
        ),
        ("stream.jsonl", '"detection"', '"detektion"', "did you mean 'detection'?"),
        (
            "stream.jsonl",
            '"confidence": 0.9',
            '"confidence": "high"',
            "stream.jsonl:2: confidence: must be a number",
        ),
        ("stream.jsonl", '"at": 0,', '"att": 0,', "did you mean 'at'?"),
        ("stream.jsonl", '{"at": 0', '{"at": 0,,', "stream.jsonl:1: is not JSON"),
        ("stream.jsonl", '{"at": 0', '["at", 0', "stream.jsonl:1: is not JSON"),
        ("stream.jsonl", "odd-place", "odd-plaza", "did you mean 'odd-place'?"),
        ("places.yaml", "lat: 30.31", "lat: 130.31", "odd/sample/places.yaml:5"),
        ("expect.yaml", "opened_by: sure", "opened_by: shure", "did you mean 'sure'?"),
        ("expect.yaml", "category: odd", "category: odds", "unknown category 'odds'"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(
    pack: Path, name: str, old: str, new: str, said: str
) -> None:
    assert said in spoil(pack, name, old, new)


def test_a_sample_is_whole_or_absent(pack: Path) -> None:
    (pack / "sample" / "expect.yaml").unlink()

    with pytest.raises(PackInvalid, match=r"odd/sample/expect\.yaml:1: cannot be read"):
        packs.load_packs([pack])


def test_a_card_that_leaves_out_what_the_category_needs_is_refused(pack: Path) -> None:
    file = pack / "categories.yaml"
    file.write_text(
        file.read_text("utf-8").replace("- send: {patrol: 1}", "- send: {rescue: 1}"), encoding="utf-8"
    )

    with pytest.raises(PackInvalid, match="the first alarm sends no patrol"):
        packs.load_packs([pack])


def test_a_higher_alarm_does_not_send_less(pack: Path) -> None:
    file = pack / "categories.yaml"
    file.write_text(
        file.read_text("utf-8").replace("{patrol: 1}", "{patrol: 2}\n    - send: {patrol: 1, rescue: 1}"),
        encoding="utf-8",
    )

    with pytest.raises(PackInvalid, match="alarm 2 sends fewer of patrol than alarm 1"):
        packs.load_packs([pack])
