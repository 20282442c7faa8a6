"""Names for what rows keep as codes: categories, areas, crews."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from casework.analytics.views import AreaOption, CategoryView, Text
from casework.store import tables
from rules.catalogue import Category

NOWHERE: Text = {"zh": "区域待定", "en": "area unknown"}
_A, _C = tables.areas.c, tables.crews.c


@dataclass(frozen=True, slots=True)
class AreaName:
    """A node of the tree of areas without its outline."""

    name: Text
    parent_id: str | None
    level: str


@dataclass(frozen=True, slots=True)
class CrewName:
    """What people call a crew."""

    code: str
    name: Text


@dataclass(frozen=True, slots=True)
class Names:
    """The names in force at one moment; a code that has none keeps standing for itself."""

    categories: Mapping[str, Category]
    areas: Mapping[str, AreaName]
    crews: Mapping[str, CrewName]
    within: dict[str, frozenset[str]] = field(default_factory=dict)

    def category(self, code: str) -> CategoryView:
        """Name a category and its icon."""
        known = self.categories.get(code)
        if known is None:
            return CategoryView(code, {"zh": code, "en": code.replace("_", " ")}, "other")
        return CategoryView(code, known.title, known.icon)

    def area(self, area_id: str | None) -> Text:
        """Name an area."""
        known = self.areas.get(area_id or "")
        return known.name if known else NOWHERE

    def crew(self, crew_id: str) -> CrewName:
        """Name a crew."""
        return self.crews.get(crew_id) or CrewName(crew_id[-6:], {"zh": "未知队伍", "en": "unknown crew"})

    def inside(self, area_id: str) -> Collection[str]:
        """List an area and everything below it in the tree."""
        if area_id not in self.within:
            found = {area_id}
            while below := {key for key, area in self.areas.items() if area.parent_id in found} - found:
                found |= below
            self.within[area_id] = frozenset(found)
        return self.within[area_id]

    def streets(self) -> list[AreaOption]:
        """List the areas that a board is narrowed to: the streets, or all where there are none."""
        streets = {key: area for key, area in self.areas.items() if area.level == "street"}
        return [AreaOption(key, area.name) for key, area in (streets or self.areas).items()]


def read(connection: sa.Connection, categories: Mapping[str, Category]) -> Names:
    """Read the names of areas and crews."""
    areas = connection.execute(
        sa.select(_A.id, _A.parent_id, _A.level, _A.name_zh, _A.name_en).order_by(_A.id)
    )
    crews = connection.execute(sa.select(_C.id, _C.code, _C.name_zh, _C.name_en))
    return Names(
        categories=categories,
        areas={
            row.id: AreaName({"zh": row.name_zh, "en": row.name_en}, row.parent_id, row.level)
            for row in areas
        },
        crews={row.id: CrewName(row.code, {"zh": row.name_zh, "en": row.name_en}) for row in crews},
    )
