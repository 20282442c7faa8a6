"""What a dispatcher orders, by script and by plain form."""

import pytest


def test_one_post_sends_the_recommended_crew_and_offers_undo(dispatcher, city):
    recommended = city.cases["case-1042"].recommended.crew_code

    said = dispatcher.post("/cases/case-1042/dispatch", version="3").json

    assert said["ok"] is True
    assert said["undo"]
    assert city.cases["case-1042"].crew.code == recommended


def test_undo_takes_the_order_back_once(dispatcher, city):
    token = dispatcher.post("/cases/case-1042/dispatch", version="3").json["undo"]

    assert dispatcher.post("/undo", token=token).json["ok"] is True
    assert city.cases["case-1042"].crew is None
    assert dispatcher.post("/undo", token=token).status_code == 409


def test_an_order_on_a_case_that_changed_meanwhile_is_refused_in_words(dispatcher, city):
    answer = dispatcher.post("/cases/case-1042/dispatch", version="2")

    assert answer.status_code == 409
    assert "has changed meanwhile" in answer.json["message"]
    assert city.cases["case-1042"].crew is None


def test_a_plain_form_comes_back_to_its_page_with_the_sentence(dispatcher):
    answer = dispatcher.post("/cases/case-1042/dispatch", accept="text/html", next="/console/cases/case-1042")

    assert answer.status_code == 303
    assert answer.location == "/console/cases/case-1042"
    assert "is being told" in dispatcher.get("/cases/case-1042").text


@pytest.mark.parametrize(
    "target", ["https://example.test/", "//example.test", "/console/\\example.test", "x"]
)
def test_a_form_never_leads_to_another_site(dispatcher, target):
    answer = dispatcher.post("/cases/case-1042/dispatch", accept="text/html", next=target)

    assert answer.location == "/console/"


def test_closing_needs_a_disposition_that_exists(dispatcher, city):
    assert dispatcher.post("/cases/case-1042/close", disposition="whatever").status_code == 422
    assert "case-1042" in city.cases

    assert dispatcher.post("/cases/case-1042/close", disposition="unfounded").json["ok"] is True
    assert "case-1042" not in city.cases


def test_a_case_is_merged_by_the_number_people_use(dispatcher, city):
    before = city.cases["case-1036"].reporters

    dispatcher.post("/cases/case-1042/merge", into="1036")

    assert city.cases["case-1036"].reporters > before
    assert "case-1042" not in city.cases


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (":a 1042 c17", "dispatched"),
        ("d 1042", "dispatched"),
        ("s C17 oos", "crew_status_set"),
        ("e 1042", "escalated"),
        ("m 1042 1036", "merged"),
        ("c 1042 resolved pumped dry", "closed"),
        ("v 1042 wrong place", "voided"),
        ("o 1042", "open"),
    ],
)
def test_the_command_line_understands(dispatcher, line, what):
    assert dispatcher.post("/command", text=line).json["what"] == what


@pytest.mark.parametrize(
    "line",
    ["", ":", "a", "a 1042", "a x C17", "s C17 flying", "c 1042 whatever", "zz 1 2", "d " + "9" * 40, "d ①"],
)
def test_the_command_line_refuses_with_a_sentence(dispatcher, line):
    answer = dispatcher.post("/command", text=line)

    assert answer.status_code in {404, 422}
    assert answer.json["message"]
