"""A truck's load is followed back over the interface to the sites it can have come from."""

from datetime import datetime, timedelta

import pytest
from house import EVENTS_KEY, READER_KEY, as_source

from casework.domain.places import Asset

PLATE = "测A00002"


@pytest.fixture
def trip(client, runtime, clock):
    """An empty truck passes a site and is seen loaded; another truck is elsewhere."""
    with runtime.uows() as uow:
        uow.registers.add_assets(
            [
                Asset(
                    id=name,
                    kind=kind,
                    name_zh=name,
                    name_en=name,
                    lat=30.36,
                    lon=120.15,
                    area_id=None,
                    attributes={},
                )
                for name, kind in (("site-3", "site"), ("lamp-1", "lamp"))
            ]
        )
        uow.commit()
    for minutes, party, lat, loaded in (
        (30, PLATE, 30.34, False),
        (15, PLATE, 30.358, True),
        (5, PLATE, 30.33, True),
        (4, "测A00009", 30.36, False),
        (600, PLATE, 30.36, False),
    ):
        at = clock() - timedelta(minutes=minutes)
        event = {
            "specversion": "1.0",
            "id": f"{party}-{minutes}",
            "source": "gauges",
            "type": "sighting",
            "subject": party,
            "time": at.isoformat(),
            "data": {"party": party, "lat": lat, "lon": 120.15, "loaded": loaded},
        }
        answer = client.post(
            "/api/v1/events",
            json=event,
            headers=as_source(EVENTS_KEY),
            content_type="application/cloudevents+json",
        )
        assert answer.status_code == 202, answer.text
    return client


def test_the_likely_site_is_named_with_its_leg_and_what_stays_unknown(trip, clock):
    answer = trip.get(f"/api/v1/parties/{PLATE}/origin", headers=as_source(READER_KEY))

    origin = answer.json
    assert answer.status_code == 200
    assert [suspect["site"] for suspect in origin["suspects"]] == ["site-3"]
    assert origin["suspects"][0]["confidence"] + origin["unknown"] == pytest.approx(1, abs=0.002)
    assert origin["suspects"][0]["leg"]["earlier"]["event"] == f"{PLATE}-30"
    assert [leg["later"]["event"] for leg in origin["legs"]] == [f"{PLATE}-5", f"{PLATE}-15"]
    assert origin["began_empty"] is True
    assert datetime.fromisoformat(origin["legs"][0]["later"]["at"]) == clock() - timedelta(minutes=5)


def test_of_a_truck_that_nobody_saw_nothing_is_known(trip):
    answer = trip.get("/api/v1/parties/测A77777/origin", headers=as_source(READER_KEY))

    assert (answer.json["suspects"], answer.json["legs"], answer.json["unknown"]) == ([], [], 1)


def test_what_came_after_the_asked_time_is_not_looked_at(trip, clock):
    until = (clock() - timedelta(minutes=20)).isoformat()

    answer = trip.get(
        f"/api/v1/parties/{PLATE}/origin", query_string={"until": until}, headers=as_source(READER_KEY)
    )

    assert answer.json["suspects"] == []


def test_a_key_that_may_only_send_events_is_refused(trip):
    assert trip.get(f"/api/v1/parties/{PLATE}/origin", headers=as_source(EVENTS_KEY)).status_code == 403
