"""The cast of the console: a dispatcher, an outsider, a stranger, and a city that stands still."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from casework.clock import FakeClock
from casework.web import console
from casework.web.console import fakes, stream


@dataclass
class Person:
    """A browser with cookies, and the token of its last page."""

    client: FlaskClient
    token: str = ""

    def get(self, path: str, **headers: str) -> TestResponse:
        answer = self.client.get(f"/console{path}", headers={"Accept": "text/html", **headers})
        found = re.search(r'name="csrf" content="(\w+)"', answer.get_data(as_text=True))
        self.token = found[1] if found else self.token
        return answer

    def post(self, path: str, accept: str = "application/json", **fields: str) -> TestResponse:
        data = {"csrf": self.token, **fields}
        return self.client.post(f"/console{path}", data=data, headers={"Accept": accept})


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def city(clock: FakeClock) -> fakes.FakeConsole:
    return fakes.FakeConsole(clock)


@pytest.fixture(scope="session")
def mounted() -> Flask:
    """Mount the console once: compiling its templates takes longer than all its tests."""
    made = Flask("console-test")
    made.secret_key = "a secret of the tests"
    fake = fakes.FakeConsole(FakeClock())
    console.mount(made, console.Parts(fake, fake, fake, fake.clock, stream.ChangeFeed(fake.changes_since)))
    return made


@pytest.fixture
def app(mounted: Flask, city: fakes.FakeConsole, clock: FakeClock) -> Iterator[Flask]:
    feed = stream.ChangeFeed(city.changes_since, limit=1, poll_s=0.01)
    mounted.extensions["gongzhi.console"] = console.Parts(city, city, city, clock, feed)
    yield mounted
    feed.stop()


@pytest.fixture
def stranger(app: Flask) -> Person:
    person = Person(app.test_client())
    person.get("/sign-in", **{"Accept-Language": "en"})
    return person


def _sign_in(app: Flask, name: str) -> Person:
    person = Person(app.test_client())
    person.client.set_cookie("gz_language", "en", path="/console")
    person.get("/sign-in")
    person.post("/sign-in", accept="text/html", name=name, password="gongzhi")
    person.get("/help")
    return person


@pytest.fixture
def dispatcher(app: Flask) -> Person:
    return _sign_in(app, "dispatcher")


@pytest.fixture
def outsider(app: Flask) -> Person:
    return _sign_in(app, "outsider")
