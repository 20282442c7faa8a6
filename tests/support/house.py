"""Keys of a house under test, and how its callers show them."""

from casework.domain.people import Scope, Source
from casework.services import accounts

EVENTS_KEY = "key-of-the-gauges"
CASES_KEY = "key-of-the-control-room"
READER_KEY = "key-of-a-reader"


def as_source(key):
    return {"Authorization": f"Bearer {key}"}


def put(runtime, name: str, key: str, *scopes: Scope, rate: float = 1e6, burst: int = 1_000_000):
    source = Source(
        name=name,
        title=name,
        owner="tests",
        key_hashes=(),
        scopes=frozenset(scopes),
        rate_per_s=rate,
        burst=burst,
    )
    accounts.put_source(source, key, uows=runtime.uows)
