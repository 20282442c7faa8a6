"""The crew's page under a thumb: a real browser, with and without scripts."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import field_cast
import pytest
from field_cast import CREW, District
from playwright.sync_api import Page, sync_playwright
from werkzeug.serving import make_server

THUMB = {"width": 360, "height": 740}
_TOO_SMALL = """[...document.querySelectorAll('button,a,select,textarea,input:not([type=hidden])')]
  .filter(e => e.getBoundingClientRect().height < 48).map(e => e.outerHTML)"""


@pytest.fixture
def district(sqlite_url: str, tmp_path: Path) -> Iterator[District]:
    with field_cast.district(sqlite_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def base(district: District) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, district.app, threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.fixture
def phone(chromium: str) -> Iterator[Callable[..., Page]]:
    """Opens a page on a telephone, with scripts or without."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)

        def opened(*, scripts: bool) -> Page:
            context = browser.new_context(
                viewport=THUMB,
                java_script_enabled=scripts,
                permissions=["geolocation"],
                geolocation={"latitude": 30.3201, "longitude": 120.1402},
            )
            return context.new_page()

        yield opened
        browser.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["with_scripts", "without_scripts"])
def test_a_crew_taps_its_way_to_the_end(
    district: District, base: str, phone: Callable[..., Page], *, scripts: bool
) -> None:
    page = phone(scripts=scripts)
    case = district.report()
    link = district.send(case)
    foreign: list[str] = []
    page.on("request", lambda sent: None if sent.url.startswith(base) else foreign.append(sent.url))
    page.goto(base + link)

    for words in ("接单", "出发", "到达现场", "处置完成"):
        page.get_by_role("button", name=words, exact=True).click()
        page.wait_for_load_state()

    page.get_by_text("已完成,辛苦了").wait_for()
    assert district.case(case.id).status == "verified"
    assert foreign == []


def test_every_state_fits_a_thumb_and_a_narrow_screen(
    district: District, base: str, phone: Callable[..., Page]
) -> None:
    page = phone(scripts=True)
    link = district.send(district.report("路灯不亮," * 12))

    for do in ("accept", "en_route", "on_scene", "done"):
        page.goto(f"{base}{link}?lang=en")
        assert page.evaluate(_TOO_SMALL) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.locator("button.big").bounding_box()["y"] < THUMB["height"]
        district.browser().post(link, data={"do": do})


def test_two_quick_taps_are_one_and_the_position_comes_along(
    district: District, base: str, phone: Callable[..., Page]
) -> None:
    page = phone(scripts=True)
    link = district.send(district.report())
    page.goto(base + link)
    posts: list[str] = []
    page.on("request", lambda sent: posts.append(sent.method) if sent.method == "POST" else None)

    page.get_by_role("button", name="接单").dblclick()
    page.get_by_text("已接单。").wait_for()

    assert len(posts) == 1
    with district.runtime.uows() as uow:
        assert uow.crews.get(CREW).lat == 30.3201
