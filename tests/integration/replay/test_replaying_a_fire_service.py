"""The replay of a real fire service, shortened, and of a record as odd as records get."""

import csv
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import replay_nab  # noqa: E402  (the path must be known first)
import replay_sf_fire  # noqa: E402
from sf_fire import count, figures, ours, record, recorded  # noqa: E402
from sf_fire.house import open_house  # noqa: E402

COLUMNS = (
    "Call Number",
    "Unit ID",
    "Call Type",
    "Call Date",
    "Entry DtTm",
    "Dispatch DtTm",
    "Response DtTm",
    "On Scene DtTm",
    "Available DtTm",
    "Battalion",
    "Unit Type",
    "Unit sequence in call dispatch",
    "Location",
)


def row(number, unit, entry, dispatch, response, on_scene, available, sequence=1):
    """One line of the file: a unit of a call, with minutes and seconds after 1 o'clock."""
    times = [
        f"04/07/2020 01:{text} AM" if text else ""
        for text in (entry, dispatch, response, on_scene, available)
    ]
    return [
        number, unit, "Alarms", "04/07/2020", *times, "B01", "ENGINE", str(sequence), "(37.77, -122.42)",
    ]  # fmt: skip


ODD = [
    row("on-the-dot", "E1", "00:00", "01:00", "01:10", "06:00", "20:00"),
    row("a-second-late", "E2", "00:00", "01:01", "01:10", "06:02", "20:01"),
    row("second-unit-sooner", "E3", "01:00", "05:00", "05:10", "05:20", "06:00"),
    row("second-unit-sooner", "E4", "01:00", "01:30", "01:40", "02:00", "09:00", sequence=2),
    row("still-busy-elsewhere", "E4", "03:00", "03:10", "03:20", "04:00", "08:00"),
    row("never-arrives", "E5", "02:00", "02:10", "02:20", "", "09:00"),
    row("called-off-soon", "E6", "02:00", "02:10", "", "", "04:00"),
    row("never-cleared", "E7", "02:00", "02:10", "02:20", "03:00", ""),
    row("available-before-on-scene", "E8", "02:00", "02:10", "02:20", "30:00", "10:00"),
    row("dispatched-before-entry", "E9", "04:00", "03:00", "03:10", "05:00", "06:00"),
    row("all-at-once", "E10", "04:00", "04:00", "04:00", "04:00", "04:00"),
    row("never-dispatched", "E11", "04:00", "", "", "", ""),
    row("same-second-again", "E10", "04:00", "04:00", "04:00", "04:30", "05:00"),
    row("last", "E12", "05:00", "05:10", "05:20", "08:00", "45:00"),
]


@pytest.fixture
def odd_file(tmp_path):
    file = tmp_path / "calls.csv"
    with file.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([COLUMNS, *ODD])
    return file


def test_an_odd_record_breaches_as_often_in_our_clocks_as_in_the_file(odd_file, database_url, tmp_path):
    read = record.read(odd_file, 1)
    house = open_house(database_url, tmp_path, read, automatic=False)

    recorded.replay(house, read)
    clocks = figures.timed(house.tables, read.ends_at)
    told = figures.told(house.tables, clocks)
    house.close()

    counted = count.count(odd_file, 1)
    assert {kind: (found.n, found.breaches) for kind, found in counted.items()} == {
        "dispatch": (13, 2),
        "arrival": (12, 3),
        "resolution": (13, 4),
    }
    assert replay_sf_fire.all_equal(clocks, counted)
    assert (told.breaches, told.escalated, told.nobody_to_tell) == (9, 9, 0)


def test_hours_of_a_real_day_breach_as_often_in_our_clocks_as_in_the_file(shared_data, sqlite_url, capsys):
    replay_sf_fire.main(["--data", str(shared_data), "--days=1", "--hours=3", f"--database-url={sqlite_url}"])

    printed = capsys.readouterr().out
    assert printed.count("equal") == 3
    assert "DIFFERENT" not in printed


def test_our_dispatch_sends_a_crew_to_every_call_of_the_same_hours(shared_data, sqlite_url, tmp_path):
    read = record.read(shared_data / record.FILE, 1, hours=2)
    house = open_house(sqlite_url, tmp_path, read, automatic=True)

    fleet = ours.replay(house, read)
    house.close()

    assert fleet.went.keys() == {call.number for call in read.calls}
    assert all(read.kinds[fleet.went[call.number]] == call.kind for call in read.calls)


def test_no_reading_is_lost_or_doubled(shared_data, sqlite_url, capsys):
    replay_nab.main(["--data", str(shared_data), "--most=3000", f"--database-url={sqlite_url}"])

    assert "3,000 readings sent, 3,000 accepted, 3,000 kept {'judged': 3000}" in capsys.readouterr().out
