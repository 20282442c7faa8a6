"""The simulation acts on a small stand-in of the service and of the provider, over real HTTP."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest

from casework.clock import FakeClock
from casework.demo import accounts
from casework.demo.city import demo_city
from casework.demo.outsider import Outsider, Unreachable
from casework.demo.simulation import Simulation, World

Live = Callable[[int], Simulation]
CREW = demo_city().crews[0]
BUTTONS = {
    "offered": ("accept", "decline"),
    "accept": ("en_route",),
    "en_route": ("on_scene",),
    "on_scene": ("done",),
}


@dataclass
class City:
    """What the stand-in has been told."""

    events: list[dict[str, Any]] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    positions: list[str] = field(default_factory=list)
    pressed: list[dict[str, str]] = field(default_factory=list)
    answers: list[dict[str, str]] = field(default_factory=list)
    texts: list[dict[str, object]] = field(default_factory=list)
    stage: str = "offered"
    away: bool = False

    def text(self, to: str, body: str) -> None:
        number = len(self.texts) + 1
        self.texts.append({"number": number, "to": to, "body": body, "direction": "outbound-api"})

    def get(self, path: str) -> str:
        if path.startswith("/__messages"):
            after = int(path.partition("after=")[2].partition("&")[0])
            new = [text for text in self.texts if int(str(text["number"])) > after]
            return json.dumps({"total": len(self.texts), "messages": new, "next": len(self.texts)})
        values = BUTTONS.get(self.stage, ()) if path.startswith("/a/") else ("yes", "no")
        name = "do" if path.startswith("/a/") else "fixed"
        buttons = "".join(f'<button name="{name}" value="{value}">x</button>' for value in values)
        return f'<a href="geo:30.31000,120.15100">map</a><form method="post">{buttons}</form>'

    def post(self, path: str, body: bytes, key: str) -> str:
        if path == "/api/v1/events":
            self.keys.add(key)
            self.events += json.loads(body)
        elif path.endswith("/position"):
            self.positions.append(path)
        else:
            fields = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            (self.pressed if path.startswith("/a/") else self.answers).append(fields)
            self.stage = fields.get("do", self.stage)
        return "{}"


@pytest.fixture
def city() -> City:
    return City()


@pytest.fixture
def address(city: City) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # two writes an answer would wait 40 ms for each other

        def do_GET(self) -> None:
            self._say(city.get(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            key = self.headers.get("Authorization", "").removeprefix("Bearer ")
            self._say("" if city.away else city.post(self.path, body, key))

        def _say(self, text: str) -> None:
            self.send_response(503 if city.away else 202)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def live(address: str, clock: FakeClock) -> Iterator[Live]:
    """A function that lets so many seconds pass; the seed is one of a crew that goes and does it."""
    began = clock()
    outsiders = (Outsider(address), Outsider(address))
    world = World(*outsiders, demo_city(), clock, ZoneInfo("Asia/Shanghai"), Random(3))  # noqa: S311  (a story)
    simulation = Simulation(world, lambda: (clock() - began).total_seconds())  # noqa: PLW0108  (the clock moves)

    def _live(seconds: int) -> Simulation:
        for _ in range(seconds):
            simulation.step()
            clock.advance(seconds=1)
        return simulation

    yield _live
    for outsider in outsiders:
        outsider.close()


def test_within_a_minute_residents_gauges_and_vehicles_have_sent_each_with_its_own_key(
    live: Live, city: City
) -> None:
    live(60)

    assert {event["type"] for event in city.events} == {"report", "reading", "detection"}
    assert city.keys == {accounts.RESIDENTS.key, accounts.GAUGES.key, accounts.VEHICLES.key}
    assert len({event["id"] for event in city.events}) == len(city.events)


def test_all_crews_say_where_they_are_at_once(live: Live, city: City) -> None:
    live(1)

    assert f"/api/v1/crews/{CREW.id}/position" in city.positions
    assert len(city.positions) == 60


def test_a_crew_that_is_texted_presses_one_button_after_the_other(live: Live, city: City) -> None:
    live(2)
    city.text(CREW.phone, "积水 湖墅路 接单 http://city.example/a/AbCdEfGh-_123456")

    live(700)

    assert [fields["do"] for fields in city.pressed] == ["accept", "en_route", "on_scene", "done"]
    assert city.pressed[-1]["note"]
    assert float(city.pressed[-1]["lat"]) == pytest.approx(30.31)


def test_a_crew_whose_errand_was_taken_away_presses_nothing_more(live: Live, city: City) -> None:
    live(2)
    city.text(CREW.phone, "接单 http://city.example/a/AbCdEfGh-_123456")
    live(3)

    city.stage = "withdrawn"
    live(60)

    assert city.pressed == []


def test_residents_answer_whether_it_is_fixed(live: Live, city: City) -> None:
    live(2)
    for number in range(20):
        city.text("+862600002001", f"已处置。修好了吗?http://city.example/r/ABCDEFGH{number}")

    live(90)

    assert len(city.answers) > 5
    assert {answer["fixed"] for answer in city.answers} <= {"yes", "no"}


def test_nothing_is_lost_or_doubled_while_the_service_is_away(live: Live, city: City) -> None:
    live(5)
    before = len(city.events)
    city.away = True

    for _ in range(3):
        with pytest.raises(Unreachable):
            live(10)
    assert len(city.events) == before

    city.away = False
    live(30)
    assert len(city.events) > before
    assert len({event["id"] for event in city.events}) == len(city.events)


def test_a_service_that_is_not_there_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        Outsider("http://127.0.0.1:1").get("/")
