"""Trials: a shadow is only counted, a canary is in force in one area, and both end by themselves."""

from dataclasses import replace
from datetime import timedelta

import cast
import pytest
from ruled import SEEN, SURE

from casework.domain import errors
from casework.domain.places import Area
from casework.domain.rulebook import Deed, TrialKind
from casework.services import publishing, shadowing
from casework.services.shadowing import Plan

SHADOW = Plan(kind=TrialKind.SHADOW, days=7)
FAR = (31.0, 121.0)


def _box(lat, lon):
    corners = [[lon - 0.1, lat - 0.1], [lon + 0.1, lat - 0.1], [lon + 0.1, lat + 0.1], [lon - 0.1, lat + 0.1]]
    return {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}


@pytest.fixture
def mapped(database_url):
    """A town whose square lies in an area of its own."""
    with cast.open_town(database_url) as town:
        place = {"level": "street", "name_zh": "广场", "name_en": "Square", "synthetic": True}
        with town.uows() as uow:
            uow.registers.add_areas(
                [
                    Area(id="district", parent_id=None, boundary=None, **place),
                    Area(id="square", parent_id="district", boundary=_box(*cast.SQUARE), **place),
                    Area(id="far", parent_id=None, boundary=_box(*FAR), **place),
                ]
            )
            uow.commit()
    with cast.open_town(database_url, populate=False) as town:
        yield town


def _counts(town, trial):
    with town.uows(reading=True) as uow:
        return uow.rulebook.counts_of(trial.id), uow.rulebook.samples_of(trial.id)


def test_a_shadow_is_counted_beside_the_rule_in_force_and_does_nothing(town, desk, see):
    trial = shadowing.start(SURE, SEEN, SHADOW, by="user:author", **desk)

    assert see("sure", 0.9) is not None
    assert see("unsure", 0.5) is not None
    assert see("another day", 0.5) is not None

    (count,), samples = _counts(town, trial)
    assert (count.judged, count.live, count.draft, count.only_live, count.only_draft) == (3, 3, 1, 2, 0)
    assert [(live, draft) for _, live, draft in samples] == [(True, False)] * 2
    assert all(case.rule_version != trial.version for case in town.rows("cases"))


def test_a_trial_ends_on_its_day_by_itself(town, desk, see):
    trial = shadowing.start(SURE, SEEN, replace(SHADOW, days=1), by="user:author", **desk)
    see("1", 0.9)
    town.clock.advance(days=1)
    see("2", 0.9)

    (count,), _ = _counts(town, trial)
    assert count.judged == 1


def test_a_stopped_shadow_counts_no_more_and_its_counts_stay(town, desk, see):
    trial = shadowing.start(SURE, SEEN, SHADOW, by="user:author", **desk)
    see("1", 0.9)
    shadowing.stop(trial.id, by="user:author", **desk)
    see("2", 0.9)

    (count,), _ = _counts(town, trial)
    assert count.judged == 1
    with pytest.raises(errors.Conflict):
        shadowing.stop(trial.id, by="user:author", **desk)


def test_one_shadow_of_a_rule_at_a_time(desk):
    shadowing.start(SURE, SEEN, SHADOW, by="user:author", **desk)

    with pytest.raises(errors.Conflict):
        shadowing.start(SURE, SEEN, SHADOW, by="user:author", **desk)


def test_a_canary_is_in_force_in_its_area_and_the_rule_of_before_everywhere_else(mapped):
    town = mapped
    desk = {"uows": town.uows, "clock": town.clock, "rulebook": town.runtime.rulebook}
    plan = Plan(kind=TrialKind.CANARY, days=3, area_id="district")
    trial = shadowing.start(SURE, SEEN, plan, by="user:author", **desk)

    def see(event_id, confidence, at):
        data = {"label": "leak", "confidence": confidence, "lat": at[0], "lon": at[1]}
        town.put(event_id, data, kind="detection", source="cameras")
        while town.worker.triage():
            pass
        with town.uows(reading=True) as uow:
            return uow.cases.find_by_event("cameras", event_id)

    assert see("unsure here", 0.5, cast.SQUARE) is None
    assert see("sure here", 0.9, cast.SQUARE).rule_version == trial.version
    assert see("unsure there", 0.5, FAR).rule_version != trial.version
    town.clock.advance(days=3)
    assert see("unsure here again", 0.5, (cast.SQUARE[0] + 0.05, cast.SQUARE[1])) is not None


def test_a_canary_needs_an_area_that_there_is(desk):
    for area in (None, "nowhere"):
        plan = Plan(kind=TrialKind.CANARY, days=3, area_id=area)
        with pytest.raises(errors.InvalidInput):
            shadowing.start(SURE, SEEN, plan, by="user:author", **desk)


def test_a_trial_goes_on_when_another_version_is_published(town, desk, see):
    trial = shadowing.start(SURE, SEEN, SHADOW, by="user:author", **desk)
    publishing.publish(SURE.replace("0.8", "0.7"), SEEN, Deed(by="user:lead"), **desk)
    see("1", 0.75)

    (count,), _ = _counts(town, trial)
    assert (count.live, count.draft) == (1, 0)
    assert town.clock() < trial.ends_at - timedelta(days=6)
