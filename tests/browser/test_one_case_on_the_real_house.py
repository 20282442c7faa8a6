"""One case from its report to a crew that accepts: the real application, a browser and a telephone."""

from browsing import House, Visitor
from playwright.sync_api import Browser, expect

THUMB = {"width": 360, "height": 740}


def test_a_reported_case_is_sent_with_two_keys_and_the_board_hears_the_crew_accept(
    house: House, browser: Browser, lead: Visitor
) -> None:
    row = lead.page.locator("#queue tr[data-id]")

    lead.page.keyboard.press("j")
    lead.page.keyboard.press("d")

    expect(row.locator('[data-cell="state"]')).to_have_text("dispatched")
    expect(lead.page.locator(".toast")).to_contain_text("is being told")

    phone = browser.new_context(viewport=THUMB).new_page()
    phone.goto(house.base + house.link_of_the_crew())
    phone.click("button[name=do][value=accept]")

    expect(row.locator('[data-cell="state"]')).to_have_text("acknowledged")
