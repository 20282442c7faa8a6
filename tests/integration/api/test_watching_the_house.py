import re

import pytest

from casework.domain.addressees import Charge, ProviderStanding
from casework.ids import MessageId


def test_the_process_says_that_it_lives_without_asking_anything(client):
    assert client.get("/healthz").json == {"ok": True}


def test_a_house_is_ready_while_a_worker_beats(client, runtime, clock):
    assert client.get("/readyz").status_code == 503

    with runtime.uows() as uow:
        uow.alarms.beat("w-1", "worker", clock(), clock())
        uow.commit()
    clock.advance(seconds=9)
    ready = client.get("/readyz")
    clock.advance(seconds=2)
    late = client.get("/readyz")

    assert ready.status_code == 200
    assert all(check["ok"] for check in ready.json["checks"].values())
    assert late.status_code == 503
    assert late.json["checks"]["worker"] == {"ok": False, "beat_age_s": 11.0}


def test_figures_of_the_house_and_of_the_process_are_scraped(client):
    client.get("/api/v1/nothing")

    text = client.get("/metrics").get_data(as_text=True)

    for name in ("gongzhi_events_received_total", "gongzhi_sweep_lag_seconds", "gongzhi_outbox_age_seconds"):
        assert re.search(rf"^{name}\b", text, re.MULTILINE)
    assert 'gongzhi_http_seconds_count{endpoint="unknown",method="GET",status="404"} 1.0' in text


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [("GET", "/api/v1/nothing", 404), ("GET", "/api/v1/events", 405), ("DELETE", "/api/v1/cases", 405)],
)
def test_unknown_addresses_and_methods_get_problem_documents(client, method, address, status):
    answer = client.open(address, method=method)

    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == status


def test_the_page_of_the_api_needs_no_other_host(client):
    page = client.get("/api/docs")

    text = page.get_data(as_text=True)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "<script" not in text
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", text)
    assert "/api/v1/cases/{case_id}/dispatch" in text
    assert 'id="problem-case-not-found"' in text


def test_every_operation_of_the_api_stands_in_the_document(app, client):
    document = client.get("/api/v1/openapi.json").json

    described = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    routed = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/") and not rule.rule.endswith("openapi.json")
    }
    assert document["openapi"] == "3.1.0"
    assert routed <= described


def test_costs_segments_and_circuits_are_scraped(client, runtime, clock):
    charge = Charge(
        id="c1",
        message_id=MessageId("m1"),
        at=clock(),
        channel="sms",
        provider="aliyun",
        segments=3,
        micros=135_000,
        currency="CNY",
    )
    standing = ProviderStanding(
        process="w1", channel="sms", provider="twilio", state="open", calls=9, failures=8, at=clock()
    )
    with runtime.uows() as uow:
        uow.ledger.add(charge)
        uow.ledger.stand([standing], clock())
        uow.commit()

    text = client.get("/metrics").get_data(as_text=True)

    assert 'gongzhi_cost_today{channel="sms",currency="CNY",provider="aliyun"} 0.135' in text
    assert 'gongzhi_segments_today{channel="sms",provider="aliyun"} 3.0' in text
    assert 'gongzhi_provider_circuit{channel="sms",provider="twilio"} 2.0' in text
    assert 'gongzhi_provider_failures{channel="sms",provider="twilio"} 8.0' in text
