"""What the console asks, as a Protocol: the read models behind it may be SQL, a fake, or a replay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from casework.analytics import views
from casework.analytics.filters import BoardFilters

GeoJson = Mapping[str, Any]
"""A FeatureCollection by RFC 7946, WGS-84."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: the signed-in person and what this person may do."""

    user_id: str
    name: str
    role: str
    permissions: frozenset[str]
    sign_in: str = ""


class Queries(Protocol):
    """Everything the pages read. A viewer sees only what this person's scope allows."""

    def board(self, viewer: Viewer, filters: BoardFilters, cursor: str | None) -> views.Board:
        """Give the queue, what will be late first on top."""
        ...

    def rows(self, viewer: Viewer, case_ids: Sequence[str]) -> Sequence[views.BoardRow]:
        """Give those of the cases that are still open and within sight, in any order."""
        ...

    def points(self, viewer: Viewer) -> Sequence[views.MapPoint]:
        """Give every open case with a place, for the map."""
        ...

    def case(self, viewer: Viewer, case_id: str) -> views.CasePage | None:
        """Give one case with all that belongs to it, or None."""
        ...

    def case_id_by_number(self, viewer: Viewer, number: int) -> str | None:
        """Find the case that people call by this number."""
        ...

    def categories(self) -> Sequence[views.CategoryView]:
        """Give the classes of case, for filters."""
        ...

    def streets(self) -> Sequence[views.AreaOption]:
        """Give the areas that the board can be narrowed to."""
        ...

    def crews(self, viewer: Viewer, codes: Sequence[str] | None = None) -> Sequence[views.CrewRow]:
        """Give every crew on shift, or those of some codes."""
        ...

    def alarms(self, viewer: Viewer) -> Sequence[views.AlarmLine]:
        """Give what the house itself must be told of, newest first."""
        ...

    def events(self, viewer: Viewer, cursor: str | None) -> views.Page[views.EventRow]:
        """Give the newest events first."""
        ...

    def event(self, viewer: Viewer, seq: int) -> views.EventPage | None:
        """Give one event with what the rules made of it, or None."""
        ...

    def quarantine(self, viewer: Viewer, cursor: str | None) -> views.Page[views.QuarantineRow]:
        """Give what is in quarantine, newest first."""
        ...

    def quarantined(self, viewer: Viewer, quarantine_id: str) -> views.QuarantineRow | None:
        """Give one event in quarantine, or None."""
        ...

    def messages(self, viewer: Viewer, cursor: str | None) -> views.Page[views.MessageRow]:
        """Give the newest messages first, failed ones within them."""
        ...

    def outlets(self, viewer: Viewer) -> views.OutletsPage:
        """Give the providers' standing, this month's costs and how every text will look."""
        ...

    def changes_since(self, n: int) -> views.Changes:
        """Tell which cases and crews changed after number `n`; ids only, no content."""
        ...

    def areas(self) -> GeoJson:
        """Give the outlines of the areas, properties `code`, `level`, `name_zh`, `name_en`."""
        ...
