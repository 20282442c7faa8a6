"""Photos that a crew took as proof and a resident sent, on the case page: on SQLite and PostgreSQL."""

import io
import re

import pytest
import sqlalchemy as sa
from PIL import Image

from casework.store import tables

NOISE = {"text": "工地夜间施工,打桩声吵得睡不着", "category": "noise"}
ELSEWHERE = "https://media.example/photo-1"


def jpeg() -> io.BytesIO:
    made = io.BytesIO()
    Image.new("RGB", (900, 600), "seagreen").save(made, "JPEG")
    made.seek(0)
    return made


@pytest.fixture
def proven(house, dispatcher):
    """Let a resident report with a photo, and a crew finish the work with another."""
    house.report(**NOISE, media=[ELSEWHERE, "javascript:alert(1)"])
    row = re.search(r'<tr id="([0-9a-f-]{36})".*?data-version="(\d+)"', dispatcher.get("/"))
    assert dispatcher.post(f"/cases/{row[1]}/dispatch", version=row[2]).json["ok"]
    with house.runtime.reading() as connection:
        asked = sa.select(tables.messages.c.secret).where(tables.messages.c.secret.is_not(None))
        link = f"/a/{connection.execute(asked).scalars().first()}"
    crew = house.app.test_client()
    for step in ("accept", "en_route", "on_scene"):
        crew.post(link, data={"do": step})
    crew.post(link, data={"do": "done", "photo": (jpeg(), "proof.jpg")}, content_type="multipart/form-data")
    return row[1]


def addresses(page: str) -> list[str]:
    return re.findall(r'<a href="/console(/cases/[^"]+/photos/[^"]+)"', page)


def test_the_case_page_shows_the_crews_photo_and_links_to_the_residents(dispatcher, proven):
    page = dispatcher.get(f"/cases/{proven}")

    [address] = addresses(page)
    assert f'src="/console{address}?size=small"' in page
    assert re.search(r'alt="Photo 2: crew [^,]+, \d{4}-', page), re.search(r'alt="Photo[^"]*"', page)
    assert f'href="{ELSEWHERE}" rel="noreferrer noopener"' in page
    assert "javascript:" not in page


def test_a_photo_is_served_as_what_it_is_and_small_where_asked(dispatcher, proven):
    [address] = addresses(dispatcher.get(f"/cases/{proven}"))

    large = dispatcher.client.get(f"/console{address}", buffered=True)
    small = dispatcher.client.get(f"/console{address}?size=small", buffered=True)
    known = {"If-None-Match": large.headers["ETag"]}
    again = dispatcher.client.get(f"/console{address}", headers=known, buffered=True)

    assert large.mimetype == small.mimetype == "image/jpeg"
    assert large.headers["X-Content-Type-Options"] == "nosniff"
    assert large.headers["Cache-Control"] == "private, no-cache"
    assert Image.open(io.BytesIO(large.data)).size == (900, 600)
    assert Image.open(io.BytesIO(small.data)).size == (320, 213)
    assert again.status_code == 304


def test_a_photo_is_shown_to_nobody_who_is_not_signed_in(house, dispatcher, proven):
    [address] = addresses(dispatcher.get(f"/cases/{proven}"))
    stranger = house.app.test_client()

    assert stranger.get(f"/console{address}").status_code == 401
    assert stranger.get(f"/console{address}", headers={"Accept": "text/html"}).status_code == 303


def test_a_photo_is_found_only_under_its_own_case(house, dispatcher, proven):
    [address] = addresses(dispatcher.get(f"/cases/{proven}"))
    name = address.rpartition("/")[2]

    for path in (f"/cases/another/photos/{name}", f"/cases/{proven}/photos/{'0' * 64}.jpg"):
        assert dispatcher.client.get(f"/console{path}").status_code == 404
