"""The demo city on SQLite, served on a free port, and the people who look at it."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import browsing
import pytest
from browsing import House, Visitor
from playwright.sync_api import Browser, expect, sync_playwright
from werkzeug.serving import make_server

from casework.clock import system_clock
from casework.demo import city, loading
from casework.services.runtime import Runtime


@pytest.fixture(scope="session")
def filled(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the demo city; made once, because passwords are slow to hash."""
    folder = tmp_path_factory.mktemp("filled")
    for file in _sqlite_template.iterdir():
        shutil.copy(file, folder)
    made = browsing.application(f"sqlite:///{folder / 'template.db'}", folder / "media")
    runtime: Runtime = made.extensions["gongzhi"]()
    loading.load(city.demo_city(), uows=runtime.uows, clock=system_clock, zone=runtime.settings.timezone)
    runtime.close()
    return folder


@pytest.fixture
def house(filled: Path, tmp_path: Path) -> Iterator[House]:
    for file in filled.iterdir():
        shutil.copy(file, tmp_path)
    app = browsing.application(f"sqlite:///{tmp_path / 'template.db'}", tmp_path / "media")
    runtime: Runtime = app.extensions["gongzhi"]()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    base = f"http://127.0.0.1:{server.server_port}"
    yield House(app, base, runtime, app.extensions["gongzhi_make_worker"]())
    runtime.bells.stopping.set()
    app.extensions["gongzhi_stopping"].set()
    server.shutdown()
    serving.join()
    server.server_close()
    runtime.close()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    expect.set_options(timeout=browsing.PATIENCE_MS)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=browsing.FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def lead(browser: Browser, house: House) -> Iterator[Visitor]:
    """The shift lead at the board, which has one noisy building site on it."""
    house.report()
    visitor = browsing.come_in(browser, house)
    yield visitor
    visitor.context.close()


@pytest.fixture
def colleague(browser: Browser, house: House, lead: Visitor) -> Iterator[Visitor]:
    """Another person at another desk."""
    visitor = browsing.come_in(browser, house, "dispatcher")
    yield visitor
    visitor.context.close()
