"""One case from its report to a crew that accepts: the real application, a browser and a telephone."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

import app as wiring
from casework import ids
from casework.clock import system_clock
from casework.demo import accounts, city, loading
from casework.jobs.worker import Worker
from casework.services.runtime import Runtime
from casework.settings import parse
from casework.store import tables

FLAGS = ["--no-sandbox", "--no-first-run", "--disable-background-networking", "--disable-component-update"]
THUMB = {"width": 360, "height": 740}
PATIENCE_MS = 30_000
NOISE = {
    "text": "工地夜间施工,打桩声吵得睡不着",
    "category": "noise",
    "lat": 30.3201,
    "lon": 120.1402,
    "reporter": {"phone": "+862600002001", "channel": "sms", "language": "zh"},
}


@dataclass
class House:
    """The application on a free port, and its worker, which moves only when told to."""

    app: Flask
    base: str
    runtime: Runtime
    worker: Worker

    def report(self) -> None:
        """Let the residents' app report over the API, and the house judge it."""
        event = {"specversion": "1.0", "id": ids.new(), "source": "demo-residents", "type": "report"}
        answer = self.app.test_client().post(
            "/api/v1/events",
            data=json.dumps({**event, "data": NOISE}),
            content_type="application/cloudevents+json",
            headers={"Authorization": f"Bearer {accounts.RESIDENTS.key}"},
        )
        assert answer.status_code == 202, answer.text
        self.worker.run_once()

    def link_of_the_crew(self) -> str:
        """Read the link in the offer's text, which is forgotten once it is sent, and let it go out."""
        with self.runtime.reading() as connection:
            query = sa.select(tables.messages.c.secret).where(tables.messages.c.secret.is_not(None))
            token = connection.execute(query).scalar_one()
        self.worker.run_once()
        return f"/a/{token}"


@pytest.fixture
def house(sqlite_url: str) -> Iterator[House]:
    app = wiring.create_app(
        parse({"GONGZHI_DATABASE_URL": sqlite_url, "GONGZHI_DEMO": "1", "GONGZHI_MATCHER": "plain"})
    )
    runtime: Runtime = app.extensions["gongzhi"]()
    loading.load(city.demo_city(), uows=runtime.uows, clock=system_clock, zone=runtime.settings.timezone)
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


@pytest.fixture
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()


def signed_in(browser: Browser, base: str) -> Page:
    """Come in as the shift lead, by keyboard."""
    page = browser.new_context(viewport={"width": 1280, "height": 720}, locale="en-GB").new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{base}/console/sign-in?next=/console/?map=lite")
    page.focus("[name=name]")
    page.keyboard.type("lead")
    page.keyboard.press("Tab")
    page.keyboard.type("demo-shift-lead")
    page.keyboard.press("Enter")
    page.wait_for_selector("#queue")
    return page


def test_a_reported_case_is_sent_with_two_keys_and_the_board_hears_the_crew_accept(
    house: House, browser: Browser
) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    house.report()
    board = signed_in(browser, house.base)
    board.wait_for_selector('#live[data-state="live"]')
    row = board.locator("#queue tr[data-id]")

    board.keyboard.press("j")
    board.keyboard.press("d")

    expect(row.locator('[data-cell="state"]')).to_have_text("dispatched")
    expect(board.locator(".toast")).to_contain_text("is being told")

    phone = browser.new_context(viewport=THUMB).new_page()
    phone.goto(house.base + house.link_of_the_crew())
    phone.click("button[name=do][value=accept]")

    expect(row.locator('[data-cell="state"]')).to_have_text("acknowledged")
