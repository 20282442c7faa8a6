"""A crew and its action link, on both databases."""

import io

import pytest
from field_cast import CREW, OTHER_CREW, PLACE, District
from PIL import Image

SCANNERS = (
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "facebookexternalhit/1.1",
    "WhatsApp/2.23.20.0",
    "Mozilla/5.0 (Windows NT 10.0) BitdefenderLinkScanner",
    "Microsoft Office/16.0 SafeLinks",
    "MicroMessenger Client",
)


def _photo(size: tuple[int, int] = (2400, 1800), kind: str = "JPEG") -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", size, (90, 120, 90)).save(file, kind)
    file.seek(0)
    return file


def test_a_crew_goes_all_the_way_with_taps_alone(district: District) -> None:
    case = district.report()
    link = district.send(case)
    browser = district.browser()

    for do, status in (
        ("accept", "acknowledged"),
        ("en_route", "en_route"),
        ("on_scene", "on_scene"),
        ("done", "verified"),
    ):
        page = browser.get(link).text
        assert f'class="big" name="do" value="{do}"' in page
        district.clock.advance(seconds=30)
        answer = browser.post(link, data={"do": do})
        assert answer.status_code == 200
        assert district.case(case.id).status == status

    assert "已完成,辛苦了" in browser.get(link).text


@pytest.mark.parametrize("agent", SCANNERS)
def test_a_scanner_that_opens_the_link_changes_nothing(district: District, agent: str) -> None:
    case = district.report()
    link = district.send(case)
    before = district.kinds(case.id)

    for method in ("GET", "HEAD", "OPTIONS"):
        answer = district.browser().open(f"{link}?do=accept", method=method, headers={"User-Agent": agent})
        assert answer.status_code == 200

    assert district.kinds(case.id) == before
    assert district.case(case.id).status == "dispatched"


def test_a_second_tap_answers_that_it_was_accepted_already(district: District) -> None:
    case = district.report()
    link = district.send(case)
    browser = district.browser()
    browser.post(link, data={"do": "accept"})
    before = district.kinds(case.id)

    again = browser.post(link, data={"do": "accept"})

    assert again.status_code == 200
    assert "此前已接单" in again.text
    assert district.kinds(case.id) == before


def test_a_late_accept_after_arriving_does_not_take_the_case_back(district: District) -> None:
    case = district.report()
    link = district.send(case)
    browser = district.browser()
    browser.post(link, data={"do": "on_scene"})

    late = browser.post(link, data={"do": "accept"})

    assert "此前已接单" in late.text
    assert district.case(case.id).status == "on_scene"


def test_a_link_that_was_never_given_out_is_unknown_and_says_what_to_do(district: District) -> None:
    for path in ("/a/AAAAAAAAAAAAAAAA", "/a/short", "/a/" + "x" * 500):
        answer = district.browser().get(path, headers={"Accept-Language": "en"})
        assert answer.status_code == 404
        assert "call the dispatch desk" in answer.text


def test_the_first_crews_link_is_gone_once_another_crew_is_sent(district: District) -> None:
    case = district.report()
    first = district.send(case)
    district.browser().post(first, data={"do": "decline", "note": "车坏了"})
    second = district.send(district.case(case.id), OTHER_CREW)

    gone = district.browser().post(first, data={"do": "accept"})
    taken = district.browser().post(second, data={"do": "accept"})

    assert gone.status_code == 410
    assert "链接已失效" in gone.text
    assert taken.status_code == 200
    assert district.case(case.id).assigned_to == OTHER_CREW


def test_an_offer_that_ran_out_can_no_longer_be_accepted(district: District) -> None:
    case = district.report()
    link = district.send(case)
    district.work(seconds=case.offer_timeout_s + 1)

    late = district.browser().post(link, data={"do": "accept"})

    assert late.status_code == 410
    assert district.case(case.id).assigned_to != CREW


def test_each_crew_reads_its_own_language_and_may_choose_the_other(district: District) -> None:
    case = district.report()
    chinese = district.send(case)
    browser = district.browser()

    assert "接单" in browser.get(chinese).text
    assert ">Accept<" in browser.get(f"{chinese}?lang=en").text
    assert ">Accept<" in browser.get(chinese).text
    assert "接单" in district.browser().get(chinese).text


def test_the_page_keeps_its_secret_and_is_small(district: District) -> None:
    link = district.send(district.report())
    browser = district.browser()

    page = browser.get(link)
    parts = [page.data]
    for name in ("links.css", "task.js"):
        with browser.get(f"/links/static/{name}") as part:
            parts.append(part.data)

    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
    assert sum(map(len, parts)) < 20_000
    assert "<script>" not in page.text
    assert "style=" not in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert f"geo:{PLACE[0]:.6f},{PLACE[1]:.6f}" in page.text


def test_where_the_crew_stood_is_kept_and_nonsense_is_no_position(district: District) -> None:
    case = district.report()
    link = district.send(case)
    browser = district.browser()

    browser.post(link, data={"do": "accept", "lat": "30.32", "lon": "120.15"})
    with district.runtime.uows() as uow:
        stood = uow.crews.get(CREW)
    odd = [
        browser.post(link, data={"do": "en_route", "lat": lat, "lon": "1e999"}) for lat in ("nan", "x", "91")
    ]

    assert (stood.lat, stood.lon) == (30.32, 120.15)
    assert [answer.status_code for answer in odd] == [200, 200, 200]
    with district.runtime.uows() as uow:
        assert uow.crews.get(CREW).lat == 30.32


def test_a_photo_is_kept_without_its_metadata_and_not_too_large(district: District) -> None:
    case = district.report()
    link = district.send(case)
    browser = district.browser()
    browser.post(link, data={"do": "on_scene"})

    done = browser.post(link, data={"do": "done", "note": "已换灯泡", "photo": (_photo(), "../../x.php")})

    assert done.status_code == 200
    assert "photo_added" in district.kinds(case.id)
    kept = [path for path in district.runtime.settings.media.rglob("*") if path.is_file()]
    assert [path.suffix for path in kept] == [".jpg"]
    with Image.open(kept[0]) as image:
        assert max(image.size) == 1600


def test_a_file_that_is_no_photo_does_nothing_and_loses_nothing(district: District) -> None:
    case = district.report()
    link = district.send(case)
    browser = district.browser()
    browser.post(link, data={"do": "on_scene"})

    refused = browser.post(
        link,
        data={
            "do": "done",
            "note": "换了 <两个> 灯泡",
            "photo": [(_photo((40, 30)), "good.jpg"), (io.BytesIO(b"<svg onload=alert(1)>"), "bad.jpg")],
        },
    )

    assert refused.status_code == 422
    assert "这不是可用的照片" in refused.text
    assert "换了 &lt;两个&gt; 灯泡" in refused.text
    assert 'name="kept"' in refused.text
    assert district.case(case.id).status == "on_scene"


def test_a_form_larger_than_any_photos_is_refused(district: District) -> None:
    link = district.send(district.report())

    refused = district.browser().post(
        link, data=b"x" * 43_000_000, content_type="multipart/form-data; boundary=x"
    )

    assert refused.status_code == 413
    assert "内容太大" in refused.text


def test_an_unknown_verb_changes_nothing(district: District) -> None:
    case = district.report()
    link = district.send(case)

    for form in ({}, {"do": "explode"}, {"do": ""}, {"note": "\0"}):
        assert district.browser().post(link, data=form).status_code == 422

    assert district.case(case.id).status == "dispatched"


def test_a_crew_that_needs_help_is_heard_and_keeps_its_task(district: District) -> None:
    case = district.report()
    link = district.send(case)
    browser = district.browser()
    browser.post(link, data={"do": "accept"})

    answer = browser.post(link, data={"do": "need_help", "note": "需要吊车"})

    assert "已通知调度台" in answer.text
    assert "crew_needs_help" in district.kinds(case.id)
    assert district.case(case.id).status == "acknowledged"


def test_an_address_that_guesses_has_to_wait(district: District) -> None:
    link = district.send(district.report())
    browser = district.browser()

    answers = [browser.get(f"/a/{number:016d}").status_code for number in range(200)]
    waiting = browser.get(link)
    district.clock.advance(minutes=2)

    assert answers.count(404) <= 61
    assert answers[-1] == 429
    assert waiting.status_code == 429
    assert int(waiting.headers["Retry-After"]) >= 1
    assert browser.get(link).status_code == 200
