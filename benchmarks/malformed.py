"""Sends 10,000 malformed events and generated requests: no 5xx, no hang, and nothing accepted is missing."""

import argparse
import json
import random
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path
from time import monotonic

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1]))

import app as application
import migrations
from casework import settings as settings_module
from casework.domain.people import Scope, Source
from casework.services import accounts

KEY = "key-of-a-hostile-source"
LONGEST_S = 5.0
TYPES = ("report", "reading", "detection", "sighting", "alert", "ticket", "nothing", "")
NAMES = (
    "text",
    "quantity",
    "value",
    "unit",
    "lat",
    "lon",
    "label",
    "confidence",
    "reporter",
    "media",
    "areas",
)
RAW = (
    b"NaN",
    b"Infinity", b"-Infinity", b"1e400", b"-1e400", b"9" * 5000, b'"\\ud800"', b'"\\u0000"', b"[" * 5000,
    b'{"a":' * 50 + b"1" + b"}" * 50, b'"' + b"x" * 200_000 + b'"', b"\xff", b"{}{}", b"", b"nul", b"0" * 100,
)  # fmt: skip

odd = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40),
    st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00",
                     "\0", "\ud800"]),
)  # fmt: skip
nested = st.recursive(
    odd,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
data = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), nested, max_size=6) | nested
event = st.fixed_dictionaries(
    {"specversion": st.just("1.0") | odd, "source": st.just("hostile") | odd, "id": st.uuids().map(str) | odd,
     "type": st.sampled_from(TYPES) | odd, "data": data},
    optional={"time": odd, "subject": odd, "extra": nested},
)  # fmt: skip
good = st.fixed_dictionaries(
    {
        "specversion": st.just("1.0"),
        "source": st.just("hostile"),
        "id": st.uuids().map(str),
        "type": st.just("reading"),
        "data": st.just({"quantity": "x", "value": 1, "unit": "m"}),
    }
)
STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
KINDS = (STRUCTURED, "application/json", BATCH, STRUCTURED, "application/json", BATCH, "text/plain", "")
SERVER_ERROR, ACCEPTED = 500, 202


@st.composite
def bodies(draw: st.DrawFn) -> tuple[bytes, str]:
    """Draw a body and its content type."""
    kind = draw(st.sampled_from(KINDS))
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=200)), kind
    value = draw(st.lists(event | good, max_size=4)) if kind == BATCH else draw(event | good)
    body = json.dumps(value).encode()
    if draw(st.integers(0, 3)) == 0:
        found = [at for at, byte in enumerate(body) if byte in b":,["]
        at = draw(st.sampled_from(found)) + 1 if found else 0
        body = body[:at] + draw(st.sampled_from(RAW)) + body[at:]
    return body, kind


def main() -> None:
    """Run and print; exits by an assertion where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument(
        "--database", help="an empty database's address; a SQLite file of its own where absent"
    )
    told = parser.parse_args()
    url = told.database or f"sqlite:///{tempfile.mkdtemp()}/malformed.db"
    migrations.upgrade(url)
    made = application.create_app(
        settings_module.parse({"GONGZHI_DATABASE_URL": url, "GONGZHI_DEMO": "1", "GONGZHI_MATCHER": "plain"})
    )
    runtime = made.extensions["gongzhi"]()
    source = Source(
        name="hostile",
        title="",
        owner="",
        key_hashes=(),
        scopes=frozenset(Scope),
        rate_per_s=1e9,
        burst=10**9,
    )
    accounts.put_source(source, KEY, uows=runtime.uows)
    client = made.test_client()
    statuses: Counter[int] = Counter()
    accepted: set[str] = set()
    slowest = 0.0

    @settings(max_examples=told.requests, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(drawn=bodies())
    def send(drawn: tuple[bytes, str]) -> None:
        nonlocal slowest
        body, kind = drawn
        began = monotonic()
        answer = client.post(
            "/api/v1/events", data=body, content_type=kind, headers={"Authorization": f"Bearer {KEY}"}
        )
        slowest = max(slowest, monotonic() - began)
        statuses[answer.status_code] += 1
        assert answer.status_code < SERVER_ERROR, (answer.status_code, body[:300], answer.text)
        if answer.status_code == ACCEPTED and answer.json["accepted"]:
            sent = json.loads(body)
            refused = {entry["index"] for entry in answer.json["rejected"]}
            events = sent if isinstance(sent, list) else [sent]
            accepted.update(each["id"] for at, each in enumerate(events) if at not in refused)

    random.seed(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        send()
    with runtime.uows(reading=True) as uow:
        missing = [name for name in accepted if uow.events.find("hostile", name) is None]
    runtime.close()
    print(f"{sum(statuses.values())} requests: {dict(sorted(statuses.items()))}; slowest {slowest:.3f} s")
    print(f"{len(accepted)} accepted ids, {len(missing)} missing")
    assert not missing
    assert slowest < LONGEST_S


if __name__ == "__main__":
    main()
