"""Packs are made, signed, handed over and taken in as an operator types it."""

import shutil
from pathlib import Path

import pytest

import app as application
from casework import settings

PROJECT = Path(__file__).parents[3]


class Desk:
    """An operator with a folder of packs of the own."""

    def __init__(self, folder: Path):
        self.packs = folder / "packs"
        shutil.copytree(PROJECT / "tests" / "data" / "overlaid", self.packs / "base")
        parsed = settings.parse(
            {
                "GONGZHI_DATABASE_URL": f"sqlite:///{folder / 'none.db'}",
                "GONGZHI_DEMO": "1",
                "GONGZHI_SCENARIOS": str(self.packs),
            }
        )
        self._runner = application.create_app(parsed).test_cli_runner()

    def run(self, *words):
        return self._runner.invoke(args=["rules", *(str(word) for word in words)])


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.fixture
def signed(desk, tmp_path):
    """A pack that was made, signed, and taken away from where it was made."""
    desk.run("key", "city", "--into", tmp_path / "keys")
    desk.run("new", "trees", "--zh", "树木倒伏", "--en", "Fallen trees", "--owner", "green desk")
    out = tmp_path / "trees.gongzhi-pack"
    told = desk.run("export", desk.packs / "trees", "--key", tmp_path / "keys" / "city.key", "--out", out)
    assert told.exit_code == 0, told.output
    shutil.rmtree(desk.packs / "trees")
    return out


def test_a_pack_goes_out_signed_and_comes_in_checked(desk, signed, tmp_path):
    told = desk.run("import", signed, "--trust", tmp_path / "keys")

    assert told.exit_code == 0, told.output
    assert "signed with" in told.output
    assert (desk.packs / "trees" / "rules" / "first.yaml").is_file()
    assert sorted(path.name for path in desk.packs.iterdir()) == ["base", "trees"]
    assert desk.run("check", desk.packs).exit_code == 0


def test_one_that_is_there_is_replaced_only_when_asked(desk, signed, tmp_path):
    desk.run("import", signed, "--trust", tmp_path / "keys")
    (desk.packs / "trees" / "README.md").write_text("ours")

    refused = desk.run("import", signed, "--trust", tmp_path / "keys")
    kept = (desk.packs / "trees" / "README.md").exists()
    replaced = desk.run("import", signed, "--trust", tmp_path / "keys", "--replace")

    assert (refused.exit_code, kept) == (1, True)
    assert "--replace" in refused.output
    assert replaced.exit_code == 0
    assert not (desk.packs / "trees" / "README.md").exists()
    assert sorted(path.name for path in desk.packs.iterdir()) == ["base", "trees"]


@pytest.mark.parametrize("harm", ["stranger", "changed", "nobody"])
def test_what_is_not_as_it_was_signed_leaves_everything_as_it_was(desk, signed, tmp_path, harm):
    trust = tmp_path / "keys"
    if harm == "stranger":
        desk.run("key", "other", "--into", tmp_path / "others")
        trust = tmp_path / "others"
    elif harm == "changed":
        content = bytearray(signed.read_bytes())
        content[-40] ^= 1
        signed.write_bytes(content)
    else:
        trust = tmp_path / "no-keys"
        trust.mkdir()

    told = desk.run("import", signed, "--trust", trust)

    assert told.exit_code == 1
    assert told.output.startswith("Error: the ")
    assert told.output.count("\n") == 1
    assert [path.name for path in desk.packs.iterdir()] == ["base"]


def test_a_signed_pack_whose_rules_are_wrong_stays_out(desk, tmp_path):
    desk.run("key", "city", "--into", tmp_path / "keys")
    desk.run("new", "trees", "--zh", "树", "--en", "Trees", "--owner", "green desk")
    (desk.packs / "trees" / "rules" / "first.yaml").write_text("- id: broken\n")
    desk.run(
        "export", desk.packs / "trees", "--key", tmp_path / "keys" / "city.key", "--out", tmp_path / "out"
    )
    shutil.rmtree(desk.packs / "trees")

    told = desk.run("import", tmp_path / "out", "--trust", tmp_path / "keys")

    assert told.exit_code == 1
    assert "trees/rules/first.yaml:1" in told.output
    assert [path.name for path in desk.packs.iterdir()] == ["base"]


def test_a_title_that_no_file_can_hold_leaves_no_half_made_pack(desk):
    told = desk.run("new", "trees", "--zh", "树", "--en", " ", "--owner", "green desk")

    assert told.exit_code == 1
    assert [path.name for path in desk.packs.iterdir()] == ["base"]


def test_the_changes_of_an_overlay_are_listed_with_their_place(desk):
    desk.run("new", "local", "--zh", "本地", "--en", "Local", "--owner", "our district")
    (desk.packs / "local" / "overlay.yaml").write_text(
        "base:\n  rules:\n    low: {enabled: false}\n  categories:\n    flood: {targets: {arrival: 240 s}}\n"
    )

    told = desk.run("changes")

    assert told.exit_code == 0, told.output
    assert "base categories.flood.targets.arrival: 300 s -> 240 s   (local/overlay.yaml:5)" in told.output
    assert "base rules.low: on -> off   (local/overlay.yaml:3)" in told.output
    assert "local rules.local-seen: added" in told.output


def test_packs_without_an_overlay_say_so(desk):
    assert "no overlay" in desk.run("changes").output
