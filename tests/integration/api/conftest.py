"""A house with the demo city, asked over HTTP as strangers ask it."""

import pytest
from house import CASES_KEY, EVENTS_KEY, READER_KEY, put

import app as application
from casework import settings
from casework.demo import city, loading
from casework.domain.people import Scope
from notifications.fakes import FakeSms


@pytest.fixture
def app(request, database_url, clock):
    parsed = settings.parse(
        {"GONGZHI_DATABASE_URL": database_url, "GONGZHI_DEMO": "1", "GONGZHI_MATCHER": "plain"}
    )
    sms = FakeSms(clock)
    channels = {"sms": sms, "console": sms}
    if "demo" in request.fixturenames:
        first = application.create_runtime(parsed, clock=clock, channels=channels)
        loading.load(city.demo_city(), uows=first.uows, clock=clock, zone=parsed.timezone)
        first.close()
    made = application.create_app(parsed, clock=clock, channels=channels)
    yield made
    made.extensions["gongzhi"]().close()


@pytest.fixture
def runtime(app):
    return app.extensions["gongzhi"]()


@pytest.fixture
def client(app, runtime):
    put(runtime, "gauges", EVENTS_KEY, Scope.EVENTS)
    put(runtime, "control-room", CASES_KEY, Scope.CASES_READ, Scope.CASES_WRITE, Scope.CREWS_WRITE)
    put(runtime, "reader", READER_KEY, Scope.CASES_READ)
    return app.test_client()


@pytest.fixture
def demo():
    """The demo city, which `app` loads where it is asked for."""
    return city.demo_city()


@pytest.fixture
def worker(app):
    return app.extensions["gongzhi_make_worker"]()
