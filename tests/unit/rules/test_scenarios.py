"""The shipped packs: every text fits one message, every category can be worked on."""

import re
from pathlib import Path

import pytest

from notifications import segments
from rules.catalogue import Catalogue
from rules.packs import load_packs
from rules.schema import CLOCKS

SCENARIOS = Path(__file__).parents[3] / "scenarios"
FIELDS = re.compile(r"\{([^}]+)\}")
LINK = "https://gongzhi.example.gov.cn/a/0123456789abcdef"[:45]
KEYS = {
    "crew_offer",
    "crew_withdrawn",
    "resident_received",
    "resident_dispatched",
    "resident_resolved",
    "resident_reopened",
    "resident_extended",
    "resident_progress",
    "ask_place",
    "unknown_case",
    "escalation_near",
    "escalation_over",
    "nobody_able",
}


def test_every_message_that_the_service_sends_is_there(catalogue: Catalogue) -> None:
    assert catalogue.messages.keys() >= KEYS


def test_the_chinese_crew_offer_fits_one_segment_for_every_category(catalogue: Catalogue) -> None:
    template = catalogue.messages["crew_offer"]["zh"]

    for category in catalogue.categories.values():
        text = template.format(category=category.title["zh"], place="文晖路388号东门", link=LINK)

        assert len(text) <= 70, text


@pytest.mark.parametrize("code", ["drainage", "road_damage", "flooding", "other"])
def test_the_clocks_are_the_promised_ones(catalogue: Catalogue, code: str) -> None:
    assert catalogue.categories[code].targets == CLOCKS


def test_every_chain_climbs_from_dispatcher_to_duty_officer(catalogue: Catalogue) -> None:
    for policy in catalogue.policies.values():
        assert {step.notify for step in policy.steps} == {"dispatcher", "shift_lead", "duty_officer"}


def test_a_hole_seen_twice_within_thirty_metres_and_a_day_is_one_case(catalogue: Catalogue) -> None:
    (seen,) = [rule for rule in catalogue.rules if rule.id == "damage-seen"]

    assert (seen.then[0].group_radius_m, seen.then[0].group_within_s) == (30, 86_400)
    assert seen.then[0].category == "road_damage"


def test_no_two_categories_share_a_keyword(catalogue: Catalogue) -> None:
    owners: dict[str, str] = {}

    for category in catalogue.categories.values():
        for word in category.keywords["zh"] + category.keywords["en"]:
            assert owners.setdefault(word, category.code) == category.code


@pytest.mark.parametrize(
    "folder", [SCENARIOS, SCENARIOS / "other-cities" / "harbour-city"], ids=["district", "harbour"]
)
def test_every_text_fits_two_messages_in_chinese_and_in_english(folder: Path) -> None:
    shown = {
        "code": "K7M2-P9QX",
        "category": "下穿通道积水",
        "place": "文晖路388号东门",
        "link": LINK,
        "crew": "文晖道路养护1队",
        "minutes": "12",
    }

    for key, template in load_packs([folder]).messages.items():
        for language in ("zh", "en"):
            values = (
                shown
                if language == "zh"
                else shown
                | {
                    "category": "Flooded underpass",
                    "place": "388 Wenhui Road, East Gate",
                    "crew": "Wenhui road repair crew 1",
                }
            )
            text = FIELDS.sub(lambda found, words=values: words.get(found[1], "123456"), template[language])

            assert segments.count(text).segments <= 2, (key, language, len(text))


def test_every_category_has_a_response_card_or_a_single_crew(catalogue: Catalogue) -> None:
    for category in catalogue.categories.values():
        for level in category.card:
            assert level.crews >= 1
        if category.card:
            assert category.capabilities <= category.card[0].send.keys()


def test_every_rule_file_says_first_where_its_numbers_come_from() -> None:
    for file in SCENARIOS.rglob("rules/*.yaml"):
        assert file.read_text("utf-8").startswith("# "), file
