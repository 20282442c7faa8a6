import json

import pytest
from house import CASES_KEY, EVENTS_KEY, READER_KEY, as_source

ROOM = as_source(CASES_KEY)


@pytest.fixture
def case(client, demo, worker):
    """Noise that a resident reported, waiting for a crew."""
    return report(client, demo, worker, "r-1")


def report(client, demo, worker, event_id):
    place = next(crew for crew in demo.crews if "enforcement" in crew.capabilities)
    event = {
        "specversion": "1.0",
        "id": event_id,
        "source": "gauges",
        "type": "report",
        "data": {"text": "半夜施工噪音太大", "category": "noise", "lat": place.lat, "lon": place.lon},
    }
    assert client.post("/api/v1/events", json=event, headers=as_source(EVENTS_KEY)).status_code == 202
    worker.run_once()
    case_id = client.get(f"/api/v1/events/gauges/{event_id}", headers=ROOM).json["case"]
    return client.get(f"/api/v1/cases/{case_id}", headers=ROOM).json


def order(client, case, action, body=None, **headers):
    address = f"/api/v1/cases/{case['id']}/{action}"
    return client.post(address, json=body or {}, headers=ROOM | headers)


def test_a_case_is_read_with_its_version_as_its_etag(client, case):
    answer = client.get(f"/api/v1/cases/{case['id']}", headers=ROOM)

    assert answer.json["category"] == "noise"
    assert answer.headers["ETag"] == f'"{answer.json["version"]}"'


def test_the_way_to_a_case_is_told_with_the_decision_and_its_trace(client, case):
    fate = client.get("/api/v1/events/gauges/r-1", headers=ROOM).json

    assert fate["state"] == "judged"
    assert fate["outcome"] == "case"
    assert fate["trace"]["matched"]


def test_a_clock_names_the_entries_that_started_paused_and_stopped_it(client, case, clock):
    order(client, case, "pause", {"reason": "rain"})
    clock.advance(seconds=600)
    order(client, case, "resume")
    clock.advance(seconds=30)

    clocks = client.get(f"/api/v1/cases/{case['id']}/clocks", headers=ROOM).json["items"]
    kinds = {
        entry["id"]: entry["kind"]
        for entry in client.get(f"/api/v1/cases/{case['id']}/timeline", headers=ROOM).json["items"]
    }

    dispatch = next(found for found in clocks if found["kind"] == "dispatch")
    assert kinds[dispatch["started_by"]] == "case_filed"
    assert kinds[dispatch["pauses"][0]["paused_by"]] == "case_paused"
    assert kinds[dispatch["pauses"][0]["resumed_by"]] == "case_resumed"
    assert (dispatch["elapsed_s"], dispatch["light"], dispatch["breached"]) == (30.0, "green", False)


def test_the_recommended_crew_is_sent_and_the_choice_explained(client, case):
    answer = order(client, case, "dispatch")

    assert answer.json["status"] == "dispatched"
    sent = client.get(f"/api/v1/cases/{case['id']}/assignments", headers=ROOM).json["items"]
    assert [(one["crew"], one["offered_by"]) for one in sent] == [
        (answer.json["crew"], "source:control-room")
    ]
    assert sent[0]["explanation"]


def test_a_crew_that_is_named_is_sent_if_it_is_able(client, demo, case):
    capable = [crew for crew in demo.crews if "enforcement" in crew.capabilities]

    answers = {crew.id: order(client, case, "dispatch", {"crew": crew.id}) for crew in capable}

    sent = {crew: answer.json["crew"] for crew, answer in answers.items() if answer.status_code == 200}
    assert len(sent) == 1
    assert all(crew == named for crew, named in sent.items())
    assert {answer.status_code for answer in answers.values()} <= {200, 409}


def test_a_change_meant_for_an_older_version_is_refused_and_has_no_effect(client, case):
    stale = f'"{case["version"] - 1}"'

    for action, body in (("pause", {"reason": "x"}), ("void", {"reason": "x"}), ("note", {"text": "x"})):
        assert order(client, case, action, body, **{"If-Match": stale}).status_code == 412

    assert client.get(f"/api/v1/cases/{case['id']}", headers=ROOM).json == case


def test_a_change_meant_for_the_present_version_is_made(client, case):
    answer = order(client, case, "pause", {"reason": "x"}, **{"If-Match": f'"{case["version"]}"'})

    assert answer.json["paused"] is True
    assert answer.headers["ETag"] != f'"{case["version"]}"'


def test_an_order_under_a_key_has_its_effect_once_and_the_same_answer_twice(client, case):
    first = order(client, case, "note", {"text": "seen"}, **{"Idempotency-Key": "n-1"})
    second = order(client, case, "note", {"text": "seen"}, **{"Idempotency-Key": "n-1"})

    assert (first.status_code, first.data) == (second.status_code, second.data)
    entries = client.get(f"/api/v1/cases/{case['id']}/timeline", headers=ROOM).json["items"]
    assert [entry["data"] for entry in entries if entry["kind"] == "note_added"] == [{"text": "seen"}]


def test_a_key_cannot_be_used_for_another_order(client, case):
    order(client, case, "note", {"text": "seen"}, **{"Idempotency-Key": "n-1"})

    answer = order(client, case, "note", {"text": "other"}, **{"Idempotency-Key": "n-1"})

    assert answer.status_code == 422
    assert answer.json["type"].endswith("idempotency-key-reused")


def test_a_refused_order_does_not_use_up_its_key(client, case):
    assert order(client, case, "verify", **{"Idempotency-Key": "v-1"}).status_code == 409

    assert order(client, case, "verify", **{"Idempotency-Key": "v-1"}).status_code == 409


def test_a_case_goes_through_its_life_by_orders(client, case):
    statuses = [
        order(client, case, action, body).json["status"]
        for action, body in (
            ("dispatch", {}),
            ("withdraw", {"reason": "other work"}),
            ("escalate", {"reason": "urgent"}),
            ("close", {"disposition": "cannot_fix", "note": "nobody there"}),
            ("reopen", {"reason": "again"}),
            ("void", {"reason": "test"}),
        )
    ]

    assert statuses == ["dispatched", "filed", "filed", "closed", "filed", "voided"]


def test_a_case_is_merged_into_another(client, demo, worker, case):
    event = {
        "specversion": "1.0",
        "id": "far",
        "source": "gauges",
        "type": "report",
        "data": {"text": "半夜施工噪音太大", "category": "noise", "lat": 30.36, "lon": 120.13},
    }
    client.post("/api/v1/events", json=event, headers=as_source(EVENTS_KEY))
    worker.run_once()
    other = client.get("/api/v1/events/gauges/far", headers=ROOM).json["case"]

    answer = order(client, case, "merge", {"into": other})

    assert answer.status_code == 200
    assert (answer.json["id"], answer.json["duplicate_of"]) == (case["id"], other)


def test_a_reader_may_look_and_not_touch(client, case):
    reader = as_source(READER_KEY)

    assert client.get("/api/v1/cases", headers=reader).status_code == 200
    answer = client.post(f"/api/v1/cases/{case['id']}/verify", json={}, headers=reader)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("close", {"disposition": "gone"}, "disposition"),
        ("note", {"text": ""}, "text"),
        ("note", {"text": "\0"}, "text"),
        ("pause", {"reason": "x", "extra": 1}, "extra"),
        ("file", {"lat": 91, "lon": 0}, "lat"),
        ("merge", {"into": "1' or 1"}, "into"),
        ("dispatch", {"crew": 7}, "crew"),
    ],
)
def test_bad_words_are_refused_by_their_field(client, case, action, body, field):
    answer = order(client, case, action, body)

    assert answer.status_code == 422
    assert field in answer.json["errors"]


def test_cases_are_listed_newest_first_a_page_at_a_time(client, demo, worker, clock):
    for number in range(5):
        clock.advance(hours=30)  # far enough apart that none joins another
        report(client, demo, worker, f"r-{number}")

    seen, cursor = [], None
    while cursor is not None or not seen:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = client.get("/api/v1/cases", query_string=query, headers=ROOM).json
        seen += [case["number"] for case in page["items"]]
        cursor = page["next"]

    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) >= 2


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "status=lost", "priority=9", "colour=red"]
)
def test_a_list_refuses_questions_that_it_does_not_understand(client, query):
    assert client.get(f"/api/v1/cases?{query}", headers=ROOM).status_code == 422


def test_an_area_holds_the_cases_of_the_areas_below_it(client, case, demo):
    top = next(area.code for area in demo.areas if area.level == "district")

    everywhere = client.get(f"/api/v1/cases?area={top}", headers=ROOM).json["items"]

    assert case["area"] != top
    assert [found["id"] for found in everywhere] == [case["id"]]
    assert client.get("/api/v1/cases?area=nowhere", headers=ROOM).json["items"] == []


def test_attainment_counts_what_the_clocks_say(client, case, clock):
    clock.advance(seconds=61)

    items = client.get("/api/v1/attainment", headers=ROOM).json["items"]

    dispatch = next(item for item in items if item["clock"] == "dispatch")
    assert (dispatch["n"], dispatch["open"], dispatch["overdue"], dispatch["on_time"]) == (0, 1, 1, 0.0)
    assert (dispatch["target"], dispatch["definition"]) == (60.0, "on-time-1")


def test_a_link_that_still_opens_something_is_struck_out_of_the_outbox(client, case):
    order(client, case, "dispatch")

    texts = client.get("/api/v1/outbox?state=new", headers=ROOM).json["items"]

    offer = next(text for text in texts if text["purpose"] == "crew_offer")
    assert "/a/…" in offer["body"]
    assert "secret" not in json.dumps(offer)


def test_sources_are_listed_without_their_keys(client):
    sources = client.get("/api/v1/sources", headers=ROOM)

    assert "gauges" in {source["name"] for source in sources.json["items"]}
    assert "hash" not in sources.get_data(as_text=True)


@pytest.mark.parametrize("register", ["crews", "areas", "assets"])
def test_registers_are_listed_whole_and_once(client, demo, register):
    seen, cursor = [], ""
    while True:
        page = client.get(f"/api/v1/{register}?limit=50{cursor}", headers=ROOM).json
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"

    assert len(seen) == len(set(seen)) >= 60


def test_a_crew_reports_its_position_and_an_older_one_changes_nothing(client, demo, clock):
    crew = demo.crews[0].id
    now = clock.advance(minutes=1)
    old = (now.replace(minute=now.minute - 1, second=0)).isoformat()

    client.post(f"/api/v1/crews/{crew}/position", json={"lat": 30.31, "lon": 120.11}, headers=ROOM)
    client.post(f"/api/v1/crews/{crew}/position", json={"lat": 1, "lon": 1, "at": old}, headers=ROOM)

    seen = client.get(f"/api/v1/crews/{crew}", headers=ROOM).json
    assert (seen["lat"], seen["lon"]) == (30.31, 120.11)


def test_a_position_from_the_future_is_refused(client, demo):
    body = {"lat": 1, "lon": 1, "at": "2100-01-01T00:00:00Z"}

    answer = client.post(f"/api/v1/crews/{demo.crews[0].id}/position", json=body, headers=ROOM)

    assert "at" in answer.json["errors"]


def test_a_crew_is_taken_out_of_service_and_back(client, demo):
    address = f"/api/v1/crews/{demo.crews[0].id}/status"

    assert (
        client.post(address, json={"status": "out_of_service"}, headers=ROOM).json["status"]
        == "out_of_service"
    )
    assert client.post(address, json={"status": "available"}, headers=ROOM).json["status"] == "available"
    assert client.post(address, json={"status": "en_route"}, headers=ROOM).status_code == 422
