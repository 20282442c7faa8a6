"""What a resident's words mean in a conversation."""

from datetime import UTC, datetime, timedelta

import pytest

from casework.domain import dialogue
from casework.domain.dialogue import Effect, Known, Said, Stage, Talk, Words

NOW = datetime(2026, 5, 4, 2, 0, tzinfo=UTC)
HERE = {"lat": 30.3, "lon": 120.1}
NOTHING_KNOWN = Known()
ASKED = Known(asked_if_fixed=True)


def _hear(
    said: Said, known: Known = NOTHING_KNOWN, talk: Talk | None = None
) -> tuple[Talk, tuple[Effect, ...]]:
    return dialogue.hear(talk or Talk(), said, known, NOW)


def test_words_with_a_position_are_a_report_and_nothing_is_asked():
    said = Said(text="路灯不亮", **HERE)

    talk, effects = _hear(said)

    assert effects == (dialogue.OpenReport(said),)
    assert talk.stage is Stage.IDLE


def test_words_without_a_place_are_a_report_and_the_place_is_asked_for():
    talk, effects = _hear(Said(text="路灯不亮"))

    assert effects == (dialogue.OpenReport(Said(text="路灯不亮")), dialogue.Say(Words.ASK_PLACE))
    assert talk.stage is Stage.ASKED_PLACE


@pytest.mark.parametrize("said", [Said(**HERE), Said(text="朝晖路12号"), Said(address="朝晖路")])
def test_what_follows_the_question_for_the_place_is_the_place(said: Said):
    talk, effects = _hear(said, talk=Talk(stage=Stage.ASKED_PLACE, heard_at=NOW))

    assert effects == (dialogue.GivePlace(said),)
    assert talk.stage is Stage.IDLE


@pytest.mark.parametrize("text", ["着火了", "路" * 81])
def test_danger_and_long_texts_are_reports_even_when_a_place_was_asked_for(text: str):
    _, effects = _hear(Said(text=text), talk=Talk(stage=Stage.ASKED_PLACE, heard_at=NOW))

    assert any(isinstance(effect, dialogue.OpenReport) for effect in effects)


def test_a_question_is_forgotten_after_half_an_hour_and_not_a_second_before():
    talk = Talk(stage=Stage.ASKED_PLACE, heard_at=NOW - dialogue.IDLE_AFTER)
    nearly = Talk(stage=Stage.ASKED_PLACE, heard_at=NOW - dialogue.IDLE_AFTER + timedelta(seconds=1))

    _, late = _hear(Said(text="朝晖路12号"), talk=talk)
    _, in_time = _hear(Said(text="朝晖路12号"), talk=nearly)

    assert isinstance(late[0], dialogue.OpenReport)
    assert isinstance(in_time[0], dialogue.GivePlace)


def test_a_photo_alone_is_kept_until_we_know_what_it_shows():
    talk, first = _hear(Said(photos=("https://p/1",), **HERE))
    _, second = _hear(Said(text="井盖不见了"), talk=talk)

    assert first == (dialogue.Say(Words.ASK_WHAT),)
    assert second == (dialogue.OpenReport(Said(text="井盖不见了", photos=("https://p/1",), **HERE)),)


@pytest.mark.parametrize(
    ("text", "effect"),
    [
        ("修好了", dialogue.AnswerFixed(fixed=True)),
        ("1", dialogue.AnswerFixed(fixed=True)),
        ("Yes!", dialogue.AnswerFixed(fixed=True)),
        ("没修好", dialogue.AnswerFixed(fixed=False)),
        ("2", dialogue.AnswerFixed(fixed=False)),
        ("还是不亮,没人来", dialogue.AnswerFixed(fixed=False)),
        ("It is still broken", dialogue.AnswerFixed(fixed=False)),
    ],
)
def test_yes_and_no_answer_the_question_when_it_was_asked(text: str, effect: Effect):
    assert _hear(Said(text=text), ASKED)[1] == (effect,)


@pytest.mark.parametrize("text", ["好的", "1", "yes", "你好", "hello!", "谢谢。", "帮助", "???"])
def test_words_without_a_question_are_no_report(text: str):
    assert _hear(Said(text=text))[1] == (dialogue.Say(Words.HOW_TO),)


@pytest.mark.parametrize("text", ["进度", "查进度", "Progress?", "status", "进展。"])
def test_progress_is_asked_in_many_words(text: str):
    assert _hear(Said(text=text))[1] == (dialogue.TellProgress(),)


@pytest.mark.parametrize(
    "text", ["进度 ABCDE23456", "abcde23456", "查询进度:ABCDE23456", "progress ABCDE23456"]
)
def test_progress_of_one_case_is_asked_by_its_code(text: str):
    assert _hear(Said(text=text))[1] == (dialogue.TellProgress("ABCDE23456"),)


@pytest.mark.parametrize("text", ["取消", "算了", "Cancel", "退订", "never mind."])
def test_a_report_is_taken_back_in_a_word(text: str):
    assert _hear(Said(text=text))[1] == (dialogue.Withdraw(),)


@pytest.mark.parametrize(
    "text", ["家里着火了", "闻到煤气泄漏的味道", "有老人被困电梯", "Someone is trapped", "GAS LEAK!"]
)
def test_danger_is_answered_before_anything_else(text: str):
    _, effects = _hear(Said(text=text, **HERE))

    assert effects[0] == dialogue.Say(Words.EMERGENCY)
    assert isinstance(effects[1], dialogue.OpenReport)


def test_a_poll_says_nothing_and_an_empty_message_is_asked_about():
    assert _hear(Said(poll=True))[1] == ()
    assert _hear(Said())[1] == (dialogue.Say(Words.ASK_WHAT),)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("路灯不亮", "zh"),
        ("Wifi 坏了 please", "en"),
        ("LED灯坏了", "zh"),
        ("The lamp is out", "en"),
        ("123!", None),
    ],
)
def test_the_language_is_told_by_its_letters(text: str, language: str | None):
    assert dialogue.language_of(text) == language
