"""What a figure is worth: the machine, its disk's flushes a second, and percentiles."""

import os
import platform
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import perf_counter

_PAUSE = Event()


def pause(seconds: float) -> None:
    """Wait; a benchmark lives in real time."""
    _PAUSE.wait(seconds)


def say(line: str = "") -> None:
    """Print at once, also into a file."""
    print(line, flush=True)


def describe() -> str:
    """Name the machine and what else it does just now."""
    model = platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line
        ]
        model = names[0] if names else model
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"machine: {os.cpu_count()} x {model}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, load {load}"
    )


def flushes_a_second(folder: Path, seconds: float = 0.6) -> float:
    """Count how often a second this disk makes 4 KiB durable (`fdatasync`), in a folder that lies on it."""
    block = os.urandom(4096)
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        count, began = 0, perf_counter()
        while perf_counter() - began < seconds:
            os.pwrite(file.fileno(), block, 0)
            os.fdatasync(file.fileno())
            count += 1
        return count / (perf_counter() - began)


@contextmanager
def measured(title: str, folder: Path) -> Iterator[None]:
    """Print the disk's flushes a second before and after what stands in the block."""
    say(f"\n== {title}")
    say(f"{describe()}; disk before: {flushes_a_second(folder):,.0f} fdatasync/s")
    yield
    say(f"disk after: {flushes_a_second(folder):,.0f} fdatasync/s, load {os.getloadavg()[0]:.1f}")


def percentile(values: Sequence[float], share: float) -> float:
    """Answer the value below which a share of the values lies (nearest rank); NaN for none."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values: Sequence[float], unit: str = "ms", factor: float = 1000.0) -> str:
    """Say n, median, p95, p99 and the greatest of values in seconds, in another unit."""
    if not values:
        return "n 0"
    shares = ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
    parts = [f"{name} {percentile(values, share) * factor:,.1f}" for share, name in shares]
    return f"n {len(values):,}, {', '.join(parts)}, max {max(values) * factor:,.1f} {unit}"
