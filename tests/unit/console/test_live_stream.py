"""The stream that keeps the consoles live."""

import json
from itertools import islice

import pytest

from casework.analytics.views import Changes
from casework.clock import FakeClock
from casework.web.console import stream


class Journal:
    """Changes by number, as a store would tell them."""

    def __init__(self) -> None:
        self.changes: list[tuple[int, str]] = []

    def __call__(self, after: int) -> Changes:
        later = [(n, case) for n, case in self.changes if n > after]
        n = self.changes[-1][0] if self.changes else 0
        return Changes(n, [case for _n, case in later])


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def feed(journal):
    made = stream.ChangeFeed(journal, limit=1, poll_s=0.005)
    yield made
    made.stop()


def read(frame):
    lines = dict(line.split(": ", 1) for line in frame.strip().splitlines())
    return lines.get("event"), json.loads(lines["data"]), lines.get("id")


def test_a_change_reaches_an_open_stream_with_its_number(feed, journal):
    feed.enter()
    frames = stream.frames(feed, 0, FakeClock())
    next(frames)

    journal.changes.append((7, "case-1"))
    event, data, event_id = read(next(frames))

    assert (event, data["cases"], event_id) == ("changed", ["case-1"], "7")


def test_a_browser_that_comes_back_hears_what_it_missed(feed, journal):
    feed.enter()
    for n in (1, 2, 3):
        journal.changes.append((n, f"case-{n}"))
        feed.wait(n - 1, 1)

    missed = feed.wait(1, 0)

    assert list(missed.cases) == ["case-2", "case-3"]
    assert missed.complete


def test_a_browser_that_was_away_too_long_is_told_so(feed, journal):
    journal.changes.extend((n, f"case-{n}") for n in (1, 2, 3))
    feed.enter()

    journal.changes.append((4, "case-4"))
    feed.wait(3, 1)
    missed = feed.wait(1, 0)

    assert not missed.complete


def test_one_stream_more_than_allowed_is_refused_until_another_leaves(feed):
    feed.enter()

    with pytest.raises(stream.TooManyStreams):
        feed.enter()
    feed.leave()
    feed.enter()


def test_a_stream_ends_by_itself_and_gives_its_place_back(feed):
    clock = FakeClock()
    feed.enter()
    frames = stream.frames(feed, 0, clock)
    next(frames)

    clock.advance(seconds=stream.LIFE_S)
    rest = list(frames)

    assert [read(frame)[0] for frame in rest] == ["bye"]
    feed.enter()


def test_a_stream_ends_at_once_when_the_process_stops(feed):
    feed.enter()
    frames = stream.frames(feed, 0, FakeClock())
    next(frames)

    feed.stop()

    assert [read(frame)[0] for frame in islice(frames, 2)] == ["bye"]


def test_a_closed_stream_gives_its_place_back(feed):
    feed.enter()
    frames = stream.frames(feed, 0, FakeClock())
    next(frames)

    frames.close()

    feed.enter()


def test_with_no_place_left_the_browser_is_told_when_to_ask_again(app, dispatcher):
    app.extensions["gongzhi.console"].feed.enter()

    answer = dispatcher.get("/stream")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"


def test_polling_tells_the_same_as_the_stream(dispatcher):
    n = dispatcher.client.get("/console/changes", headers={"Accept": "application/json"}).json["n"]

    dispatcher.post("/cases/case-1042/dispatch", version="3")
    said = dispatcher.client.get(f"/console/changes?after={n}", headers={"Accept": "application/json"}).json

    assert said["cases"] == ["case-1042"]
