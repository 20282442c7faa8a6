"""The commands about rules, as an author types them."""

import shutil
from datetime import timedelta

import cast
import pytest
from ruled import SURE

import app as application
from casework import settings

PACK = cast.SMALL_TOWN


@pytest.fixture
def run(database_url):
    with cast.open_town(database_url) as town:
        town.put(
            "1", {"label": "leak", "confidence": 0.5, "lat": 30, "lon": 120}, kind="detection", source="c"
        )
        town.turn()
        day = town.clock()
    parsed = settings.parse(
        {
            "GONGZHI_DATABASE_URL": database_url,
            "GONGZHI_DEMO": "1",
            "GONGZHI_MATCHER": "plain",
            "GONGZHI_SCENARIOS": str(PACK),
        }
    )
    made = application.create_app(parsed)
    runner = made.test_cli_runner()

    def run(*words):
        given = [str(word) for word in words]
        return runner.invoke(args=["rules", *given])

    run.day = day
    yield run
    made.extensions["gongzhi"]().close()


@pytest.fixture
def stricter(tmp_path):
    folder = shutil.copytree(PACK, tmp_path / "small-town")
    path = folder / "rules" / "detections.yaml"
    text = path.read_text("utf-8")
    first, _, rest = text.partition("\n- id: ")
    listed = "- " + SURE.replace("\n", "\n  ").strip() + "\n"
    path.write_text(listed + ("- id: " + rest if rest else ""), "utf-8")
    assert "leak-seen" in first
    return folder


def test_a_pack_is_rehearsed_from_the_shell_and_says_what_differs(run, stricter):
    start, end = run.day - timedelta(days=2), run.day + timedelta(days=2)

    told = run("rehearse", stricter, "--from", f"{start:%Y-%m-%d}", "--to", f"{end:%Y-%m-%d}")

    assert told.exit_code == 0, told.output
    assert "1 events come out otherwise" in told.output
    assert "event 1 of c: leak-seen opened leak -> -" in told.output


def test_a_rule_is_published_from_the_shell_and_rolled_back(run, tmp_path):
    file = tmp_path / "leak-seen.yaml"
    file.write_text(SURE, "utf-8")

    assert run("publish", "small-town", file, "--note", "fewer puddles").exit_code == 0
    listed = run("versions", "small-town/leak-seen").output.splitlines()
    older = listed[1].split()[4]
    assert run("roll-back", older).exit_code == 0

    assert "publish" in listed[0]
    assert "roll_back" in run("versions", "small-town/leak-seen").output.splitlines()[0]


def test_a_broken_rule_is_refused_with_its_line(run, tmp_path):
    file = tmp_path / "leak-seen.yaml"
    file.write_text(SURE.replace("at_least", "at_leest", 1), "utf-8")

    refused = run("publish", "small-town", file)

    assert refused.exit_code == 1
    assert "small-town/rules/leak-seen.yaml:7: unknown operator 'at_leest' (did you mean 'at_least'?)" in (
        refused.output
    )


def test_a_shadow_is_begun_listed_and_stopped(run, tmp_path):
    file = tmp_path / "leak-seen.yaml"
    file.write_text(SURE, "utf-8")

    begun = run("trial", "small-town", file, "--days", "3")
    trial = begun.output.splitlines()[-1].split()[0]

    assert "shadow everywhere running" in run("trials", "small-town/leak-seen").output
    assert run("stop-trial", trial).exit_code == 0
    assert "over" in run("trials", "small-town/leak-seen").output
    assert run("precision").exit_code == 0
