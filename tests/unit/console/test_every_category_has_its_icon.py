"""The icons that the shipped packs name are drawn by the console."""

import re
from pathlib import Path

import rules

ROOT = Path(__file__).parents[3]


def test_every_category_of_the_shipped_packs_names_an_icon_that_exists():
    drawn = set(
        re.findall(
            r'symbol id="([a-z_-]+)"', (ROOT / "casework/web/console/static/icons.svg").read_text("utf-8")
        )
    )

    named = {category.icon for category in rules.load_packs([ROOT / "scenarios"]).categories.values()}

    assert named <= drawn
