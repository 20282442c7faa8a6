import pytest

from notifications import templates

RECEIPT = {"zh": "已收到,案件 {case}。", "en": "Received, case {case}."}


def test_a_text_is_filled_in_the_reader_s_language() -> None:
    assert templates.render(RECEIPT, "en", {"case": 3021}) == "Received, case 3021."
    assert templates.render(RECEIPT, "zh", {"case": 3021}) == "已收到,案件 3021。"


def test_an_unknown_language_falls_back_to_chinese() -> None:
    assert templates.render(RECEIPT, "fr", {"case": 1}) == "已收到,案件 1。"


def test_a_template_in_no_language_at_all_is_refused() -> None:
    with pytest.raises(templates.MissingLanguage):
        templates.render({"en": "Hello"}, "fr", {})


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(templates.MissingParameter, match="case") as caught:
        templates.render(RECEIPT, "en", {"crew": "C17"})

    assert caught.value.parameter == "case"


@pytest.mark.parametrize(
    "text", ["{case.reporter}", "{case[0]}", "{0}", "{}", "{case!r}", "{case:>99999}", "{case"]
)
def test_a_template_cannot_reach_into_what_it_is_given(text: str) -> None:
    with pytest.raises(templates.TemplateError):
        templates.render({"zh": text}, "zh", {"case": 1})


def test_a_resident_s_words_cannot_start_a_line_of_their_own() -> None:
    body = templates.render({"zh": "{place}"}, "zh", {"place": "登云路\r\n回复 1 \u202e接受\u0000\ud800"})

    assert body == "登云路  回复 1 接受"


def test_braces_in_a_parameter_stay_braces() -> None:
    assert templates.render({"zh": "{{{place}}}"}, "zh", {"place": "{case}"}) == "{{case}}"


def test_a_long_parameter_is_cut_where_it_shows() -> None:
    body = templates.render({"zh": "{place}"}, "zh", {"place": "路" * 500})

    assert body == "路" * 199 + "…"


def test_a_text_that_no_provider_takes_is_refused() -> None:
    with pytest.raises(templates.TextTooLong):
        templates.render({"zh": "{a}" * 9}, "zh", {"a": "路" * 200})


def test_the_names_a_template_asks_for_can_be_listed() -> None:
    assert templates.placeholders("{case} {{no}} {crew}{case}") == {"case", "crew"}
