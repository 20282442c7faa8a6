"""The board as dispatchers have it: real services and a real database, in a browser, by keys."""

from collections.abc import Iterator
from contextlib import contextmanager

import browsing
import pytest
from browsing import House, Visitor
from playwright.sync_api import Browser, Page, Route, expect

from casework.analytics import board
from casework.domain.cases import CaseStatus

# A page that is left while a file comes leaves the test's server with that file open.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
LAMP = {"text": "路灯不亮", "category": "street_light", "lat": 30.335, "lon": 120.155}


def next_cell(visitor: Visitor, case_id: str) -> object:
    return visitor.page.locator(f'[id="{case_id}"] [data-cell="next"]')


@contextmanager
def held(page: Page, path: str) -> Iterator[list[Route]]:
    """Keep requests to an address waiting until the test lets them go on."""
    caught: list[Route] = []
    page.route(path, lambda route: caught.append(route))  # noqa: PLW0108  (Playwright takes no builtin)
    yield caught
    page.unroute(path)


def wait_until_held(visitor: Visitor, caught: list[Route]) -> Route:
    for _ in range(200):
        if caught:
            return caught[0]
        visitor.page.wait_for_timeout(20)
    raise TimeoutError


def test_a_new_case_is_sent_with_two_keys_and_taken_back_with_one(house: House, lead: Visitor) -> None:
    [case_id] = lead.rows()

    lead.page.keyboard.press("j")
    lead.page.keyboard.press("d")
    expect(lead.page.locator(".toast")).to_contain_text("is being told")
    sent = house.case(case_id).status
    lead.page.keyboard.press("u")
    expect(lead.page.locator(".toast").last).to_contain_text("taken back")
    house.worker.run_once()

    expect(next_cell(lead, case_id).locator(".send")).to_be_visible()
    assert sent is CaseStatus.DISPATCHED
    assert house.case(case_id).status is CaseStatus.FILED
    assert lead.trouble == []


def test_an_order_is_painted_as_waiting_before_the_server_answers_and_confirmed_after(
    house: House, lead: Visitor
) -> None:
    [case_id] = lead.rows()
    row = lead.page.locator(f'[id="{case_id}"]')
    crew = row.locator(".send .code").text_content()

    with held(lead.page, "**/dispatch") as caught:
        lead.page.keyboard.press("j")
        lead.page.keyboard.press("d")
        expect(row).to_have_attribute("aria-busy", "true")
        expect(next_cell(lead, case_id)).to_have_text(f"{crew} being sent …")
        lead.page.keyboard.press("d")
        waiting = wait_until_held(lead, caught)
        assert house.case(case_id).status is CaseStatus.FILED
        waiting.continue_()
        expect(row).to_have_attribute("data-confirmed", "yes")

    expect(row.locator('[data-cell="state"]')).to_have_text("dispatched")
    expect(row).not_to_have_attribute("aria-busy", "true")
    assert len(caught) == 1
    assert lead.trouble == []


def test_what_the_server_refuses_is_turned_back_with_the_reason(
    house: House, lead: Visitor, colleague: Visitor
) -> None:
    [case_id] = lead.rows()
    row = lead.page.locator(f'[id="{case_id}"]')

    with held(lead.page, "**/dispatch") as caught:
        lead.page.keyboard.press("j")
        lead.page.keyboard.press("d")
        order = wait_until_held(lead, caught)
        colleague.page.keyboard.press("j")
        colleague.page.keyboard.press("d")
        expect(colleague.page.locator(".toast")).to_contain_text("is being told")
        order.continue_()
        expect(lead.page.locator('.toast[data-kind="error"]')).to_contain_text("has changed meanwhile")

    expect(row).not_to_have_attribute("aria-busy", "true")
    expect(row.locator('[data-cell="state"]')).to_have_text("dispatched")
    assert house.case(case_id).status is CaseStatus.DISPATCHED


def test_where_no_answer_comes_the_row_says_so_until_the_server_tells(house: House, lead: Visitor) -> None:
    [case_id] = lead.rows()
    lead.page.route("**/dispatch", lambda order: order.abort())
    lead.page.route("**/console/rows?*", lambda asked: asked.abort())

    lead.page.keyboard.press("j")
    lead.page.keyboard.press("d")
    expect(next_cell(lead, case_id)).to_have_text("no answer yet, asking again")
    lead.page.unroute("**/console/rows?*")

    expect(next_cell(lead, case_id).locator(".send")).to_be_visible()
    assert house.case(case_id).status is CaseStatus.FILED


def test_keys_move_open_and_leave_without_a_mouse(lead: Visitor) -> None:
    lead.page.keyboard.press("j")
    number = lead.page.locator('tr[aria-current="true"]').get_attribute("data-number")

    lead.page.keyboard.press("Enter")
    lead.page.wait_for_selector(f'#drawer article[data-number="{number}"]')
    lead.page.keyboard.press("Escape")

    expect(lead.page.locator("#drawer article")).to_have_count(0)
    assert lead.page.evaluate("document.activeElement.dataset.number") == number


def test_a_change_by_another_person_neither_moves_the_row_nor_takes_the_focus(
    house: House, lead: Visitor, colleague: Visitor
) -> None:
    house.report(**LAMP)
    lead.page.reload()
    lead.page.wait_for_selector('#live[data-state="live"]')
    lead.page.keyboard.press("j")
    lead.page.keyboard.press("j")
    row = lead.page.locator('tr[aria-current="true"]')
    case_id, number, top = row.get_attribute("id"), row.get_attribute("data-number"), row.bounding_box()

    colleague.page.keyboard.press(":")
    colleague.page.keyboard.type(f"d {number}")
    colleague.page.keyboard.press("Enter")

    expect(row.locator('[data-cell="state"]')).to_have_text("dispatched")
    assert lead.page.evaluate("document.activeElement.id") == case_id
    assert row.bounding_box() == top


def test_a_void_case_leaves_the_other_desk_struck_through(
    house: House, lead: Visitor, colleague: Visitor
) -> None:
    [case_id] = lead.rows()
    lead.page.keyboard.press("j")
    lead.page.keyboard.press("Enter")

    lead.page.click('#drawer [data-dialog="void"]')
    lead.page.fill("#dialog-void [name=reason]", "a test of the sirens")
    lead.page.keyboard.press("Enter")

    expect(colleague.page.locator(f'[id="{case_id}"]')).to_have_attribute("data-gone", "yes")
    expect(lead.page.locator(f'[id="{case_id}"]')).to_have_attribute("data-gone", "yes")
    assert house.case(case_id).status is CaseStatus.VOIDED


def test_a_note_is_read_at_the_other_desk_while_the_case_is_open_there(
    lead: Visitor, colleague: Visitor
) -> None:
    for visitor in (lead, colleague):
        visitor.page.keyboard.press("j")
        visitor.page.keyboard.press("Enter")
        visitor.page.wait_for_selector("#drawer article")

    lead.page.click('#drawer [data-dialog="note"]')
    lead.page.fill("#dialog-note [name=text]", "the site manager was called")
    lead.page.keyboard.press("Enter")

    for visitor in (lead, colleague):
        expect(visitor.page.locator("#drawer .timeline")).to_contain_text("the site manager was called")


def test_a_new_case_announces_itself_and_waits_for_shift_n(house: House, lead: Visitor) -> None:
    house.report(**LAMP)
    expect(lead.page.locator("#news")).to_contain_text("1 new case")
    before = lead.rows()

    lead.page.keyboard.press("Shift+N")

    expect(lead.page.locator("#queue tbody tr")).to_have_count(2)
    expect(lead.page.locator("#news")).to_be_hidden()
    assert len(before) == 1


def test_the_command_line_sends_a_crew(house: House, lead: Visitor) -> None:
    [case_id] = lead.rows()
    crew = next_cell(lead, case_id).locator(".code").inner_text()

    lead.page.keyboard.press(":")
    lead.page.keyboard.type(f"a {house.case(case_id).number} {crew}")
    lead.page.keyboard.press("Enter")

    expect(next_cell(lead, case_id).locator(".sent")).to_contain_text(crew)
    assert house.case(case_id).status is CaseStatus.DISPATCHED


def test_one_stream_serves_all_tabs_of_a_browser(house: House, lead: Visitor) -> None:
    [case_id] = lead.rows()
    asked: list[str] = []
    other = lead.context.new_page()
    other.on("request", lambda request: asked.append(request.url))
    other.goto(f"{house.base}/console/?map=lite")
    other.wait_for_selector('#live[data-state="live"]')

    lead.page.keyboard.press("j")
    lead.page.keyboard.press("d")

    expect(other.locator(f'[id="{case_id}"] [data-cell="state"]')).to_have_text("dispatched")
    assert not [url for url in asked if "/console/stream" in url]


def test_the_next_page_of_a_long_queue_comes_before_its_end_is_reached(
    house: House, lead: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        house.report(f"路灯不亮 {number}", category="street_light", lat=30.31 + number / 100, lon=120.15)
    monkeypatch.setattr(board, "PAGE", 2)
    lead.page.reload()
    lead.page.wait_for_selector('#live[data-state="live"]')

    expect(lead.page.locator("#queue tbody tr")).to_have_count(6)
    assert len(set(lead.rows())) == 6
    assert lead.page.locator("#queue .more").count() == 0


def test_the_map_follows_what_comes_and_goes(house: House, lead: Visitor) -> None:
    signs = lead.page.locator("#map .map-sign")
    expect(signs).to_have_count(1)

    house.report(**LAMP)
    expect(signs).to_have_count(2)
    lead.page.keyboard.press(":")
    lead.page.keyboard.type("v 1002 nothing there")
    lead.page.keyboard.press("Enter")

    expect(signs).to_have_count(1)


@pytest.mark.parametrize(("query", "engine"), [("", "maplibre"), ("?map=lite", "leaflet")])
def test_the_map_is_drawn_without_another_host(house: House, lead: Visitor, query: str, engine: str) -> None:
    lead.page.goto(f"{house.base}/console/{query}")
    lead.page.wait_for_selector(f'#map[data-engine="{engine}"]')
    house.report(**LAMP)
    expect(lead.page.locator("#news")).to_contain_text("1 new case")
    lead.page.wait_for_timeout(1500)

    assert lead.trouble == []


def test_the_language_is_switched_and_kept_on_every_page(house: House, lead: Visitor) -> None:
    lead.page.get_by_role("button", name="中文").click()

    for path in ("", "crews", "intake", "messages", "help"):
        lead.page.goto(f"{house.base}/console/{path}")
        expect(lead.page.locator("html")).to_have_attribute("lang", "zh-CN")
        expect(lead.page.locator(".topbar nav")).to_contain_text("队伍")
    lead.page.get_by_role("button", name="English").click()
    expect(lead.page.locator(".topbar nav")).to_contain_text("Crews")


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_nothing_is_wider_than_a_phone(browser: Browser, house: House, language: str) -> None:
    house.report("下穿通道积水," * 20)
    visitor = browsing.come_in(browser, house, viewport={"width": 360, "height": 740}, locale=language)
    [case_id] = visitor.rows()

    wide = []
    for path in ("", f"cases/{case_id}", "crews", "intake", "intake/events/1", "messages", "help"):
        visitor.page.goto(f"{house.base}/console/{path}")
        if visitor.page.evaluate("document.documentElement.scrollWidth") > 360:
            wide.append(path)

    assert wide == []
    visitor.context.close()


def test_a_case_is_sent_with_scripts_turned_off(browser: Browser, house: House) -> None:
    house.report()
    visitor = browsing.come_in(browser, house, java_script_enabled=False)
    case_id = visitor.page.locator("#queue tbody tr").get_attribute("id")

    visitor.page.click(".send")

    assert house.case(case_id).status is CaseStatus.DISPATCHED
    assert "being told" in visitor.page.locator(".toast").inner_text()
    visitor.context.close()
