"""`flask dispatch simulate`: past calls again, with other crews or another policy."""

import re

import pytest

import app as application
from casework import settings


@pytest.fixture
def simulate(town):
    """Run the command on the town's own database."""
    made = application.create_app(
        settings.parse(
            {
                "GONGZHI_DATABASE_URL": town.url,
                "GONGZHI_DEMO": "1",
                "GONGZHI_MATCHER": "plain",
                "GONGZHI_SCENARIOS": str(town.runtime.settings.scenarios[0]),
            }
        ),
        clock=town.clock,
    )
    yield lambda *words: made.test_cli_runner().invoke(args=["dispatch", "simulate", *map(str, words)])
    made.extensions["gongzhi"]().close()


@pytest.fixture
def calls(tmp_path):
    file = tmp_path / "calls.csv"
    rows = [
        f"2026-05-04T{8 + n // 6:02}:{n % 6}0:00+08:00,{30.30 + n / 1000},120.15,{1 + n % 4},drainage,900"
        for n in range(24)
    ]
    file.write_text("at,lat,lon,priority,capabilities,work_s\n" + "\n".join(rows) + "\n")
    return file


def lines(done):
    assert done.exit_code == 0, done.output
    return [line for line in done.stdout.splitlines() if re.search(r"\[.*, .*\]$", line)]


def test_every_way_is_played_on_the_same_calls_and_compared_with_now(simulate, calls):
    ways = lines(simulate("--calls", calls))

    names = {line.split()[0] for line in ways}
    assert names == {"nearest", "optimal", "redecide", "reposition", "full", "covering"}
    [now] = [line for line in ways if line.startswith("optimal")]
    assert now.endswith("+0.0 [+0.0, +0.0]")


def test_one_crew_less_is_told_beside_what_there_is_now(simulate, calls):
    ways = lines(simulate("--calls", calls, "--without", "D1"))

    assert [line[:24].strip() for line in ways] == ["optimal", "optimal, other crews"]
    busy = [float(line[24:].split()[0]) for line in ways]
    assert busy[1] > busy[0]


def test_the_houses_own_cases_are_played_again(town, simulate):
    town.report()
    town.turn()
    town.finish()
    town.clock.advance(minutes=1)

    assert "1 calls from" in simulate("--tactics", "optimal").stdout


def test_a_time_without_calls_a_strange_crew_and_a_bad_line_are_refused_in_a_sentence(simulate, calls):
    assert "no call with a place" in simulate("--to", "2020-01-01").stderr
    assert "there is no crew X99" in simulate("--calls", calls, "--add", "X99").stderr
    calls.write_text("at,lat,lon,priority\n2026-05-04T08:00:00,1,2,3\n")
    assert "line 2 of calls.csv: at needs a zone" in simulate("--calls", calls).stderr
