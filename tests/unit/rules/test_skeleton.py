"""A new pack is sound as it is made, alone and beside the shipped ones."""

from pathlib import Path

import pytest

from rules import canary, packs, skeleton
from rules.skeleton import NewPackRefused

SCENARIOS = Path(__file__).parents[3] / "scenarios"
TITLE = {"zh": "树木倒伏", "en": "Fallen trees"}


def test_a_skeleton_passes_alone_and_beside_the_shipped_packs(tmp_path: Path) -> None:
    made = skeleton.make(tmp_path, "fallen-trees", TITLE, "green spaces desk")

    canary.check([made])
    catalogue = packs.load_packs([SCENARIOS, made])

    pack = next(pack for pack in catalogue.packs if pack.id == "fallen-trees")
    assert pack.title == TITLE
    assert pack.icon.startswith("<svg")
    assert pack.sample is not None
    assert catalogue.categories["fallen_trees"].card[0].send == {"patrol": 1}


@pytest.mark.parametrize("title", ["It's {braces}: #1", "a: b", "- x", "'", '"', "true"])
def test_whatever_its_title_says_it_is_read_back(tmp_path: Path, title: str) -> None:
    made = skeleton.make(tmp_path, "odd", {"zh": title, "en": title}, title)

    (pack,) = packs.load_packs([made]).packs

    assert (pack.title["en"], pack.owner) == (title, title)


@pytest.mark.parametrize("name", ["../up", "A", "", "a b", "on_it", "-a"])
def test_a_name_that_is_no_slug_makes_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(NewPackRefused):
        skeleton.make(tmp_path, name, TITLE, "desk")
    assert not list(tmp_path.iterdir())


def test_a_pack_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    skeleton.make(tmp_path, "odd", TITLE, "desk")

    with pytest.raises(NewPackRefused, match="there already"):
        skeleton.make(tmp_path, "odd", TITLE, "desk")
