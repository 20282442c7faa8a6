"""How long one event takes from the accepted POST to the text at the provider's double.

    python benchmarks/latency.py [--database sqlite|postgresql] [--events 60] [--background 200]

Measured from the end of the answer to the POST until the text is seen at the double, looked for every 10 ms;
first with an idle house, then beside a stream of readings of which few matter.
"""

import argparse
import http.client
import json
import sys
import threading
from pathlib import Path
from time import monotonic

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.support import events, house, machine

AIM_S = 2.0
_ACCEPTED = 202
_LOOK_S = 0.01
_GIVE_UP_S = 20.0


def main() -> int:
    """Measure idle and under load; answer 1 where a text is missing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--events", type=int, default=60)
    parser.add_argument("--background", type=int, default=200, help="events a second beside")
    options = parser.parse_args()
    sms_port = house.free_port()
    with house.made(options.database, sms_port=sms_port) as made:
        made.double(sms_port)
        processes = [made.web(), *([] if made.is_sqlite else [made.worker()])]
        for process in processes:
            process.start()
        made.wait_until_it_serves()
        one(made.port, sms_port, -1)  # the first text loads the provider's library
        held = True
        for rate in (0, options.background):
            with machine.measured(
                f"{options.database}: one event alone, {rate} events/s beside", made.folder
            ):
                held &= measure(made.port, sms_port, options.events, rate)
        return 0 if held else 1


def measure(port: int, sms_port: int, many: int, rate: int) -> bool:
    """Send single reports, each when the text of the one before has arrived."""
    ending = threading.Event()
    beside = threading.Thread(target=_background, args=(port, rate, ending))
    beside.start()
    times = [one(port, sms_port, rate * 10_000 + number) for number in range(many)]
    ending.set()
    beside.join()
    arrived = [time for time in times if time is not None]
    machine.say(f"from accepted to handed over: {machine.spread(arrived)}; {many - len(arrived)} never came")
    met = machine.percentile(arrived, 0.99) < AIM_S
    machine.say(f"aim p99 under {AIM_S:g} s: {'met' if met else 'NOT met'}")
    return len(arrived) == many


def one(port: int, sms_port: int, number: int) -> float | None:
    """Report something at a place of its own and wait for the reporter's text; answer the seconds between."""
    phone = f"+8626000{30_000 + number % 60_000:05d}"
    place = {"lat": 28.0 + (number % 997) * 0.01, "lon": 118.0 + (number // 997) * 0.01}
    after = _last(sms_port)
    event = events.report(f"alone-{number}", category="road_damage", phone=phone, **place)
    if not _post(http.client.HTTPConnection("127.0.0.1", port, timeout=20), event):
        return None
    accepted = monotonic()
    while monotonic() - accepted < _GIVE_UP_S:
        answer = house.ask(sms_port, "GET", f"/__messages?after={after}&limit=1000")
        found = json.loads(answer[1])["messages"] if answer else []
        if any(text["to"] == phone for text in found):
            return monotonic() - accepted
        machine.pause(_LOOK_S)
    return None


def _last(sms_port: int) -> int:
    after = 0
    while True:
        answer = house.ask(sms_port, "GET", f"/__messages?after={after}&limit=1000")
        page = json.loads(answer[1]) if answer else {"messages": []}
        if not page["messages"]:
            return after
        after = page["next"]


def _background(port: int, rate: int, ending: threading.Event) -> None:
    """Send readings that match nothing, and every fiftieth time a report that joins an open case."""
    if not rate:
        return
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    began, sent = monotonic(), 0
    while not ending.wait(max(0.0, began + sent / rate - monotonic())):
        sent += 1
        name = f"beside-{rate}-{sent}"
        extending = events.report(name, category="rubbish", lat=30.31, lon=120.16)
        _post(connection, events.reading(name) if sent % 50 else extending)
    took = monotonic() - began
    machine.say(f"beside: {sent:,} events, {sent / took:,.0f} a second")


def _post(connection: http.client.HTTPConnection, event: dict[str, object]) -> bool:
    headers = {"Authorization": f"Bearer {house.KEY}", "Content-Type": events.SINGLE}
    connection.request("POST", "/api/v1/events", events.written(event), headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status == _ACCEPTED


if __name__ == "__main__":
    sys.exit(main())
