"""Kills the service again and again under load, and counts what is lost or doubled.

    python benchmarks/kill.py --database sqlite|postgresql [--part events|deadlines|texts] [--scale 1.0]

Each part ends with a line "verdict"; the exit status is 1 if one of them is broken.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.support import house, kill_deadlines, kill_events, kill_texts, machine

PARTS = ("events", "deadlines", "texts")


def main() -> int:
    """Run the parts asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--part", choices=PARTS, action="append")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full numbers")
    parser.add_argument("--rate", type=float, default=2_000.0, help="deadlines that come due a second")
    options = parser.parse_args()
    held = [part(name, options) for name in options.part or PARTS]
    machine.say(f"\nverdict: {'everything held' if all(held) else 'BROKEN'} on {options.database}")
    return 0 if all(held) else 1


def part(name: str, options: argparse.Namespace) -> bool:
    """Run one part on a house of its own."""
    sms_port = house.free_port() if name == "texts" else None
    title = f"{options.database}: {name} under SIGKILL"
    with (
        machine.measured(title, Path(tempfile.gettempdir())),
        house.made(options.database, sms_port=sms_port) as made,
    ):
        if name == "events":
            plan = kill_events.Plan(
                events=int(25_000 * options.scale), kills=int(100 * options.scale), restarts=5
            )
            held = kill_events.run(made, plan)
        elif name == "deadlines":
            held = kill_deadlines.run(
                made, kill_deadlines.Plan(deadlines=int(20_000 * options.scale), per_second=options.rate)
            )
        else:
            held = kill_texts.run(
                made,
                sms_port or 0,
                kill_texts.Plan(texts=int(2_000 * options.scale), kills=int(40 * options.scale)),
            )
        if not held:
            machine.say(made.log_tail(1500))
        return held


if __name__ == "__main__":
    sys.exit(main())
