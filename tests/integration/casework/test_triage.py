"""Triage: every event is judged once, keeps its trace, and fails alone."""

import json
from dataclasses import replace

import cast
import pytest

from casework.domain import errors
from casework.domain.events import NewEvent
from casework.domain.places import Asset
from casework.services import handling, triage


def _judgement(town, event_id):
    (event,) = town.rows("events", event_id=event_id)
    judged = town.rows("judgements", event_seq=event.seq)
    return event, judged[0] if judged else None


def test_the_same_source_and_id_is_taken_once(town):
    first = town.put("1", {"text": "a", "category": "leak"})
    again = town.put("1", {"text": "b", "category": "leak"})
    other = town.put("1", {"text": "c", "category": "leak"}, source="another")

    assert [(receipt.accepted, receipt.duplicates) for receipt in (first, again, other)] == [
        (1, 0),
        (0, 1),
        (1, 0),
    ]


def test_an_event_that_no_rule_wants_keeps_its_trace(town):
    town.put("1", {"text": "a", "category": "nothing we know"})
    town.turn()

    event, judged = _judgement(town, "1")

    assert (event.state, judged.outcome, judged.case_id) == ("judged", "unmatched", None)
    assert judged.trace["done"] == []
    assert len(judged.trace) > 1


@pytest.mark.parametrize(
    "odd", [{"text": "half \ud800", "category": "leak"}, {"text": "nul \x00", "category": "leak"}]
)
def test_an_odd_event_fails_alone_and_does_not_hold_up_the_others(town, odd):
    town.put("before", {"text": "a", "category": "leak"})
    town.runtime.inbox.put([_ascii_event(town, odd)], [])
    town.put("after", {"text": "b", "category": "lamp"})
    while town.worker.triage():
        pass

    event, judged = _judgement(town, "odd")

    assert _judgement(town, "before")[1].outcome == "case"
    assert _judgement(town, "after")[1].outcome == "case"
    assert event.state in {"failed", "judged"}
    assert judged is not None
    if event.state == "failed":
        assert (event.attempts, judged.outcome) == (5, "failed")


def test_a_rule_that_breaks_fails_its_event_after_five_tries(town):
    town.put("odd", {"text": "a", "category": "leak"})
    town.put("good", {"text": "b", "category": "lamp"})
    broken = replace(
        town.house,
        catalogue=replace(
            town.house.catalogue,
            categories={name: one for name, one in town.house.catalogue.categories.items() if name != "leak"},
        ),
    )
    while triage.judge_waiting(town.uows, broken, town.clock):
        pass

    event, judged = _judgement(town, "odd")

    assert (event.state, event.attempts, judged.outcome) == ("failed", 5, "failed")
    assert "leak" in judged.trace["error"]
    assert _judgement(town, "good")[1].outcome == "case"


def test_no_event_is_blamed_for_a_database_that_is_away(town):
    town.put("1", {"text": "a", "category": "leak"})

    with pytest.raises(errors.Unavailable):
        triage.judge_waiting(
            lambda *, reading=False: _Away(town.uows(reading=reading)), town.house, town.clock
        )

    assert _judgement(town, "1")[0].attempts == 0


def test_a_near_and_recent_report_joins_and_a_far_one_does_not(town):
    case = town.report()
    metre = 1 / 111_195

    near = town.report(at=(cast.SQUARE[0] + 99 * metre, cast.SQUARE[1]))
    far = town.report(at=(cast.SQUARE[0] + 101 * metre, cast.SQUARE[1]))

    assert near.id == case.id
    assert far.id != case.id


def test_a_late_report_opens_a_case_of_its_own(town):
    case = town.report("other")
    town.clock.advance(hours=2, seconds=1)

    assert town.report("other").id != case.id


def test_another_category_opens_a_case_of_its_own(town):
    assert town.report("leak").id != town.report("lamp").id


def test_a_report_joins_no_case_that_a_crew_has_finished(town):
    case = town.report()
    town.turn()
    town.finish()

    assert town.report().id != case.id


def test_a_report_without_a_place_waits_and_is_filed_when_it_has_one(town):
    case = town.report(at=None)
    town.turn(minutes=10)
    assert (town.case(case.id).status, town.clocks(case.id, "dispatch")) == ("collected", [])

    handling.file(
        case.id, lat=cast.SQUARE[0], lon=cast.SQUARE[1], address=None, actor="user:wang", **town.tools
    )
    town.turn()

    assert town.case(case.id).status == "dispatched"
    assert town.clocks(case.id, "dispatch")[0].started_at == town.clock()


def test_cases_get_numbers_in_order_and_codes_that_nobody_guesses(town):
    first, second = town.report("leak"), town.report("lamp")

    assert second.number == first.number + 1
    assert len(first.public_code) == 10
    assert first.public_code != second.public_code


def _ascii_event(town, data):
    """An event whose JSON is clean while what it says is not."""
    return NewEvent(
        source="residents",
        event_id="odd",
        type="report",
        subject=None,
        time=None,
        received_at=town.clock(),
        body=json.dumps(data | {"lat": cast.SQUARE[0] + 1, "lon": cast.SQUARE[1]}),
    )


class _Away:
    """A unit of work over a database that goes away in the middle."""

    def __init__(self, uow):
        self._uow = uow

    def __enter__(self):
        self._uow.__enter__()
        return self

    def __exit__(self, *error):
        self._uow.__exit__(*error)

    @property
    def events(self):
        return self._uow.events

    @property
    def registers(self):
        raise errors.Unavailable


def _seen_by_a_vehicle(town, event_id, lat, lon):
    with town.uows() as uow:
        if not uow.registers.assets(["van-1"]):
            van = Asset(
                id="van-1", kind="vehicle_sensor", name_zh="巡检车1号", name_en="Van 1", lat=lat, lon=lon,
                area_id=None, attributes={},
            )  # fmt: skip
            uow.registers.add_assets([van])
            uow.commit()
    seen = {"label": "leak", "confidence": 0.9, "lat": lat, "lon": lon}
    town.put(event_id, seen, kind="detection", subject="van-1")
    while town.worker.triage():
        pass
    with town.uows() as uow:
        return uow.cases.find_by_event("residents", event_id)


def test_what_one_vehicle_sees_in_two_places_is_two_cases_and_neither_is_the_vehicle(town):
    lat, lon = cast.SQUARE

    first = _seen_by_a_vehicle(town, "here", lat, lon)
    again = _seen_by_a_vehicle(town, "here again", lat + 0.0001, lon)
    elsewhere = _seen_by_a_vehicle(town, "a kilometre on", lat + 0.01, lon)

    assert again.id == first.id
    assert elsewhere.id != first.id
    assert (first.subject, first.address) == (None, None)
