import dataclasses
import json
import threading

import pytest
from werkzeug.test import Client

from notifications import addresses, signatures
from notifications.double import Running
from notifications.double import server as provider
from notifications.double.book import Entry
from notifications.double.listener import Listener

TOKEN = "a-token"
CREW, RESIDENT = addresses.drill_number(1), addresses.drill_number(2)


@pytest.fixture
def client(double: Running) -> Client:
    return Client(double.double)


def put(running: Running, body: str, to: str = CREW) -> Entry:
    config = running.double.config
    return running.double.book.add(
        direction="outbound-api", to=to, sender=config.sender, body=body, now=config.clock(), status="queued"
    )


def test_a_person_s_text_is_handed_on_signed_and_the_answer_reaches_the_phone(
    double: Running, client: Client, product: Listener
) -> None:
    answer = client.post(
        "/__inbound", json={"from": RESIDENT, "body": "古墩路积水", "media": ["http://m/1.jpg"]}
    )

    call = product.calls[0]
    signatures.verify_twilio_form([TOKEN], call.url, call.fields, call.signature)
    assert answer.status_code == 200
    assert (call.fields["From"], call.fields["Body"], call.fields["NumMedia"]) == (
        RESIDENT,
        "古墩路积水",
        "1",
    )
    assert [one.body for one in double.double.book.newest_first(RESIDENT)] == [
        "已收到,案件 3021",
        "古墩路积水",
    ]


def test_who_writes_stop_gets_no_text_until_start(double: Running, client: Client, product: Listener) -> None:
    path = f"/2010-04-01/Accounts/{double.double.config.account_sid}/Messages.json"
    form = {"To": RESIDENT, "From": "+15005550006", "Body": "hello"}
    auth = (double.double.config.account_sid, TOKEN)

    client.post("/__inbound", json={"from": RESIDENT, "body": "退订"})
    refused = client.post(path, data=form, auth=auth)
    client.post("/__inbound", json={"from": RESIDENT, "body": "START"})
    taken = client.post(path, data=form, auth=auth)

    assert (refused.status_code, refused.get_json()["code"]) == (400, 21610)
    assert taken.status_code == 201
    assert len(product.calls) == 2


@pytest.mark.parametrize("sent", [{"from": "me"}, {"from": RESIDENT, "body": 7}, {}])
def test_an_unusable_text_from_a_person_is_answered_with_a_sentence(
    client: Client, sent: dict[str, object]
) -> None:
    answer = client.post("/__inbound", json=sent)

    assert answer.status_code == 422
    assert answer.get_json()["detail"]


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        ({"rate_429": 1.5}, "rate_429"),
        ({"rate_429": 0.6, "rate_503": 0.6}, "rate_503"),
        ({"latency_s": -1}, "latency_s"),
        ({"latency_s": "1"}, "latency_s"),
        ({"outage": 1}, "outage"),
        ({"seed": True}, "seed"),
        ({"typo": 1}, "typo"),
        ({"latency_s": float("nan")}, "latency_s"),
    ],
)
def test_an_unusable_fault_is_named_and_changes_nothing(
    client: Client, wanted: dict[str, object], named: str
) -> None:
    before = client.get("/__faults").get_json()

    answer = client.post("/__faults", data=json.dumps(wanted), content_type="application/json")

    assert answer.status_code == 422
    assert named in answer.get_json()["detail"]
    assert client.get("/__faults").get_json() == before


def test_a_foreign_page_cannot_switch_faults_with_a_form(client: Client) -> None:
    assert client.post("/__faults", data={"outage": "true"}).status_code == 422


def test_the_same_seed_draws_the_same_failures(double: Running) -> None:
    faults = double.double.faults

    def draw() -> list[str]:
        faults.change({"seed": 7, "rate_429": 0.3, "rate_503": 0.2, "accept_then_hang": 0.1})
        return [faults.draw() for _ in range(200)]

    drawn = draw()
    assert drawn == draw()
    assert set(drawn) == {"accept", "too_many", "unavailable", "hang"}


def test_the_memory_is_bounded_and_counting_goes_on(double: Running, client: Client) -> None:
    for number in range(1_100):
        put(double, str(number), addresses.drill_number(number % 3))

    listed = client.get("/__messages?after=0&limit=1000").get_json()
    assert (listed["total"], listed["kept"]) == (1_100, 1_000)
    assert [one["number"] for one in listed["messages"]] == list(range(101, 1_101))
    assert listed["next"] == 1_100
    assert len(double.double.book.newest_first(addresses.drill_number(0))) == 333


def test_messages_are_read_in_pages(double: Running, client: Client) -> None:
    for number in range(5):
        put(double, str(number))

    first = client.get("/__messages?limit=3").get_json()
    second = client.get(f"/__messages?limit=3&after={first['next']}").get_json()

    assert [one["body"] for one in first["messages"] + second["messages"]] == ["0", "1", "2", "3", "4"]


def test_a_link_on_the_page_can_be_clicked_and_nothing_else_is_markup(
    double: Running, client: Client
) -> None:
    put(double, "去 http://g.cn/a/AbCdEfGh-_123456。回复1 <script>alert(1)</script>")

    page = client.get("/?lang=zh")

    assert '<a href="http://g.cn/a/AbCdEfGh-_123456" target="_blank"' in page.text
    assert "<script>alert" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "http://" not in page.text.replace("http://g.cn/", "")


@pytest.mark.parametrize(("lang", "title"), [("zh", "短信模拟器"), ("en", "Text messages")])
def test_the_page_speaks_both_languages_even_when_empty(client: Client, lang: str, title: str) -> None:
    assert title in client.get(f"/?lang={lang}").text


def test_every_state_a_text_can_have_is_shown_in_both_languages(double: Running, client: Client) -> None:
    book, clock = double.double.book, double.double.config.clock
    for state in ["queued", "sent", "delivered", "undelivered", "failed"]:
        book.advance(put(double, state).sid, state, clock(), 30003)

    for lang in ["zh", "en"]:
        assert client.get(f"/?lang={lang}").text.count("30003") == 5


@pytest.mark.parametrize("name", ["page.css", "page.js"])
def test_the_page_brings_its_own_style_and_script(client: Client, name: str) -> None:
    assert client.get(f"/__page/{name}").status_code == 200
    assert client.get("/__page/server.py").status_code == 404


def test_a_text_that_outlives_its_validity_fails_in_place_of_arriving(
    double: Running, product: Listener
) -> None:
    config = dataclasses.replace(double.double.config, callback_delay_s=0.6)
    slow = provider.Double(config)
    form = {
        "To": CREW,
        "From": "+15005550006",
        "Body": "x",
        "ValidityPeriod": "1",
        "StatusCallback": product.url,
    }

    Client(slow).post(
        f"/2010-04-01/Accounts/{config.account_sid}/Messages.json",
        data=form,
        auth=(config.account_sid, TOKEN),
    )

    states = [(c.fields["MessageStatus"], c.fields.get("ErrorCode")) for c in product.wait_for(2)]
    slow.close()
    assert states == [("queued", None), ("failed", "30036")]


def test_many_threads_lose_no_text(double: Running) -> None:
    def write() -> None:
        for number in range(50):
            put(double, str(number))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert double.double.book.counts()["total"] == 400
