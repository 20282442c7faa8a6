import io
import json
from http import HTTPStatus
from threading import Event

import pytest
from house import EVENTS_KEY, as_source, put
from werkzeug.test import create_environ, run_wsgi_app

from casework.domain.people import Scope

BATCH = "application/cloudevents-batch+json"
STRUCTURED = "application/cloudevents+json"
GAUGES = as_source(EVENTS_KEY)


def reading(event_id, **changes):
    event = {
        "specversion": "1.0",
        "id": event_id,
        "source": "gauges",
        "type": "reading",
        "subject": "gauge-1",
        "time": "2026-05-04T10:00:00+08:00",
        "data": {"quantity": "water_level", "value": 3, "unit": "cm"},
    }
    return event | changes


def send(client, body, content_type=STRUCTURED, headers=GAUGES):
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post("/api/v1/events", data=text, content_type=content_type, headers=headers)


def stored(runtime, event_id):
    with runtime.uows() as uow:
        return uow.events.find("gauges", event_id)


def test_an_accepted_event_is_in_the_database_when_the_answer_comes(client, runtime):
    answer = send(client, reading("e-1"))

    assert answer.status_code == HTTPStatus.ACCEPTED
    assert answer.json == {"accepted": 1, "duplicates": 0, "rejected": []}
    assert stored(runtime, "e-1").data["value"] == 3


def test_the_same_event_again_is_a_duplicate(client):
    send(client, reading("e-1"))

    again = send(client, reading("e-1"), "application/json")

    assert again.json == {"accepted": 0, "duplicates": 1, "rejected": []}


def test_a_binary_event_has_its_attributes_in_headers(client, runtime):
    headers = GAUGES | {
        "ce-specversion": "1.0",
        "ce-id": "%E6%AD%A6-1",
        "ce-source": "gauges",
        "ce-type": "reading",
        "ce-time": "2026-05-04T10:00:00Z",
    }

    answer = send(client, {"quantity": "x", "value": 1, "unit": "m"}, "application/json", headers)

    assert answer.status_code == HTTPStatus.ACCEPTED
    assert stored(runtime, "武-1").data["unit"] == "m"


def test_a_batch_takes_the_good_and_names_the_bad(client, runtime):
    send(client, reading("known"))
    bad = reading("bad", data={"quantity": "x", "value": "high", "unit": "m"})
    batch = [reading("new"), reading("known"), bad, reading("theirs", source="others"), 7]

    answer = send(client, batch, BATCH)

    assert answer.status_code == HTTPStatus.ACCEPTED
    assert (answer.json["accepted"], answer.json["duplicates"]) == (1, 1)
    assert [(entry["index"], entry["id"]) for entry in answer.json["rejected"]] == [
        (2, "bad"),
        (3, "theirs"),
        (4, None),
    ]
    assert answer.json["rejected"][0]["errors"] == {"data.value": ["must be a number"]}
    assert stored(runtime, "new") is not None
    assert stored(runtime, "theirs") is None


def test_a_batch_has_at_most_a_thousand_events(client):
    assert send(client, [reading(str(n)) for n in range(1000)], BATCH).json["accepted"] == 1000
    assert send(client, [reading(str(n)) for n in range(1001)], BATCH).status_code == 413


def test_an_empty_batch_is_taken_and_changes_nothing(client):
    assert send(client, [], BATCH).json == {"accepted": 0, "duplicates": 0, "rejected": []}


@pytest.mark.parametrize("key", ["", "Bearer", "Bearer wrong", "Basic eDp5", "Bearer \xe9"])
def test_without_a_valid_key_nothing_is_read(client, key):
    answer = send(client, reading("e-1"), headers={"Authorization": key})

    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert answer.content_type == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_key_without_the_scope_does_not_open_the_inbox(client, runtime):
    put(runtime, "phones", "key-of-phones", Scope.CREWS_WRITE)

    assert (
        send(client, reading("e-1"), headers=as_source("key-of-phones")).status_code == HTTPStatus.FORBIDDEN
    )


def test_an_event_in_anothers_name_is_forbidden(client, runtime):
    answer = send(client, reading("e-1", source="others"))

    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert answer.json["type"].endswith("foreign-source")
    assert stored(runtime, "e-1") is None


def test_a_new_key_opens_within_a_fifth_of_a_second_beside_the_old_one(client, runtime):
    send(client, reading("e-1"))

    put(runtime, "others", "key-of-others", Scope.EVENTS)

    Event().wait(0.25)  # within a fifth of a second of the last look, the ring does not look again
    answer = send(client, reading("e-2", source="others"), headers=as_source("key-of-others"))

    assert answer.status_code == 202


def test_a_source_over_its_rate_is_told_when_to_come_back(client, runtime):
    put(runtime, "slow", "key-of-slow", Scope.EVENTS, rate=0.1, burst=2)

    answers = [
        send(client, reading(str(n), source="slow"), headers=as_source("key-of-slow")) for n in range(3)
    ]

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 10


def test_a_body_that_announces_too_much_is_refused_unread(app, client):
    class Unread(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, _buffer):
            raise AssertionError("the body was read")

    for content_type, length in ((STRUCTURED, (1 << 20) + 1), (BATCH, (8 << 20) + 1)):
        environ = create_environ("/api/v1/events", method="POST", headers=GAUGES, content_type=content_type)
        environ |= {"wsgi.input": Unread(), "CONTENT_LENGTH": str(length)}

        _, status, _ = run_wsgi_app(app.wsgi_app, environ)

        assert status.startswith("413")


def test_a_body_that_announces_nothing_is_read_to_the_bound_and_no_further(app, client):
    chunks = io.BytesIO(b" " * (3 << 20))
    environ = create_environ("/api/v1/events", method="POST", headers=GAUGES, content_type=STRUCTURED)
    environ.pop("CONTENT_LENGTH", None)
    environ |= {"wsgi.input": chunks, "wsgi.input_terminated": True}

    _, status, _ = run_wsgi_app(app.wsgi_app, environ)

    assert status.startswith("413")
    assert chunks.tell() < 2 << 20


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/xml", "multipart/form-data"])
def test_other_content_types_are_not_taken(client, content_type):
    assert send(client, reading("e-1"), content_type).status_code == HTTPStatus.UNSUPPORTED_MEDIA_TYPE


@pytest.mark.parametrize("body", ["", "{", "[1", "nul", '"text"', "[]", b"\xff", "{}x"])
def test_what_is_not_a_json_object_is_malformed(client, body):
    assert send(client, body).status_code == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("data.value", '{"quantity":"x","value":NaN,"unit":"m"}'),
        ("data.value", '{"quantity":"x","value":Infinity,"unit":"m"}'),
        ("data.value", '{"quantity":"x","value":1e400,"unit":"m"}'),
        ("data.value", '{"quantity":"x","value":' + "9" * 5000 + ',"unit":"m"}'),
        ("data.unit", '{"quantity":"x","value":1,"unit":"\\ud800"}'),
        ("data.unit", '{"quantity":"x","value":1,"unit":"\\u0000"}'),
        ("data.lat", '{"quantity":"x","value":1,"unit":"m","lat":91,"lon":0}'),
        ("data.lon", '{"quantity":"x","value":1,"unit":"m","lat":30}'),
        ("unit", '{"quantity":"x","value":1,"unit":"m","unit":"m"}'),
        ("data.deep", '{"quantity":"x","value":1,"unit":"m","deep":' + "[" * 20 + "]" * 20 + "}"),
        ("data", "[1]"),
    ],
    ids=lambda value: value[:40],
)
def test_bad_data_is_refused_with_the_name_of_its_field(client, name, data):
    body = json.dumps(reading("e-1")).replace(json.dumps(reading("e-1")["data"]), data)

    answer = send(client, body)

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert any(field.startswith(name) for field in answer.json["errors"]), answer.json


def test_a_time_without_its_offset_is_refused_by_name(client):
    answer = send(client, reading("e-1", time="2026-05-04T10:00:00"))

    assert "time" in answer.json["errors"]


def test_a_bad_event_waits_in_quarantine_with_what_was_wrong(client, runtime):
    send(client, reading("e-\0", data={"quantity": "\ud800", "value": [], "unit": "m"}))

    metrics = client.get("/metrics").get_data(as_text=True)

    assert "gongzhi_events_quarantined 1.0" in metrics


def test_what_became_of_an_event_is_told_to_its_sender_and_to_nobody_else(client, runtime):
    put(runtime, "others", "key-of-others", Scope.EVENTS)
    send(client, reading("a/b"))

    answer = client.get("/api/v1/events/gauges/a/b", headers=GAUGES)

    assert answer.json["state"] == "new"
    assert client.get("/api/v1/events/gauges/none", headers=GAUGES).status_code == 404
    assert client.get("/api/v1/events/gauges/a/b", headers=as_source("key-of-others")).status_code in {
        401,
        403,
    }
