"""How simulated crews and residents answer a text."""

from random import Random

import pytest

from casework.demo import errands
from casework.demo.errands import Act, Move

HERE, THERE = (30.300, 120.150), (30.310, 120.150)
PAGE = """
<a href="geo:30.31234,120.15678">map</a>
<form method="post" action=""><input type="hidden" name="version" value="3">
  <input name="note"><button name="do" value="accept">接单</button></form>
<form method="post"><button name="do" value="decline">退单</button></form>
"""


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311  (a story, no secret)


def many() -> list[list[Act | Move]]:
    return [list(errands.errand(HERE, THERE, "zh", seeded(seed))) for seed in range(400)]


def words(plan: list[Act | Move]) -> list[str]:
    return [act.do for act in plan if isinstance(act, Act)]


def test_most_crews_go_and_some_decline_or_never_look() -> None:
    plans = [words(plan) for plan in many()]

    went = [plan for plan in plans if plan[:3] == ["accept", "en_route", "on_scene"] and plan[-1] == "done"]
    assert len(went) > 320
    assert ["decline"] in plans
    assert [] in plans
    assert all(plan in ([], ["decline"]) or plan in went for plan in plans)


def test_everything_happens_in_its_order() -> None:
    for plan in many():
        times = [act.after_s for act in plan]
        assert times == sorted(times)


def test_a_crew_moves_from_where_it_is_to_where_it_must_go() -> None:
    plan = next(plan for plan in many() if len(plan) > 8)

    moves = [act.at[0] for act in plan if isinstance(act, Move)]

    assert moves == sorted(moves)
    assert HERE[0] < moves[0] < moves[-1] <= THERE[0]


def test_a_telephone_that_was_off_takes_up_where_the_page_stands() -> None:
    plan = next(plan for plan in many() if words(plan) == ["accept", "en_route", "on_scene", "done"])

    rest = errands.still_open(plan, {"on_scene", "need_help"})

    assert words(list(rest)) == ["on_scene", "done"]
    assert rest[0].after_s == plan[0].after_s


def test_a_page_without_buttons_leaves_nothing_to_do() -> None:
    assert errands.still_open(many()[0], frozenset()) == []


@pytest.mark.parametrize(
    ("text", "kind", "path"),
    [
        ("积水 湖墅路 接单 http://127.0.0.1:8000/a/AbC-_123456789xyz回复1", "a", "/a/AbC-_123456789xyz"),
        ("Is it fixed? https://g.example/r/7KQ2M9XWAB", "r", "/r/7KQ2M9XWAB"),
        ("Progress: https://g.example/r/7KQ2M9XWAB.", "r", "/r/7KQ2M9XWAB"),
    ],
)
def test_the_link_of_a_text_is_found(text: str, kind: str, path: str) -> None:
    assert errands.find_link(text) == errands.Link(kind, path)


def test_a_text_without_a_link_has_none() -> None:
    assert errands.find_link("C-3 已撤派,无需前往。") is None


def test_only_the_question_for_the_result_is_answered() -> None:
    assert errands.asks_if_fixed("3021 积水已处置。修好了吗?http://g.cn/r/AB")
    assert errands.asks_if_fixed("3021 has been handled. Is it fixed? http://g.cn/r/AB")
    assert not errands.asks_if_fixed("已收到您反映的积水,编号3021。进展:http://g.cn/r/AB")


def test_a_form_is_filled_as_a_browser_without_scripts_would() -> None:
    assert errands.buttons(PAGE) == {"accept", "decline"}
    assert errands.fill(PAGE, {"accept"}) == {"version": "3", "do": "accept"}
    assert errands.fill(PAGE, {"done"}) is None


def test_the_place_is_read_from_the_map_link() -> None:
    assert errands.find_place(PAGE) == (30.31234, 120.15678)
    assert errands.find_place("<p>3.50, 7.20</p>") is None


def test_residents_answer_mostly_yes_sometimes_no_and_often_not_at_all() -> None:
    answers = [errands.is_satisfied(seeded(seed)) for seed in range(300)]

    assert answers.count(True) > answers.count(False) > 5
    assert answers.count(None) > 60
