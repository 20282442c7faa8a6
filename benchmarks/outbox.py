"""A backlog drained at the provider's rate, through everything that a provider can do wrong.

Run as `python benchmarks/outbox.py [--texts 10000] [--rate 100] [--outage 600] [--database sqlite]`. The
house runs its real worker and its real hooks in this process, the double of the provider in another. The
physical limit is the provider's rate, which the house is told; the peer is an outbox that repeats whatever it
got no answer to, as most do, against the same double.
"""

import argparse
import json
import shutil
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import app
import migrations
from benchmarks import sms_double
from benchmarks.support import house as houses
from benchmarks.support import machine, postgres
from casework import ids, settings
from casework.clock import system_clock
from casework.domain.messages import Message
from casework.ids import MessageId
from casework.services.runtime import Runtime
from notifications import errors
from notifications.channel import OutgoingText
from notifications.double.handler import QuietHandler
from notifications.twilio_sms import TwilioAccount, TwilioSms

EACH = 5
"""Texts for one person: their order must be kept."""
FAULTS = {
    "seed": 7,
    "rate_503": 0.02,
    "accept_then_hang": 0.02,
    "hang_s": 6.0,
    "repeated_callbacks": 0.2,
    "shuffled_callbacks": 0.2,
    "lost_callbacks": 0.05,
}
PEER_TEXTS = 500
_LOOK_S = 0.5


def call(port: int, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401  (JSON)
    """Ask the double's control pages."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    sent = None if body is None else json.dumps(body)
    connection.request(method, path, sent, {"Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def received(port: int) -> list[dict[str, Any]]:
    """Answer every text that the double took, in order."""
    rows: list[dict[str, Any]] = []
    after = 0
    while True:
        page = call(port, "GET", f"/__messages?after={after}&limit=1000")
        if not page["messages"]:
            return rows
        rows += page["messages"]
        after = page["next"]


@contextmanager
def house(kind: str, port: int, rate: float) -> Iterator[Runtime]:
    """Run a house on an empty database, with its worker and its hooks, in this process."""
    folder = Path(tempfile.mkdtemp(prefix="gongzhi-outbox-"))
    with socket_server() as web, postgres_or_not(kind) as server:
        url = server.make_database("gongzhi") if server else f"sqlite:///{folder / 'gongzhi.sqlite3'}"
        migrations.upgrade(settings.parse({"GONGZHI_DEMO": "1", "GONGZHI_DATABASE_URL": url}).database_url)
        parsed = settings.parse(
            {
                "GONGZHI_DATABASE_URL": url,
                "GONGZHI_DEMO": "1",
                "GONGZHI_MATCHER": "plain",
                "GONGZHI_PUBLIC_URL": web.url,
                "GONGZHI_RATES": f"sms={rate}",
                **houses.twilio(port),
            }
        )
        made = app.create_app(parsed)
        web.serve(made)
        runtime: Runtime = made.extensions["gongzhi"]()
        worker = app.create_worker(runtime)
        worker.start()
        try:
            yield runtime
        finally:
            worker.stop(10)
            web.stop()
            runtime.close()
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres_or_not(kind: str) -> Iterator[Any]:
    """Run a server of PostgreSQL where that is asked for."""
    if kind == "sqlite":
        yield None
        return
    with postgres.running() as server:
        yield server


class Web:
    """The product's hooks on a port that is known before the product is."""

    def __init__(self) -> None:
        self._app: Any = None
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=QuietHandler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _answer(self, environ: Any, start_response: Any) -> Any:  # noqa: ANN401  (WSGI)
        return self._app(environ, start_response)

    def serve(self, made: Any) -> None:  # noqa: ANN401  (a WSGI application)
        """Begin to answer."""
        self._app = made
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Free the port."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def socket_server() -> Iterator[Web]:
    """Make the web's socket."""
    yield Web()


def write(runtime: Runtime, count: int) -> None:
    """Put the backlog into the outbox: `EACH` numbered texts for each person."""
    now = runtime.clock()
    with runtime.uows() as uow:
        for number in range(count):
            person = number % max(1, count // EACH)
            body = f"text {number // max(1, count // EACH):04d} of {person:06d}"
            uow.messages.add(
                Message(
                    id=MessageId(ids.new()),
                    case_id=None,
                    purpose="resident_progress",
                    channel="sms",
                    address=f"+8626000{person:05d}",
                    language="en",
                    body=body,
                    segments=1,
                    created_at=now,
                    next_attempt_at=now,
                )
            )
        uow.commit()


def open_texts(runtime: Runtime) -> int:
    """Count what is not settled yet."""
    with runtime.reading() as connection:
        query = "select count(*) from messages where state in ('new', 'sending')"
        return int(connection.exec_driver_sql(query).scalar_one())


def drain(runtime: Runtime, port: int, outage_s: float) -> float:
    """Wait until nothing is open, the provider vanishing on the way; answer the seconds of work."""
    began, pause = time.monotonic(), threading.Event()
    total = open_texts(runtime)
    gone_at: float | None = None
    away_s = 0.0
    while (left := open_texts(runtime)) > 0:
        pause.wait(_LOOK_S)
        if outage_s and gone_at is None and left < total / 2:
            call(port, "POST", "/__faults", {"outage": True})
            gone_at = time.monotonic()
        if gone_at is not None and not away_s and time.monotonic() - gone_at >= outage_s:
            call(port, "POST", "/__faults", {"outage": False})
            away_s = time.monotonic() - gone_at
    return time.monotonic() - began - away_s


def judge(rows: list[dict[str, Any]], count: int) -> dict[str, int]:
    """Count what was lost, sent twice, and out of order, by what the provider took."""
    seen: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        seen[row["to"]].append(row["body"])
    bodies = [row["body"] for row in rows]
    firsts = {to: list(dict.fromkeys(texts)) for to, texts in seen.items()}
    return {
        "lost": count - len(set(bodies)),
        "twice": len(bodies) - len(set(bodies)),
        "out_of_order": sum(texts != sorted(texts) for texts in firsts.values()),
    }


def naive(port: int, count: int) -> dict[str, int]:
    """Send as most outboxes do: again, until an answer comes."""
    account = TwilioAccount("AC" + "0" * 32, "demo", sender="+15005550006")
    channel = TwilioSms(account, api_base=f"http://127.0.0.1:{port}", timeout_s=0.3)
    before = len(received(port))
    pause = threading.Event()
    for number in range(count):
        text = OutgoingText(str(number), f"+8626000{number:05d}", f"peer {number}", "en", None, None)
        while True:
            try:
                channel.send(text)
            except errors.ChannelError:
                pause.wait(0.01)
            else:
                break
    return judge(received(port)[before:], count)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=100.0, help="texts a second that the provider takes")
    parser.add_argument("--outage", type=float, default=600.0, help="seconds without the provider")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    asked = parser.parse_args()
    houses.quiet()
    with sms_double.double() as port:
        call(port, "POST", "/__faults", FAULTS | {"per_s": asked.rate})
        with house(asked.database, port, asked.rate) as runtime:
            write(runtime, asked.texts)
            took_s = drain(runtime, port, asked.outage)
            found = judge(received(port), asked.texts)
            with runtime.reading() as connection:
                states = dict(
                    tuple(row)
                    for row in connection.exec_driver_sql(
                        "select state, count(*) from messages group by state"
                    )
                )
        call(port, "POST", "/__faults", {"hang_s": 0.0, "per_s": 0.0})
        peer = naive(port, PEER_TEXTS)
    rate = asked.texts / took_s
    print(f"{asked.texts} texts, {EACH} a person, {asked.database}, provider at {asked.rate:g}/s, "
          f"away for {asked.outage:g} s")  # fmt: skip
    print(
        f"  drained in {took_s:.1f} s besides the outage: {rate:.1f}/s, {rate / asked.rate:.2f} of the limit"
    )
    print(f"  lost {found['lost']}, sent twice {found['twice']}, people out of order {found['out_of_order']}")
    print(f"  states: {states}")
    print(f"  repeating without asking, {PEER_TEXTS} texts: lost {peer['lost']}, sent twice {peer['twice']}")
    print(f"  {machine.describe()}  {system_clock():%Y-%m-%d}")


if __name__ == "__main__":
    main()
