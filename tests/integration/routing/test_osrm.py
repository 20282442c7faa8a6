"""An OSRM service as a double on loopback: asked once for what is new, and left alone while it is away."""

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from routing.osrm import OsrmTravelTimes
from routing.travel import DistanceTravelTimes

AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
CREWS = np.array([[30.30, 120.15], [30.31, 120.15], [30.32, 120.15]])
CASES = np.array([[30.30, 120.16], [30.33, 120.15]])
PLAIN = DistanceTravelTimes(UTC)


class Double:
    """Answers a metre of latitude and of longitude as a second each; what goes wrong is set from outside."""

    def __init__(self):
        self.asked = []
        self.body = None
        self.slow = Event()

    def answer(self, path):
        parts = urlsplit(path)
        query = parse_qs(parts.query)
        places = [tuple(map(float, place.split(","))) for place in parts.path.rpartition("/")[2].split(";")]
        self.asked.append(len(places))
        sources, targets = (
            [places[int(i)] for i in query[k][0].split(";")] for k in ("sources", "destinations")
        )
        durations = [[self.seconds(one, other) for other in targets] for one in sources]
        return self.body or json.dumps({"code": "Ok", "durations": durations}).encode()

    @staticmethod
    def seconds(one, other):
        return round((abs(one[0] - other[0]) + abs(one[1] - other[1])) * 10_000, 1)


@contextmanager
def serving(double):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if double.slow.is_set():
                Event().wait(1.0)
            body = double.answer(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def double():
    return Double()


@pytest.fixture
def osrm(double):
    double.now = 0.0
    with serving(double) as url:
        yield OsrmTravelTimes(url, PLAIN, timeout_s=0.3, most_places=4, timer=lambda: double.now)


def test_it_gives_the_services_times_and_the_seconds_to_set_off(osrm):
    seconds = osrm.seconds(CREWS, CASES, AT)

    assert seconds[0] == pytest.approx([60 + 100, 60 + 300])
    assert osrm.source == "osrm"


def test_it_asks_no_more_places_at_once_than_the_service_takes_and_nothing_twice(osrm, double):
    osrm.seconds(CREWS, CASES, AT)
    assert double.asked == [4, 3]

    osrm.seconds(CREWS, CASES, AT)
    assert double.asked == [4, 3]

    osrm.seconds(np.concatenate([CREWS, [[30.4, 120.2]]]), CASES, AT)
    assert double.asked == [4, 3, 3]


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b'{"code": "NoTable", "message": "too many"}',
        b'{"code": "Ok", "durations": [[1]]}',
        b"[]",
    ],
)
def test_whatever_the_service_says_wrong_the_fall_back_answers_and_says_so(osrm, double, body):
    double.body = body

    seconds = osrm.seconds(CREWS, CASES, AT)

    assert np.array_equal(seconds, PLAIN.seconds(CREWS, CASES, AT))
    assert osrm.source == "distance, osrm away"


def test_a_service_that_is_late_is_left_alone_for_ten_seconds(osrm, double):
    double.slow.set()
    osrm.seconds(CREWS, CASES, AT)
    double.slow.clear()
    asked = len(double.asked)

    double.now = 9.9
    osrm.seconds(CREWS[:1], CASES[:1], AT)
    assert osrm.source == "distance, osrm away"
    assert len(double.asked) <= asked + 1  # the late answer may still be under way

    double.now = 10.1
    osrm.seconds(CREWS[:1], CASES[:1], AT)
    assert osrm.source == "osrm"


def test_a_way_that_does_not_exist_is_infinite(osrm, double):
    double.body = b'{"code": "Ok", "durations": [[null]]}'

    assert np.isinf(osrm.seconds(CREWS[:1], CASES[:1], AT)).all()


def test_only_an_http_address_is_taken():
    with pytest.raises(ValueError, match="no http address"):
        OsrmTravelTimes("file:///etc/passwd", PLAIN)
