"""A small town with its rules, on each kind of database."""

import cast
import pytest


@pytest.fixture
def town(database_url):
    with cast.open_town(database_url) as town:
        yield town


@pytest.fixture
def desk(town):
    """What publishing and trials want besides their own arguments."""
    return {"uows": town.uows, "clock": town.clock, "rulebook": town.runtime.rulebook}


@pytest.fixture
def see(town):
    """Let a camera say that it sees a leak, have it judged, and answer its case."""

    def see(event_id, confidence, *, at=cast.SQUARE, source="cameras", subject=None):
        data = {"label": "leak", "confidence": confidence, "lat": at[0], "lon": at[1]}
        town.put(event_id, data, kind="detection", source=source, subject=subject)
        while town.worker.triage():
            pass
        with town.uows(reading=True) as uow:
            return uow.cases.find_by_event(source, event_id)

    return see
