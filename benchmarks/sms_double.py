"""How many texts a second the double takes, and whether the channel books each exactly once under faults.

Run as `python benchmarks/sms_double.py`; the double runs in its own process, beside its callers.
"""

import json
import multiprocessing
import socket
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPConnection
from urllib.parse import urlencode

from notifications import addresses, errors, tokens
from notifications.channel import OutgoingText
from notifications.double import DoubleConfig, serve
from notifications.double.config import DEMO_SID
from notifications.twilio_sms import TwilioAccount, TwilioSms

RAW, FAULTY = 10_000, 2_000
THREADS = 16
SENDER = "+15005550006"
FAULTS = {"seed": 1, "rate_429": 0.05, "rate_503": 0.02, "accept_then_hang": 0.1, "hang_s": 0.0}


def now() -> datetime:
    """Answer the machine's clock: this is a measurement."""
    return datetime.now(UTC)  # noqa: TID251  (a benchmark measures real time)


@contextmanager
def double() -> Iterator[int]:
    """Run a double in a process of its own and give its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    process = multiprocessing.get_context("spawn").Process(
        target=serve, args=(DoubleConfig(clock=now),), kwargs={"port": port}
    )
    process.start()
    pause = threading.Event()
    while socket.socket().connect_ex(("127.0.0.1", port)):
        pause.wait(0.1)
    yield port
    process.terminate()
    process.join()


def raw_rate(port: int) -> float:
    """Post RAW texts over kept connections and answer texts a second."""
    path = f"/2010-04-01/Accounts/{DEMO_SID}/Messages.json"
    credentials = b64encode(f"{DEMO_SID}:demo".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/x-www-form-urlencoded"}

    def work(start_at: int) -> None:
        connection = HTTPConnection("127.0.0.1", port)
        for number in range(start_at, RAW, THREADS):
            form = {"To": addresses.drill_number(number % 100), "From": SENDER, "Body": f"新任务 {number}"}
            connection.request("POST", path, urlencode(form), headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == HTTPStatus.CREATED
        connection.close()

    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    return RAW / (time.perf_counter() - began)


def deliver(sms: TwilioSms, text: OutgoingText, pause: threading.Event) -> Counter[str]:
    """Bring one text to the provider as the outbox does: try, ask, and only then try again."""
    seen: Counter[str] = Counter()
    while True:
        since = now()
        try:
            sms.send(text)
        except errors.OutcomeUnknown:
            seen["unknown"] += 1
            if sms.find(text, since=since) is not None:
                return seen
        except errors.TryLater:
            seen["later"] += 1
            pause.wait(0.01)
        else:
            return seen


def held_by(port: int) -> Counter[str]:
    """Count the bodies that the double holds, page by page."""
    connection, held, after = HTTPConnection("127.0.0.1", port), Counter[str](), 0
    while True:
        connection.request("GET", f"/__messages?limit=1000&after={after}")
        page = json.loads(connection.getresponse().read())
        if not page["messages"]:
            connection.close()
            return held
        held.update(one["body"] for one in page["messages"])
        after = page["next"]


def faulty(port: int) -> None:
    """Send FAULTY texts under faults, and compare with what the provider holds."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("POST", "/__faults", json.dumps(FAULTS), {"Content-Type": "application/json"})
    assert connection.getresponse().status == HTTPStatus.OK
    connection.close()
    sms = TwilioSms(
        TwilioAccount(DEMO_SID, "demo", SENDER), api_base=f"http://127.0.0.1:{port}", timeout_s=5.0
    )
    bodies = [f"http://g.cn/a/{tokens.new_token()}" for _ in range(FAULTY)]
    texts = [
        OutgoingText(str(number), addresses.drill_number(number % 100), body, "zh", 60, None)
        for number, body in enumerate(bodies)
    ]
    pause = threading.Event()
    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        seen = sum(pool.map(lambda text: deliver(sms, text, pause), texts), Counter[str]())
    rate = FAULTY / (time.perf_counter() - began)
    held = held_by(port)
    doubled, missing = sum(held[body] > 1 for body in bodies), sum(held[body] == 0 for body in bodies)
    print(f"{FAULTY} texts under faults: {doubled} doubled, {missing} missing, {dict(seen)}, {rate:,.0f}/s")
    assert (doubled, missing) == (0, 0)


def main() -> None:
    """Print both figures."""
    with double() as port:
        print(f"double: {raw_rate(port):,.0f} texts/s from {THREADS} kept connections")
    with double() as port:
        faulty(port)


if __name__ == "__main__":
    main()
