"""A resident and the page of the case, on both databases."""

from field_cast import OTHER_CREW, RESIDENT_PHONE, District

from casework.domain.cases import Case


def _resolved(district: District) -> Case:
    case = district.report()
    link = district.send(case)
    for do in ("accept", "on_scene", "done"):
        district.browser().post(link, data={"do": do, "note": "灯泡换了,师傅姓赵"})
    return district.case(case.id)


def test_the_page_tells_how_far_the_case_is_and_what_was_promised(district: District) -> None:
    case = district.report()
    district.send(case)

    page = district.browser().get(f"/r/{case.public_code}", headers={"Accept-Language": "zh-CN"})

    assert page.status_code == 200
    assert "已通知处置队伍" in page.text
    assert "派出后 5 分钟内到场" in page.text
    assert "最迟 10:05" in page.text
    assert "立案后 20 分钟内处置" in page.text


def test_the_page_shows_nobodys_name_number_or_words(district: District) -> None:
    case = _resolved(district)

    page = district.browser().get(f"/r/{case.public_code}").text

    for secret in (RESIDENT_PHONE, "王女士", "路灯不亮", "C01", "+8626", "赵", case.id):
        assert secret not in page


def test_the_question_is_asked_only_when_the_crew_is_done(district: District) -> None:
    case = district.report()
    browser = district.browser()

    before = browser.get(f"/r/{case.public_code}").text
    early = browser.post(f"/r/{case.public_code}", data={"fixed": "no"})
    done = _resolved_from(district, case)

    assert 'name="fixed"' not in before
    assert early.status_code == 409
    assert 'name="fixed" value="yes"' in browser.get(f"/r/{done.public_code}").text


def _resolved_from(district: District, case: Case) -> Case:
    link = district.send(case)
    district.browser().post(link, data={"do": "done"})
    return district.case(case.id)


def test_no_takes_the_same_case_up_again_and_another_crew_can_go(district: District) -> None:
    case = _resolved(district)

    answer = district.browser().post(f"/r/{case.public_code}?lang=en", data={"fixed": "no"})

    assert "open again" in answer.text
    assert district.case(case.id).status == "filed"
    assert district.send(district.case(case.id), OTHER_CREW)


def test_yes_closes_and_saying_it_again_changes_nothing(district: District) -> None:
    case = _resolved(district)
    browser = district.browser()
    path = f"/r/{case.public_code.lower()}"

    first, second = (browser.post(path, data={"fixed": "yes"}) for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 200)
    assert district.case(case.id).status == "closed"
    assert district.kinds(case.id).count("case_closed") == 1


def test_a_scanner_answers_nothing(district: District) -> None:
    case = _resolved(district)
    before = district.kinds(case.id)

    for method in ("GET", "HEAD"):
        district.browser().open(f"/r/{case.public_code}?fixed=yes", method=method)

    assert district.kinds(case.id) == before


def test_co_reporters_are_a_number_only(district: District) -> None:
    case = district.report()
    district.report("路灯坏了", "r2", reporter={"channel": "app", "phone": "+862600000778", "name": "李先生"})

    page = district.browser().get(f"/r/{case.public_code}?lang=en").text

    assert "1 more told us of the same" in page
    assert "李" not in page


def test_an_unknown_code_is_unknown_and_guessing_is_braked(district: District) -> None:
    case = district.report()
    browser = district.browser()

    answers = [browser.get(f"/r/AAAAAAA{number:03d}").status_code for number in range(40)]

    assert answers[0] == 404
    assert answers[-1] == 429
    assert browser.get(f"/r/{case.public_code}").status_code == 429
    assert browser.get(f"/r/{case.public_code}", environ_base={"REMOTE_ADDR": "10.9.8.7"}).status_code == 200


def test_an_answer_that_is_none_is_asked_again(district: District) -> None:
    case = _resolved(district)

    for form in ({}, {"fixed": "maybe"}):
        assert district.browser().post(f"/r/{case.public_code}", data=form).status_code == 422


def test_the_page_is_small_and_asks_no_other_host(district: District) -> None:
    case = _resolved(district)

    page = district.browser().get(f"/r/{case.public_code}")

    assert len(page.data) < 8_000
    assert "http" not in page.text.replace("http-equiv", "")
    assert page.headers["Referrer-Policy"] == "no-referrer"
