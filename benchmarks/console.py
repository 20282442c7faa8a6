"""Measures the console in a browser: keys, a long queue, a full map, accessibility, requests to other hosts.

    python benchmarks/console.py [--cases 5000] [--sends 30] [--axe node_modules/axe-core/axe.min.js]

It fills a database of its own with the demo city and generated cases, serves it on a free port, and drives
the system's Chromium by Playwright. axe-core is a tool of developers alone: `npm install axe-core`.
"""

import argparse
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Page, sync_playwright

import app as wiring
import migrations
from casework import ids
from casework.clock import system_clock
from casework.demo import city, geometry, loading
from casework.domain.cases import Case, CaseStatus, DispatchMode
from casework.domain.clocks import Clock, ClockKind
from casework.ids import CaseId, ClockId, EntryId
from casework.services.runtime import Runtime
from casework.settings import parse
from casework.store import tables
from casework.store.database import Database
from casework.store.rows import Rows
from rules.catalogue import Category

ROOT = Path(__file__).resolve().parent.parent
ARGUMENTS = [
    "--no-sandbox", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
]  # fmt: skip
WAITING, ROWS = 60, 500
PACE_MS = 700
"""A fast dispatcher still reads a line before the next key."""
PAGES = ("", "crews", "intake", "messages", "help")
_PAINTED = """(key) => new Promise((done) => {
  const row = document.querySelector('tr[aria-current="true"]');
  const began = performance.now();
  const since = {};
  const seen = (what, then) => {
    if (since[what]) return;
    since[what] = -1;
    requestAnimationFrame(() => setTimeout(() => { since[what] = performance.now() - began; then?.(); }));
  };
  const watch = new MutationObserver(() => {
    if (row.querySelector('[data-verb="dispatch"]')) return;
    seen('painted');
    if (row.dataset.waiting) return;
    watch.disconnect();
    seen('confirmed', () => done([since.painted, since.confirmed]));
  });
  watch.observe(row, { childList: true, subtree: true, attributes: true });
  document.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
})"""
_ANSWERS = """performance.getEntriesByType('resource')
  .filter((one) => one.name.endsWith('/dispatch')).map((one) => one.duration)"""
_AXE = """axe.run().then((found) => found.violations.map((one) =>
  [one.impact, one.id, one.nodes.length, one.nodes[0].html.slice(0, 160)]))"""
_FRAMES = """(act) => new Promise((done) => {
  const gaps = []; let last = performance.now(); const end = last + 3000;
  const step = (now) => {
    gaps.push(now - last);
    last = now;
    if (now < end) requestAnimationFrame(step); else done(gaps.slice(1));
  };
  requestAnimationFrame(step);
  if (act !== 'scroll') return;
  const queue = document.getElementById('queue');
  const timer = setInterval(() => {
    queue.scrollTop = (queue.scrollTop + 60) % (queue.scrollHeight - queue.clientHeight);
    if (performance.now() > end) clearInterval(timer);
  }, 16);
})"""


def main() -> None:
    """Fill, serve, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--sends", type=int, default=30)
    parser.add_argument("--axe", type=Path)
    parser.add_argument("--lite", action="store_true", help="press keys beside the map without WebGL")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), asked.cases) as base:
        measure(base, asked)


@contextmanager
def serving(folder: Path, cases: int) -> Iterator[str]:
    """Serve a filled house on a free port, by the process that production serves with."""
    url = f"sqlite:///{folder / 'bench.db'}"
    migrations.upgrade(url)
    prepare(url, cases)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "GONGZHI_DATABASE_URL": url, "GONGZHI_DEMO": "1"}
    command = [
        sys.executable,
        "-m",
        "casework.cli.serve",
        "--port",
        str(port),
        "--lock",
        str(folder / "lock"),
    ]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)  # noqa: S603  (ourselves)
        try:
            wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(20)


def prepare(url: str, cases: int) -> None:
    """Load the demo city and the cases, and let one decision be made."""
    made = wiring.create_app(parse({"GONGZHI_DATABASE_URL": url, "GONGZHI_DEMO": "1"}))
    runtime: Runtime = made.extensions["gongzhi"]()
    demo = city.demo_city()
    loading.load(demo, uows=runtime.uows, clock=system_clock, zone=runtime.settings.timezone)
    fill(url, runtime, demo, cases)
    made.extensions["gongzhi_make_worker"]().solve()
    runtime.close()


def wait_for(port: int) -> None:
    """Wait until the service listens; raises `TimeoutError` after a minute."""
    for _ in range(300):
        with socket.socket() as caller:
            if caller.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.2)
    raise TimeoutError


def fill(url: str, runtime: Runtime, demo: city.DemoCity, cases: int) -> None:
    """Write open cases all over the city straight into the tables.

    The oldest, which stand on top of the queue, wait for a crew; all others wait for a check.
    """
    chance = random.Random(7)  # noqa: S311  (a plausible city, not a secret)
    categories = list(runtime.house().catalogue.categories.values())
    made = [make_case(number, chance.choice(categories), demo, chance) for number in range(cases)]
    clocks = [make_clock(case) for case in made]
    database = Database(url)
    with database.writing() as connection:
        Rows(connection, tables.cases, Case).insert(made)
        Rows(connection, tables.clocks, Clock).insert(clocks)
        connection.commit()
    database.close()


def make_case(number: int, category: Category, demo: city.DemoCity, chance: random.Random) -> Case:
    """Make one open case."""
    lat, lon = geometry.random_point(chance.choice(demo.streets).outline, chance)
    waits = number < WAITING
    opened_at = system_clock() - timedelta(seconds=chance.randint(*(1100, 1150) if waits else (0, 1100)))
    return Case(
        id=CaseId(ids.new()), number=1001 + number, public_code=ids.new_public_code(),
        category=category.code, title=f"Case {number}", priority=category.priority,
        status=CaseStatus.FILED if waits else CaseStatus.RESOLVED, mode=DispatchMode.SUGGEST,
        lat=lat, lon=lon, address=None, area_id=None, subject=None, rule_id=None, rule_version=None,
        opened_at=opened_at, filed_at=opened_at, changed_at=opened_at, capabilities=category.capabilities,
        targets=dict(category.targets), warn_at=0.8, escalation=(), offer_timeout_s=60.0,
        needs_verification=False, reporters=1,
    )  # fmt: skip


def make_clock(case: Case) -> Clock:
    """Start the resolution clock of a case."""
    return Clock(
        id=ClockId(ids.new()), case_id=case.id, kind=ClockKind.RESOLUTION, target_s=1200.0,
        started_at=case.opened_at, started_by=EntryId(ids.new()),
    )  # fmt: skip


def measure(base: str, asked: argparse.Namespace) -> None:
    """Drive the browser and print what it felt."""
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 720}, locale="en-GB")
        others: list[str] = []
        page.on(
            "request",
            lambda r: others.append(r.url) if not r.url.startswith((base, "data:", "blob:")) else None,
        )
        sign_in(page, base)
        print_loading(page, base)
        print_frames(page)
        print_keys(page, asked.sends, lite=asked.lite)
        if asked.axe:
            print_axe(page, base, asked.axe.read_text(encoding="utf-8"))
        print(f"requests to other hosts: {len(others)} {others[:3]}")
        browser.close()


def sign_in(page: Page, base: str) -> None:
    """Come in as the shift lead."""
    page.goto(f"{base}/console/sign-in")
    page.fill("input[name=name]", "lead")
    page.fill("input[name=password]", "demo-shift-lead")
    page.click("button.big")
    page.wait_for_selector("#queue tr[data-id]")


def print_loading(page: Page, base: str) -> None:
    """Print what the server takes for the parts of the board."""
    for name, path in (
        ("board", "/console/"),
        ("map, cases", page.get_attribute("#map", "data-cases") or ""),
    ):
        times = [_timed(page, base + path) for _ in range(5)]
        size = len(page.request.get(base + path).body())
        print(f"{name}: {statistics.median(times):.0f} ms, {size / 1024:.0f} KB")
    began = time.perf_counter()
    page.wait_for_selector("[data-engine]", timeout=60_000)
    print(
        f"map engine: {page.get_attribute('#map', 'data-engine')}, after {time.perf_counter() - began:.1f} s"
    )
    first = page.locator("#queue tr[data-id]").count()
    print(f"rows in the queue: {first} at first, {scrolled_to(page)} scrolled to")


def scrolled_to(page: Page) -> int:
    """Scroll until as many rows are on the page as the board is promised for, and back to the top."""
    rows = page.locator("#queue tr[data-id]")
    for _ in range(40):
        if rows.count() >= ROWS or not page.locator("#queue .more").count():
            break
        page.evaluate("document.getElementById('queue').scrollTop = 1e6")
        page.wait_for_timeout(250)
    page.evaluate("document.getElementById('queue').scrollTop = 0")
    return rows.count()


def _timed(page: Page, url: str) -> float:
    began = time.perf_counter()
    page.request.get(url)
    return (time.perf_counter() - began) * 1000


def print_frames(page: Page) -> None:
    """Print the pauses between frames while the queue is scrolled, and while nothing is done."""
    page.wait_for_timeout(4000)
    clock = meter(page)
    busy = clock()
    for act in ("rest", "scroll"):
        gaps = sorted(page.evaluate(_FRAMES, act))
        p95 = gaps[int(len(gaps) * 0.95)]
        middle = statistics.median(gaps)
        busy, before = clock(), busy
        spent = f"{(busy - before) * 1000 / 3:.0f} ms of the page's processor time a second"
        print(f"frames, {act}: p50 {middle:.0f} ms, p95 {p95:.0f} ms, longest {gaps[-1]:.0f} ms, {spent}")


def meter(page: Page) -> Callable[[], float]:
    """Make a clock of the page's main thread in seconds of processor time, which others hardly change."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> float:
        found = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        return float(found["TaskDuration"])

    return spent


def print_keys(page: Page, sends: int, *, lite: bool) -> None:
    """Print the time from the key `d` until the row shows its crew, and until the server confirmed it."""
    times = []
    page.goto(page.url.split("?")[0] + ("?map=lite" if lite else ""))
    print(f"rows beside the keys: {scrolled_to(page)}")
    page.wait_for_timeout(4000)
    clock = meter(page)
    busy = clock()
    rows = page.locator('#queue tr[data-id]:has([data-verb="dispatch"])')
    for _ in range(min(sends, rows.count())):
        row = page.locator('#queue tr[data-id]:has([data-verb="dispatch"])').first
        row.evaluate("(row) => row.focus()")
        page.wait_for_timeout(PACE_MS)
        times.append(page.evaluate(_PAINTED, "d"))
    answers = page.evaluate(_ANSWERS)
    if answers:
        p95 = sorted(answers)[int(len(answers) * 0.95)]
        print(f"of that the answer: p50 {statistics.median(answers):.0f} ms, p95 {p95:.0f} ms")
    for name, found in zip(("painted", "confirmed"), zip(*times, strict=True), strict=False):
        p95 = sorted(found)[min(len(found) - 1, int(len(found) * 0.95))]
        print(f"key d to {name}: p50 {statistics.median(found):.0f} ms, p95 {p95:.0f} ms, n {len(found)}")
    if times:
        spent = (clock() - busy) * 1000 / len(times)
        print(f"the page's processor time a key, with what else happens meanwhile: {spent:.0f} ms")


def print_axe(page: Page, base: str, source: str) -> None:
    """Print what axe-core finds on each page."""
    for path in PAGES:
        page.goto(f"{base}/console/{path}")
        page.wait_for_timeout(1000)
        page.evaluate(source)
        found = page.evaluate(_AXE)
        serious = [one for one in found if one[0] in {"serious", "critical"}]
        print(f"axe /{path}: {len(serious)} serious or critical, {len(found) - len(serious)} lesser")
        for one in found:
            print("   ", json.dumps(one, ensure_ascii=False))


if __name__ == "__main__":
    main()
