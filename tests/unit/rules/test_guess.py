"""What residents write is guessed from keywords, in Chinese and English."""

import pytest

from rules.catalogue import Catalogue
from rules.guess import guess_category


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("小区门口的井盖不见了,晚上很危险", "manhole_cover"),
        ("下雨后路口积水严重,下水道堵了", "drainage"),
        ("工地半夜施工噪音扰民,孩子睡不着", "noise"),
        ("楼下垃圾堆了三天没人清理,恶臭", "rubbish"),
        ("这条街路灯不亮,一片漆黑", "street_light"),
        ("私家车乱停,消防通道被堵", "fire_lane"),
        ("菜场门口小贩摆摊占道经营", "street_vending"),
        ("人行道地砖坏了,路面塌陷", "road_damage"),
        ("There is a huge POTHOLE in our road", "road_damage"),
        ("Loud music every night, I cannot sleep", "noise"),
    ],
)
def test_a_message_is_guessed_to_be_about(catalogue: Catalogue, text: str, code: str) -> None:
    guesses = guess_category(text, catalogue.categories)

    assert guesses[0][0] == code
    assert 0 < guesses[0][1] < 1


def test_a_message_about_nothing_known_gives_no_guess(catalogue: Catalogue) -> None:
    assert guess_category("想咨询一下社保卡怎么办理", catalogue.categories) == ()


def test_a_keyword_inside_another_counts_once(catalogue: Catalogue) -> None:
    longer = guess_category("占用消防通道", catalogue.categories)
    shorter = guess_category("消防通道", catalogue.categories)

    assert longer[0][1] > shorter[0][1]


def test_an_english_keyword_is_a_whole_word(catalogue: Catalogue) -> None:
    assert guess_category("I was drained by the installation", catalogue.categories) == ()
