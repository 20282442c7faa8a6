"""What the console asks, as a Protocol: the read models behind it may be SQL, a fake, or a replay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from casework.analytics import views
from casework.analytics.filters import BoardFilters
from casework.analytics.inbox import EventFilter

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

    def board(
        self, viewer: Viewer, filters: BoardFilters, cursor: str | None, wanted: int = 0
    ) -> views.Board:
        """Give a page of the queue, what will be late first on top; a longer page where that is wanted."""
        ...

    def rows(self, viewer: Viewer, case_ids: Sequence[str]) -> Sequence[views.BoardRow]:
        """Give those of the cases that are still open and within sight, in any order."""
        ...

    def points(self, viewer: Viewer, case_ids: Sequence[str] | None = None) -> Sequence[views.MapPoint]:
        """Give every open case with a place, or those of some cases, for the map."""
        ...

    def case(self, viewer: Viewer, case_id: str) -> views.CasePage | None:
        """Give one case with all that belongs to it, or None."""
        ...

    def photos(self, viewer: Viewer, case_id: str) -> Sequence[views.CasePhoto]:
        """Give the photos of a case that the viewer may see, or none."""
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

    def events(self, viewer: Viewer, which: EventFilter, cursor: str | None) -> views.Page[views.EventRow]:
        """Give the newest events first."""
        ...

    def event_types(self, viewer: Viewer) -> Sequence[str]:
        """Give the kinds of the newest events, for a filter."""
        ...

    def intake_counts(self, viewer: Viewer) -> views.IntakeCounts:
        """Count the events that a person should look at."""
        ...

    def rule_counts(self, viewer: Viewer) -> views.RuleCounts:
        """Give what each rule led to."""
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
