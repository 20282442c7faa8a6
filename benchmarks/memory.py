"""Whether the one-process mode stays small and flat while the demo city lives faster than life.

    python benchmarks/memory.py [--minutes 5] [--speed 12]

The supervisor runs service, double and simulation as `script/server` does; every 10 s the resident memory of
the serving process is read from /proc, and which heavy libraries are mapped into it.
"""

import argparse
import sys
from pathlib import Path
from time import monotonic

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.support import house, machine

BOUND_MB = 250.0
FLAT_MB = 15.0
HEAVY = ("numpy", "ortools", "shapely", "pandas", "PIL", "scipy")
_EVERY_S = 10.0


def main() -> int:
    """Sample, print, judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--speed", type=float, default=12.0)
    options = parser.parse_args()
    with house.made("sqlite") as made, machine.measured("memory of the one-process mode", made.folder):
        command = (sys.executable, "-m", "casework.cli.supervise", "--port", str(made.port), "--demo")
        command += ("--simulation", "--speed", f"{options.speed:g}")
        supervisor = house.Process(
            command, {"GONGZHI_DATABASE_URL": made.database_url}, made.folder / "supervisor.log"
        )
        made.processes.append(supervisor)
        supervisor.start()
        made.wait_until_it_serves()
        serving = _serving(supervisor.pid)
        samples: list[float] = []
        until = monotonic() + options.minutes * 60
        while monotonic() < until:
            machine.pause(_EVERY_S)
            samples.append(resident_mb(serving))
            machine.say(f"  {samples[-1]:.0f} MB, heavy libraries: {', '.join(heavy(serving)) or 'none'}")
    simulated = options.minutes * options.speed
    half = samples[len(samples) // 2 :]
    growth = half[-1] - half[0]
    machine.say(f"{simulated:.0f} minutes of demo in {options.minutes:g}: {max(samples):.0f} MB at most,")
    machine.say(f"{growth:+.1f} MB over the second half")
    held = max(samples) < BOUND_MB and growth < FLAT_MB
    machine.say(f"verdict: {'held' if held else 'BROKEN'} (under {BOUND_MB:g} MB and flat)")
    return 0 if held else 1


def _serving(supervisor: int) -> int:
    """Find gunicorn's child: the one process that serves."""
    for pid in house.children_of(supervisor):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        children = house.children_of(pid)
        if b"casework.cli.serve" in words and children:
            return children[0]
    raise RuntimeError("no serving process was found")


def resident_mb(pid: int) -> float:
    """Answer a process's resident memory in MB (10^6 bytes)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError("no resident memory is told")


def heavy(pid: int) -> list[str]:
    """List the heavy libraries whose compiled parts are mapped into a process."""
    mapped = Path(f"/proc/{pid}/maps").read_text()
    return [name for name in HEAVY if f"/{name}/" in mapped]


if __name__ == "__main__":
    sys.exit(main())
