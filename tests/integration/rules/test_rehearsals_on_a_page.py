"""Rehearsals that are asked for: run by the background in a child process, told of, cancelled."""

import threading
from datetime import timedelta

import pytest
from ruled import SEEN, SURE

from casework.domain import errors
from casework.jobs import rehearsals
from casework.services import rehearsal_orders


@pytest.fixture
def ask(town):
    def ask(text=SURE):
        return rehearsal_orders.ask(
            text, SEEN, start=town.clock() - timedelta(days=1), end=town.clock() + timedelta(days=1),
            by="user:author", uows=town.uows, clock=town.clock,
        )  # fmt: skip

    return ask


def _row(town, asked):
    (row,) = town.rows("rehearsals", id=asked.id)
    return row


def test_a_rehearsal_runs_in_a_child_and_its_report_is_kept(town, ask, see):
    see("sure", 0.9)
    see("unsure", 0.5, at=(31.0, 121.0))
    cases = len(town.rows("cases"))
    asked = ask()

    assert rehearsals.run_next(town.runtime, threading.Event()) == 1

    row = _row(town, asked)
    assert (row.state, row.part, row.error) == ("done", 1.0, None)
    assert (row.report["live"]["opened"], row.report["draft"]["opened"]) == (2, 1)
    assert [one["seq"] for one in row.report["differences"]] == [2]
    assert len(town.rows("cases")) == cases
    assert rehearsals.run_next(town.runtime, threading.Event()) == 0


def test_a_broken_draft_fails_its_rehearsal_with_file_and_line(town, ask):
    asked = ask(SURE.replace("confidence, at_least", "confidense, at_least"))

    rehearsals.run_next(town.runtime, threading.Event())

    row = _row(town, asked)
    assert row.state == "failed"
    assert "small-town/rules/leak-seen.yaml:7: unknown field 'confidense'" in row.error


def test_a_cancelled_rehearsal_is_not_run(town, ask):
    asked = ask()
    rehearsal_orders.cancel(asked.id, uows=town.uows, clock=town.clock)

    assert rehearsals.run_next(town.runtime, threading.Event()) == 0
    assert _row(town, asked).state == "cancelled"
    with pytest.raises(errors.Conflict):
        rehearsal_orders.cancel(asked.id, uows=town.uows, clock=town.clock)


def test_a_running_rehearsal_ends_when_it_is_cancelled(town, ask):
    asked = ask()
    runner = threading.Thread(target=rehearsals.run_next, args=(town.runtime, threading.Event()))
    runner.start()
    pause = threading.Event()
    while _row(town, asked).state == "waiting":
        pause.wait(0.02)
    rehearsal_orders.cancel(asked.id, uows=town.uows, clock=town.clock)
    runner.join(timeout=20)

    assert not runner.is_alive()
    assert _row(town, asked).state == "cancelled"


def test_a_rehearsal_whose_runner_died_is_begun_again(town, ask):
    asked = ask()
    rehearsals._take(town.runtime)  # noqa: SLF001  (a runner that dies at once)
    none_yet = rehearsals.run_next(town.runtime, threading.Event())
    town.clock.advance(seconds=31)

    assert none_yet == 0
    assert rehearsals.run_next(town.runtime, threading.Event()) == 1
    assert _row(town, asked).state == "done"


def test_one_rehearsal_of_a_rule_at_a_time(ask):
    ask()

    with pytest.raises(errors.Conflict):
        ask()
