"""What a dispatcher reads on the pages."""

import json
from dataclasses import replace

import pytest


def test_a_stranger_is_asked_to_sign_in_and_comes_back_to_the_same_page(stranger):
    answer = stranger.get("/crews?status=available")

    assert answer.status_code == 303
    assert answer.location == "/console/sign-in?next=/console/crews?status%3Davailable"


def test_a_wrong_password_opens_nothing(stranger):
    answer = stranger.post("/sign-in", accept="text/html", name="dispatcher", password="wrong")

    assert answer.status_code == 401
    assert "用户名与密码不匹配" in answer.text
    assert "gz_session" not in answer.headers.get("Set-Cookie", "")


def test_signing_out_ends_the_session_on_the_server_too(dispatcher):
    session = dispatcher.client.get_cookie("gz_session", path="/console").value

    dispatcher.post("/sign-out", accept="text/html")
    dispatcher.client.set_cookie("gz_session", session, path="/console")

    assert dispatcher.get("/").status_code == 303


def test_what_will_be_late_first_stands_on_top(dispatcher, city):
    order = sorted(city.cases.values(), key=lambda row: row.clock.due_at)

    page = dispatcher.get("/").text

    assert (
        page.index(f'id="{order[0].id}"')
        < page.index(f'id="{order[1].id}"')
        < page.index(f'id="{order[-1].id}"')
    )


def test_a_clock_is_shown_as_what_is_left_with_its_light_in_words(dispatcher, city, clock):
    case = city.cases["case-1042"]
    due = case.clock.due_at
    clock.set(due)
    clock.advance(seconds=-41)

    page = dispatcher.get("/rows?ids=case-1042").text

    assert "<b data-left>0:41</b>" in page
    assert 'data-light="green"' in page
    assert "in time" in page


def test_a_filter_narrows_the_queue_and_an_unusable_one_does_not(dispatcher, city):
    ones = sum(row.priority == 1 for row in city.cases.values())

    assert dispatcher.get("/?priority=1").text.count("data-number=") == ones
    assert dispatcher.get("/?priority=nine").text.count("data-number=") == len(city.cases)


def test_an_empty_queue_says_so_in_words(dispatcher, city):
    city.cases.clear()

    assert "Nothing is open." in dispatcher.get("/").text


def test_a_case_page_names_the_entries_that_moved_each_clock(dispatcher):
    page = dispatcher.get("/cases/case-1042").text

    assert 'started by <a href="#entry-1">#1</a>' in page
    assert 'stopped by <a href="#entry-2">#2</a>' in page


def test_a_script_gets_the_case_without_the_frame_of_the_page(dispatcher):
    page = dispatcher.get("/cases/case-1042", **{"HX-Request": "true"}).text

    assert "<html" not in page
    assert page.count("<article") == 1


def test_rows_leave_out_what_is_no_longer_open(dispatcher, city):
    del city.cases["case-1042"]

    page = dispatcher.get("/rows?ids=case-1042,case-1041").text

    assert 'id="case-1041"' in page
    assert "case-1042" not in page


def test_a_title_is_text_and_never_markup(dispatcher, city):
    case = city.cases["case-1042"]
    city.cases["case-1042"] = replace(case, title={"en": "<script>alert(1)</script>", "zh": "x"})

    page = dispatcher.get("/").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("path", ["/cases/none", "/intake/quarantine/none", "/nowhere", "/rows/../x"])
def test_what_is_not_there_is_said_on_a_page_of_ours(dispatcher, path):
    answer = dispatcher.get(path)

    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


@pytest.mark.parametrize(
    "path", ["/", "/crews", "/intake", "/intake/quarantine", "/intake/quarantine/q-1", "/messages", "/help"]
)
@pytest.mark.parametrize(("language", "word"), [("zh", "看板"), ("en", "Board")])
def test_every_page_speaks_both_languages(dispatcher, path, language, word):
    dispatcher.client.set_cookie("gz_language", language, path="/console")

    assert word in dispatcher.get(path).text


def test_the_browser_chooses_the_language_until_the_person_does(stranger):
    assert "登录" in stranger.get("/sign-in", **{"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}).text
    assert "Sign in" in stranger.get("/sign-in", **{"Accept-Language": "en-GB"}).text

    stranger.post("/preferences", accept="text/html", language="zh")

    assert "登录" in stranger.get("/sign-in", **{"Accept-Language": "en-GB"}).text


def test_a_word_that_stands_fixed_in_a_template_is_translated_for_each_reader(dispatcher):
    for language, sentence in (("zh", '"paused": "已暂停"'), ("en", '"paused": "paused"')):
        dispatcher.client.set_cookie("gz_language", language, path="/console")
        page = json.loads(dispatcher.get("/help").text.split('id="words">')[1].split("</script>")[0])
        assert f'"paused": "{page["paused"]}"' == sentence


def test_a_quarantined_event_is_mended_and_handed_in_again(dispatcher, city):
    answer = dispatcher.post("/intake/quarantine/q-1", accept="text/html", text='{"id": "r-77"}')

    assert answer.status_code == 303
    assert "q-1" not in city.held


def test_an_event_that_is_still_wrong_keeps_what_was_typed(dispatcher, city):
    answer = dispatcher.post("/intake/quarantine/q-1", accept="text/html", text='{"id": ')

    assert answer.status_code == 422
    assert "Still not valid" in answer.text
    assert "{&#34;id&#34;: " in answer.text
    assert "q-1" in city.held


def test_the_page_of_providers_shows_their_circuit_the_costs_and_how_texts_will_look(dispatcher):
    page = dispatcher.get("/messages/outlets").text

    assert "tried again" in page
    assert "61.97 CNY" in page
    assert "道路积水 文一西路118号 接单" in page
    assert "order: always" in page
