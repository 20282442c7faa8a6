"""GeoReport v2 as clients and validators use it."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import field_cast
import jsonschema
import pytest
from field_cast import District
from flask.testing import FlaskClient

from casework.domain.cases import Disposition
from casework.services import closing

KEY, OTHER_KEY, SLOW_KEY = "key-of-an-app-of-another-city", "key-of-a-third-city", "key-of-a-slow-city"
BASE = "/open311/v2"
LAMP = {
    "service_code": "street_light",
    "lat": "30.3190",
    "long": "120.1420",
    "description": "The lamp by the bridge is out",
    "first_name": "Ada",
}


def report(client: FlaskClient, key: str = KEY, form: dict[str, str] = LAMP, **more: str) -> Any:
    return client.post(f"{BASE}/requests.json", data={"api_key": key, **form, **more})


def numbers(answer: Any) -> list[str]:
    return [found["service_request_id"] for found in answer.json]


def test_discovery_names_the_endpoint_in_both_forms(client: FlaskClient) -> None:
    endpoint = client.get(f"{BASE}/discovery.json").json["endpoints"][0]
    root = ET.fromstring(client.get(f"{BASE}/discovery.xml").data)  # noqa: S314  (our own answer)

    assert endpoint["url"] == f"{field_cast.PUBLIC_URL}{BASE}"
    assert endpoint["formats"] == ["text/xml", "application/json"]
    assert [e.text for e in root.findall("endpoints/endpoint/formats/format")] == endpoint["formats"]


def test_every_category_is_a_service_in_the_callers_language(client: FlaskClient) -> None:
    english = client.get(f"{BASE}/services.json", headers={"Accept-Language": "en"}).json
    chinese = client.get(f"{BASE}/services.json", headers={"Accept-Language": "zh"}).json

    names = {service["service_code"]: service["service_name"] for service in english}
    assert names["street_light"] != {s["service_code"]: s["service_name"] for s in chinese}["street_light"]
    assert names["street_light"].isascii()


def test_without_a_suffix_the_accept_header_decides_and_xml_is_the_default(client: FlaskClient) -> None:
    as_xml = client.get(f"{BASE}/services")
    as_json = client.get(f"{BASE}/services", headers={"Accept": "application/json"})

    assert as_xml.content_type == "text/xml; charset=utf-8"
    assert as_xml.data.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    assert as_json.content_type == "application/json; charset=utf-8"


def test_a_service_has_no_fields_of_its_own_and_an_unknown_one_is_not_found(client: FlaskClient) -> None:
    assert client.get(f"{BASE}/services/street_light.json").json == {
        "service_code": "street_light",
        "attributes": [],
    }
    unknown = client.get(f"{BASE}/services/nothing.json")
    assert unknown.status_code == 404
    assert unknown.json[0]["code"] == 404
    assert "nothing" in unknown.json[0]["description"]


def test_a_report_becomes_a_case_at_once_and_is_followed_to_its_end(
    client: FlaskClient, district: District
) -> None:
    (opened,) = report(client).json
    number = opened["service_request_id"]

    (before,) = client.get(f"{BASE}/requests/{number}.json").json
    with district.runtime.uows() as uow:
        (case,) = uow.cases.waiting(10)
    district.work(seconds=30)
    closing.close(
        case.id,
        Disposition.RESOLVED,
        actor="user:lead",
        note="",
        uows=district.runtime.uows,
        house=district.runtime.house(),
        clock=district.clock,
    )
    (after,) = client.get(f"{BASE}/requests/{number}.json").json

    assert (before["status"], after["status"]) == ("open", "closed")
    assert after["status_notes"] == "resolved"
    assert before["requested_datetime"] == "2026-05-04T02:00:00Z"
    assert after["updated_datetime"] == "2026-05-04T02:00:30Z"
    assert before["expected_datetime"] > before["requested_datetime"]


def test_nothing_leads_to_the_page_on_which_a_resident_answers(
    client: FlaskClient, district: District
) -> None:
    opened = report(client)
    with district.runtime.uows() as uow:
        (case,) = uow.cases.waiting(10)

    assert case.public_code not in opened.text
    assert case.public_code not in client.get(f"{BASE}/requests.json", query_string={"api_key": KEY}).text
    assert client.get(f"{BASE}/requests/{case.public_code}.json").status_code == 404


def test_a_second_report_of_the_same_thing_is_given_the_same_case(client: FlaskClient) -> None:
    first, second = numbers(report(client)), numbers(report(client))

    assert first == second


def test_what_a_resident_wrote_is_shown_to_its_own_source_alone(client: FlaskClient) -> None:
    (number,) = numbers(report(client))

    def described(**query: str) -> str:
        answer = client.get(f"{BASE}/requests/{number}.json", query_string=query)
        return str(answer.json[0]["description"])

    assert described(api_key=KEY) == LAMP["description"]
    assert "bridge" not in described(api_key=OTHER_KEY)
    assert "bridge" not in described()


@pytest.mark.parametrize("key", ["", "wrong", "键"])
def test_a_missing_or_wrong_key_is_403(client: FlaskClient, key: str) -> None:
    refused = report(client, key)

    assert refused.status_code == 403
    assert refused.json[0]["code"] == 403


def test_reading_without_a_key_is_closed_unless_the_operator_opens_it(
    database_url: str, tmp_path: Path
) -> None:
    with field_cast.district(database_url, tmp_path) as district:
        client = district.browser()

        assert client.get(f"{BASE}/requests.json").status_code == 403
        assert client.get(f"{BASE}/services.json").status_code == 200


def test_a_source_over_its_rate_waits(client: FlaskClient) -> None:
    report(client, SLOW_KEY)
    slowed = report(client, SLOW_KEY)

    assert slowed.status_code == 429
    assert int(slowed.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("wrong", "status", "named"),
    [
        ({"service_code": ""}, 400, "service_code"),
        ({"service_code": "nothing"}, 404, "service_code"),
        ({"lat": ""}, 400, "lat"),
        ({"lat": "north"}, 400, "lat"),
        ({"lat": "nan"}, 400, "lat"),
        ({"lat": "91"}, 400, "lat"),
        ({"description": "x" * 4001}, 400, "description"),
        ({"description": "half \x00 text"}, 400, "text"),
        ({"media_url": "x" * 2001}, 400, "media_url"),
    ],
)
def test_a_report_that_cannot_be_used_is_refused_by_field(
    client: FlaskClient, wrong: dict[str, str], status: int, named: str
) -> None:
    refused = report(client, **wrong)

    assert refused.status_code == status
    assert named in refused.json[0]["description"]


def test_a_place_in_words_is_taken(client: FlaskClient) -> None:
    form = {**LAMP, "lat": "", "long": "", "address_string": "8 Canal Street"}

    (number,) = numbers(report(client, form=form))

    assert client.get(f"{BASE}/requests/{number}.json").json[0]["address"] == "8 Canal Street"


def test_lists_are_narrowed_by_kind_status_and_time(client: FlaskClient, district: District) -> None:
    (lamp,) = numbers(report(client))
    district.clock.advance(days=100)
    (rubbish,) = numbers(report(client, service_code="rubbish"))

    def listed(**query: str) -> list[str]:
        return numbers(client.get(f"{BASE}/requests.json", query_string=query))

    long_ago = (district.clock() - timedelta(days=120)).isoformat()
    assert listed() == [rubbish]
    assert listed(start_date=long_ago) == [lamp]
    assert listed(start_date=long_ago, service_code="rubbish") == []
    assert listed(service_request_id=f"{lamp},{rubbish}") == [rubbish, lamp]
    assert listed(status="closed") == []
    assert listed(status="open,closed") == [rubbish]
    assert listed(page_size="1", page="2") == []


@pytest.mark.parametrize(
    "query",
    [
        {"status": "half"},
        {"start_date": "yesterday"},
        {"start_date": "2026-05-01T00:00:00Z", "end_date": "2026-08-01T00:00:00Z"},
        {"start_date": "2026-05-02T00:00:00Z", "end_date": "2026-05-01T00:00:00Z"},
        {"page_size": "1001"},
        {"page": "0"},
        {"service_request_id": ",".join(f"c{number}" for number in range(201))},
    ],
)
def test_a_query_that_cannot_be_answered_is_refused(client: FlaskClient, query: dict[str, str]) -> None:
    refused = client.get(f"{BASE}/requests.json", query_string=query)

    assert refused.status_code == 400
    assert refused.json[0]["description"]


def test_a_token_leads_to_the_case_once_it_is_judged(
    client: FlaskClient, district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("as if a worker held the event")

    with monkeypatch.context() as broken:
        broken.setattr("casework.services.triage.judge_now", fail)
        (waiting,) = report(client).json
    before = client.get(f"{BASE}/tokens/{waiting['token']}.json").json
    district.work(seconds=1)
    after = client.get(f"{BASE}/tokens/{waiting['token']}.json").json

    assert before == [waiting]
    assert client.get(f"{BASE}/requests/{after[0]['service_request_id']}.json").status_code == 200


@pytest.mark.parametrize("token", ["x", "AAAA", "%00", "b3BlbjMxMQ", "é"])
def test_a_token_that_was_never_given_out_is_not_found(client: FlaskClient, token: str) -> None:
    assert client.get(f"{BASE}/tokens/{token}.json").status_code == 404


def test_answers_hold_the_published_schemas(
    client: FlaskClient, district: District, shared_data: Path
) -> None:
    schemas = shared_data / "03_georeport_v2" / "schema"

    def held(name: str, answered: object) -> None:
        jsonschema.validate(answered, json.loads((schemas / f"{name}.json").read_text(encoding="utf-8")))

    report(client)
    for service in client.get(f"{BASE}/services.json").json:
        held("service", service)
    (found,) = client.get(f"{BASE}/requests.json").json
    held("request", found)


def test_xml_carries_the_same_as_json(client: FlaskClient) -> None:
    report(client)
    (as_json,) = client.get(f"{BASE}/requests.json").json
    (as_xml,) = ET.fromstring(client.get(f"{BASE}/requests.xml").data)  # noqa: S314  (our own answer)

    assert as_xml.tag == "request"
    assert {child.tag: child.text for child in as_xml} == {
        name: None if value is None else str(value) for name, value in as_json.items()
    }
