import pytest

from notifications.inbound import Awaiting, Intent, chosen_number, read_intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("1", Intent.ACCEPT),
        ("\uff11", Intent.ACCEPT),
        (" 接单。", Intent.ACCEPT),
        ("1 接", Intent.ACCEPT),
        ("Y", Intent.ACCEPT),
        ("2", Intent.DECLINE),
        ("拒", Intent.DECLINE),
        ("3", Intent.ARRIVED),
        ("到了!", Intent.ARRIVED),
        ("4", Intent.DONE),
        ("完", Intent.DONE),
        ("1 3", Intent.ACCEPT),
        ("1 拒", Intent.OTHER),
        ("5", Intent.OTHER),
        ("堵车,晚十分钟", Intent.OTHER),
    ],
)
def test_a_crew_answers_an_offer_with_a_digit_or_a_word(text: str, intent: Intent) -> None:
    assert read_intent(text, awaiting=Awaiting.OFFER) is intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("是", Intent.YES),
        ("好了", Intent.YES),
        ("Yes!", Intent.YES),
        ("1", Intent.YES),
        ("没修好", Intent.NO),
        ("no", Intent.NO),
    ],
)
def test_a_resident_says_whether_it_is_fixed(text: str, intent: Intent) -> None:
    assert read_intent(text, awaiting=Awaiting.FIXED) is intent


@pytest.mark.parametrize("text", ["1", "yes", "否", "", "古墩路有个坑"])
def test_an_answer_to_no_question_is_free_text(text: str) -> None:
    assert read_intent(text) is Intent.OTHER


@pytest.mark.parametrize("awaiting", list(Awaiting))
@pytest.mark.parametrize("text", ["STOP", "stop.", "退订", "TD", "Unsubscribe"])
def test_opting_out_is_heard_whatever_was_asked(text: str, awaiting: Awaiting) -> None:
    assert read_intent(text, awaiting=awaiting) is Intent.STOP


@pytest.mark.parametrize("text", ["进度", "查进度", "progress", "Status"])
def test_anybody_may_ask_for_progress(text: str) -> None:
    assert read_intent(text) is Intent.PROGRESS


def test_a_long_report_that_begins_with_a_command_is_a_report() -> None:
    assert read_intent("stop " + "the trucks at night " * 10) is Intent.OTHER


def test_one_of_several_offers_is_chosen_by_a_second_number() -> None:
    assert chosen_number("1 3") == 3
    assert chosen_number("1、12") == 12
    assert chosen_number("1") is None
    assert chosen_number("13") is None
