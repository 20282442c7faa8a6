"""Payloads of a source's own shape over HTTP, by the mapping that is kept for it."""

import pytest
from house import EVENTS_KEY, as_source, put

from casework.analytics import health
from casework.domain.people import Scope

KEY = "key-of-the-integrators"
TEXT = """
id: msg
type: {value: reading}
subject: dev
data:
  quantity: {value: water_level}
  value: {path: "level", as: number}
  unit: {value: cm}
"""


@pytest.fixture
def mapped(client, runtime):
    put(runtime, "integrators", KEY, Scope.REGISTERS_WRITE, Scope.CASES_READ)
    kept = client.post(
        "/api/v1/sources/gauges/mappings/default", json={"text": TEXT, "sample": "{}"}, headers=as_source(KEY)
    )
    assert kept.status_code == 200, kept.text
    return client


def _send(client, payload, query=""):
    return client.post(f"/api/v1/raw{query}", json=payload, headers=as_source(EVENTS_KEY))


def test_a_payload_becomes_an_event_once(mapped):
    first, again = (_send(mapped, {"msg": "1", "dev": "WL-1", "level": "12"}) for _ in range(2))

    assert (first.status_code, first.json["accepted"], again.json["duplicates"]) == (202, 1, 1)
    fate = mapped.get("/api/v1/events/gauges/1", headers=as_source(EVENTS_KEY)).json
    assert fate["data"] == {"quantity": "water_level", "value": 12.0, "unit": "cm"}


def test_what_does_not_fit_is_refused_by_field_and_waits_in_quarantine(mapped, runtime):
    answer = _send(mapped, {"msg": "2", "level": "high"})

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == ["data.value"]
    with runtime.reading() as connection:
        assert health.count(connection).quarantined == 1


def test_a_source_without_that_mapping_is_told_so(mapped):
    assert _send(mapped, {}, "?mapping=other").status_code == 404


def test_a_mapping_that_cannot_be_used_is_not_kept(mapped):
    answer = mapped.post(
        "/api/v1/sources/gauges/mappings/default",
        json={"text": TEXT.replace("id: msg", "idd: msg")},
        headers=as_source(KEY),
    )

    assert answer.status_code == 422
    assert "did you mean 'id'" in answer.json["errors"]["text"][0]


def test_a_mapping_that_tells_nothing_apart_is_not_kept(mapped):
    answer = mapped.post(
        "/api/v1/sources/gauges/mappings/default",
        json={"text": TEXT.replace("id: msg", "")},
        headers=as_source(KEY),
    )

    assert answer.status_code == 422


def test_mappings_are_listed_and_devices_and_sources_show_when_they_were_seen(mapped):
    _send(mapped, {"msg": "1", "dev": "WL-1", "level": 1})

    listed = mapped.get("/api/v1/sources/gauges/mappings", headers=as_source(KEY)).json
    assert [(one["name"], one["changed_by"]) for one in listed["items"]] == [
        ("default", "source:integrators")
    ]
    sources = mapped.get("/api/v1/sources", headers=as_source(KEY)).json["items"]
    assert next(one for one in sources if one["name"] == "gauges")["last_seen_at"] is not None
    assert mapped.get("/api/v1/devices?offline=true", headers=as_source(KEY)).json["items"] == []
    assert mapped.get("/api/v1/parties", headers=as_source(KEY)).json["items"] == []
