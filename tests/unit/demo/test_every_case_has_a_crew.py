"""In the demo city every category of the shipped packs can be handled by somebody, at any hour."""

from datetime import time
from pathlib import Path

import pytest

import rules
from casework.demo import city

PACKS = rules.load_packs([Path(__file__).parents[3] / "scenarios"])


@pytest.mark.parametrize("category", PACKS.categories.values(), ids=lambda category: category.code)
@pytest.mark.parametrize("shift", city.SHIFTS, ids=lambda shift: shift.code)
def test_some_crew_on_duty_has_the_capabilities(category, shift):
    able = [
        crew
        for crew in city.demo_city().crews
        if category.capabilities <= crew.capabilities and shift.code in crew.shifts
    ]

    assert able, f"nobody of the {shift.code} shift can handle {category.code}"


def test_the_shifts_cover_the_day_without_a_gap():
    ends = {shift.ends for shift in city.SHIFTS}

    assert {shift.begins for shift in city.SHIFTS} == ends
    assert time(6) in ends
