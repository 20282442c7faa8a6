"""A house that listens to a real broker."""

from contextlib import contextmanager
from functools import partial

import mosquitto_broker
import pytest
from mqtt_house import Listening, Sender


@pytest.fixture
def broker(mosquitto, tmp_path):
    with mosquitto_broker.running(mosquitto, tmp_path) as running:
        yield running


@pytest.fixture
def open_house():
    made = []

    @contextmanager
    def open_(url, mqtt_url, **extra):
        house = Listening(url, mqtt_url, **extra)
        made.append(house)
        yield house

    yield open_
    for house in made:
        house.close()


@pytest.fixture
def make_house(open_house, database_url):
    return partial(open_house, database_url)


@pytest.fixture
def house(make_house, broker):
    with make_house(f"mqtt://127.0.0.1:{broker.port}") as made:
        made.prepare()
        yield made


@pytest.fixture
def sender(broker):
    made = Sender(broker.port)
    yield made
    made.close()
