"""The console on a running house: a small city in a real database, worked by hand, one step at a time."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import postgresql_server
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import app as wiring
from casework import ids
from casework.clock import FakeClock
from casework.demo import city, loading
from casework.jobs.worker import Worker
from casework.services.runtime import Runtime
from casework.settings import parse

_numbers = count(1)


@dataclass
class House:
    """The application with its runtime and worker, and the clock they all go by."""

    app: Flask
    runtime: Runtime
    worker: Worker
    clock: FakeClock

    def report(
        self, text: str, lat: float | None = 30.3201, lon: float | None = 120.1402, **more: object
    ) -> None:
        """Let a resident report something, and the house judge it."""
        data = {
            "text": text,
            "lat": lat,
            "lon": lon,
            "reporter": {"phone": "+862600002001", "channel": "sms", "language": "zh"},
        }
        place = {key: value for key, value in {**data, **more}.items() if value is not None}
        self.send({"type": "report", "data": place})

    def send(self, event: dict[str, object]) -> None:
        """Bring one event of the residents' app in, and let the house do all there is to do."""
        envelope = {"specversion": "1.0", "id": ids.new(), "source": "demo-residents", **event}
        self.runtime.inbox.put([self.runtime.read(envelope, "demo-residents")], [])
        self.worker.run_once()


@dataclass
class Person:
    """A browser of somebody who is signed in."""

    client: FlaskClient
    token: str = ""

    def get(self, path: str, **headers: str) -> str:
        """Open a page, which must be there."""
        answer = self.client.get(f"/console{path}", headers={"Accept": "text/html", **headers})
        text = answer.get_data(as_text=True)
        assert answer.status_code == 200, (answer.status_code, text[:300])
        found = re.search(r'name="csrf" content="(\w+)"', text)
        self.token = found[1] if found else self.token
        return text

    def post(self, path: str, **fields: str) -> TestResponse:
        """Send a form as the page's script does."""
        data = {"csrf": self.token, **fields}
        return self.client.post(f"/console{path}", data=data, headers={"Accept": "application/json"})


def make_house(url: str, clock: FakeClock, media: Path = Path("nowhere")) -> House:
    """Open the application on a database."""
    given = {"GONGZHI_DATABASE_URL": url, "GONGZHI_DEMO": "1", "GONGZHI_MATCHER": "plain"}
    settings = parse({**given, "GONGZHI_MEDIA": str(media)})
    made = wiring.create_app(settings, clock=clock, elapsed=lambda: clock().timestamp())
    runtime = made.extensions["gongzhi"]()
    return House(made, runtime, made.extensions["gongzhi_make_worker"](), clock)


def fill(url: str) -> None:
    """Load the demo city; done once for each kind of database, because passwords are slow to hash."""
    house = make_house(url, FakeClock())
    zone = house.runtime.settings.timezone
    loading.load(city.demo_city(), uows=house.runtime.uows, clock=house.clock, zone=zone)
    house.runtime.close()


@pytest.fixture(scope="session")
def filled_sqlite(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled")
    for file in _sqlite_template.iterdir():
        shutil.copy(file, folder)
    fill(f"sqlite:///{folder / 'template.db'}")
    return folder


@pytest.fixture(scope="session")
def filled_postgresql(postgresql_url: str, _postgresql_template: str) -> str:
    fill(postgresql_server.make_database(postgresql_url, "console_filled", template=_postgresql_template))
    return "console_filled"


@pytest.fixture
def city_on_sqlite(filled_sqlite: Path, tmp_path: Path) -> str:
    for file in filled_sqlite.iterdir():
        shutil.copy(file, tmp_path)
    return f"sqlite:///{tmp_path / 'template.db'}"


@pytest.fixture
def city_on_postgresql(postgresql_url: str, filled_postgresql: str) -> Iterator[str]:
    name = f"console_{next(_numbers)}"
    yield postgresql_server.make_database(postgresql_url, name, template=filled_postgresql)
    postgresql_server.drop_database(postgresql_url, name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def house(request: pytest.FixtureRequest, clock: FakeClock, tmp_path: Path) -> Iterator[House]:
    made = make_house(request.getfixturevalue(f"city_on_{request.param}"), clock, tmp_path / "media")
    yield made
    made.runtime.bells.stopping.set()
    made.runtime.close()


def sign_in(house: House, name: str, password: str) -> Person:
    """Let somebody sign in, in English."""
    person = Person(house.app.test_client())
    person.client.set_cookie("gz_language", "en", path="/console")
    person.get("/sign-in")
    person.client.post("/console/sign-in", data={"csrf": person.token, "name": name, "password": password})
    person.get("/help")
    return person


@pytest.fixture
def signed_in(house: House) -> Callable[[str, str], Person]:
    """Sign people of the demo in."""
    return lambda name, password: sign_in(house, name, password)


@pytest.fixture
def dispatcher(house: House) -> Person:
    return sign_in(house, "lead", "demo-shift-lead")
