"""The console as a dispatcher has it: in a real browser, by keys alone, with the policy in force."""

import os
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.serving import make_server

from casework.clock import system_clock
from casework.web import console
from casework.web.console import fakes, stream

pytestmark = pytest.mark.browser
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def city() -> fakes.FakeConsole:
    return fakes.FakeConsole(system_clock)


@pytest.fixture
def address(city: fakes.FakeConsole) -> Iterator[str]:
    app = Flask("console-browser")
    app.secret_key = "a secret of the tests"
    feed = stream.ChangeFeed(city.changes_since, poll_s=0.05)
    console.mount(app, console.Parts(city, city, city, system_clock, feed))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    feed.stop()
    server.shutdown()
    thread.join(5)
    server.server_close()


@pytest.fixture
def page(chromium, address):
    context = chromium.new_context(viewport={"width": 1280, "height": 720}, locale="en-GB")
    page = context.new_page()
    page.trouble = []
    page.on("pageerror", lambda error: page.trouble.append(str(error)))
    page.on("console", lambda said: page.trouble.append(said.text) if said.type == "error" else None)
    page.on(
        "request",
        lambda asked: (
            page.trouble.append(asked.url) if not asked.url.startswith((address, "data:")) else None
        ),
    )
    page.goto(f"{address}/console/sign-in")
    page.fill("[name=name]", "dispatcher")
    page.fill("[name=password]", "gongzhi")
    page.keyboard.press("Enter")
    page.wait_for_selector('#live[data-state="live"]')
    yield page
    context.close()


def select(page, case_id):
    page.locator(f"#{case_id}").focus()


def test_a_new_case_is_sent_to_its_crew_with_three_keys_and_taken_back_with_one(page, city):
    row = next(row for row in city.cases.values() if row.recommended and row.recommended.crew_code)
    select(page, row.id)

    page.keyboard.press("d")
    page.wait_for_selector(".toast")
    page.wait_for_selector(f"#{row.id} .sent")
    assert city.cases[row.id].crew.code == row.recommended.crew_code

    page.keyboard.press("u")
    page.wait_for_selector(f"#{row.id} .send")
    assert city.cases[row.id].crew is None
    assert page.trouble == []


def test_keys_move_open_and_leave_without_a_mouse(page):
    page.keyboard.press("j")
    page.keyboard.press("j")
    number = page.locator('tr[aria-current="true"]').get_attribute("data-number")

    page.keyboard.press("Enter")
    page.wait_for_selector(f'#drawer article[data-number="{number}"]')
    page.keyboard.press("Escape")

    assert page.locator("#drawer article").count() == 0
    assert page.evaluate("document.activeElement.dataset.number") == number


def test_a_live_change_neither_moves_the_row_nor_takes_the_focus(page, city):
    page.keyboard.press("j")
    page.keyboard.press("j")
    row = page.locator('tr[aria-current="true"]')
    case_id, top = row.get_attribute("data-id"), row.bounding_box()["y"]

    city.escalate(None, case_id, "")
    city.escalate(None, case_id, "")
    page.wait_for_selector(f"#{case_id} td.changed, #{case_id}[data-version='5']")

    assert page.evaluate("document.activeElement.dataset.id") == case_id
    assert page.locator(f"#{case_id}").bounding_box()["y"] == top


def test_a_new_case_announces_itself_and_waits_for_shift_n(page, city):
    new = city.cases.pop("case-1042")
    page.reload()
    page.wait_for_selector('#live[data-state="live"]')

    city.open_case(new)
    page.wait_for_selector("#news:not([hidden])")
    assert page.locator("#case-1042").count() == 0
    page.wait_for_function("document.getElementById('alarm').textContent.includes('Priority 1')")

    page.keyboard.press("Shift+N")
    page.wait_for_selector("#case-1042")
    assert page.locator("#news").is_hidden()


def test_the_command_line_sends_a_crew(page, city):
    page.keyboard.press(":")
    page.keyboard.type("a 1042 C17")
    page.keyboard.press("Enter")

    page.wait_for_selector("#case-1042 .sent")
    assert city.cases["case-1042"].crew.code == "C17"


def test_one_stream_serves_all_tabs_of_a_browser(page, city, address):
    asked = []
    other = page.context.new_page()
    other.on("request", lambda request: asked.append(request.url))
    other.goto(f"{address}/console/")
    other.wait_for_selector("tr")

    city.escalate(None, "case-1042", "")
    other.wait_for_selector("#case-1042[data-version='4']")

    assert not [url for url in asked if "/console/stream" in url]


@pytest.mark.parametrize(("query", "engine"), [("", "maplibre"), ("?map=lite", "leaflet")])
def test_the_map_is_drawn_without_another_host(page, address, query, engine):
    page.goto(f"{address}/console/{query}")

    page.wait_for_selector(f'#map[data-engine="{engine}"]', timeout=20_000)

    assert page.trouble == []


def test_everything_works_with_script_turned_off(chromium, address, city):
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(f"{address}/console/sign-in")
    page.fill("[name=name]", "dispatcher")
    page.fill("[name=password]", "gongzhi")
    page.click("button.big")

    page.click("#case-1042 .send")

    assert city.cases["case-1042"].crew is not None
    assert "being told" in page.locator(".toast").inner_text()
    context.close()


def test_nothing_is_wider_than_a_phone(page, address):
    page.set_viewport_size({"width": 360, "height": 740})
    for path in ("/", "/cases/case-1042", "/intake/quarantine/q-1", "/help", "/messages", "/crews"):
        page.goto(f"{address}/console{path}")

        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
