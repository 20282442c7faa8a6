"""The shipped packs: every text fits one message, every category can be worked on."""

import pytest

from rules.catalogue import Catalogue
from rules.schema import CLOCKS

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
