"""Photos of a case by keyboard: they open large, turn with the arrows, and close where they were opened."""

import io

from browsing import House, Visitor
from PIL import Image
from playwright.sync_api import expect

from casework.domain.timeline import EntryKind, Scribe
from casework.ids import CaseId
from casework.services import chronicling, photos


def test_photos_open_turn_and_close_without_a_mouse(house: House, lead: Visitor) -> None:
    [case_id] = lead.rows()
    for colour in ("seagreen", "firebrick"):
        picture = io.BytesIO()
        Image.new("RGB", (900, 600), colour).save(picture, "JPEG")
        name = photos.keep(picture.getvalue(), house.runtime.settings.media)
        with house.runtime.uows() as uow:
            case = uow.cases.lock(CaseId(case_id))
            scribe = Scribe(case.id, house.runtime.clock(), "crew:D01")
            chronicling.record(uow, case, scribe.entry(EntryKind.PHOTO_ADDED, photo=name))
            uow.commit()

    lead.page.goto(f"{house.base}/console/cases/{case_id}")
    first = lead.page.locator("a[data-photo]").first
    first.focus()
    lead.page.keyboard.press("Enter")
    shown = lead.page.locator("#dialog-photo img")
    expect(shown).to_have_attribute("alt", first.get_attribute("data-caption"))
    assert lead.page.evaluate("document.querySelector('#dialog-photo img').decode().then(() => true)")
    lead.page.keyboard.press("ArrowRight")
    expect(shown).not_to_have_attribute("alt", first.get_attribute("data-caption"))
    lead.page.keyboard.press("Escape")

    expect(lead.page.locator("#dialog-photo")).to_be_hidden()
    assert lead.page.evaluate("document.activeElement.hasAttribute('data-photo')")
    assert lead.trouble == []
