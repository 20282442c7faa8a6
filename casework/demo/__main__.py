"""Let the demo city live: `python -m casework.demo --url SERVICE --sms-url PROVIDER`."""

import argparse
import signal
from pathlib import Path
from random import Random
from threading import Event
from time import monotonic
from zoneinfo import ZoneInfo

from casework import logs
from casework.clock import system_clock
from casework.demo.city import SCENARIOS, SEED, demo_city
from casework.demo.outsider import Outsider
from casework.demo.simulation import Simulation, World
from rules.packs import load_packs


def main(arguments: list[str] | None = None) -> None:
    """Act on a service until a signal."""
    logs.configure()
    parser = argparse.ArgumentParser(prog="python -m casework.demo", description=__doc__)
    parser.add_argument("--url", required=True, help="address of the service")
    parser.add_argument("--sms-url", required=True, help="address of the double of the SMS provider")
    parser.add_argument("--speed", type=float, default=1.0, help="2 is twice as busy and twice as quick")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--scenarios", type=Path, action="append", help="packs whose streams are played")
    options = parser.parse_args(arguments)
    packs = load_packs(options.scenarios or [SCENARIOS]).packs
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    world = World(
        service=Outsider(options.url),
        provider=Outsider(options.sms_url),
        city=demo_city(),
        clock=system_clock,
        zone=ZoneInfo("Asia/Shanghai"),
        random=Random(options.seed),  # noqa: S311  (a generated city, no secret)
        samples=[pack.sample for pack in packs if pack.sample],
    )
    Simulation(world, monotonic, options.speed).run(stop)


if __name__ == "__main__":
    main()
