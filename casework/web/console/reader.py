# ruff: noqa: D102  (the Protocol says what these methods are for)
"""What the pages read, from the running house's database."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from casework.analytics import (
    alarms,
    board,
    case_page,
    changes,
    crew_list,
    inbox,
    messages,
    names,
    outlets,
    outlines,
    photos,
    rule_counts,
    views,
)
from casework.analytics.filters import BoardFilters
from casework.domain.people import Permission
from casework.services import telling
from casework.services.runtime import Runtime
from casework.web.console.queries import GeoJson, Viewer
from notifications import previews

NAMES_LAST = timedelta(seconds=20)
_CLOSING = frozenset({"close", "void", "merge", "verify", "reopen"})


class HouseQueries:
    """Answers `Queries` by the read models; names of areas and crews are kept for a moment."""

    def __init__(self, runtime: Callable[[], Runtime]) -> None:
        self._runtime = runtime
        self._guard = threading.Lock()
        self._names: tuple[datetime, names.Names] | None = None
        self._areas: GeoJson | None = None

    def board(
        self, viewer: Viewer, filters: BoardFilters, cursor: str | None, wanted: int = 0
    ) -> views.Board:
        del viewer
        now, known = self._now(), self._named()
        with self._runtime().reading() as connection:
            return board.page(connection, known, filters, board.Stretch(cursor, wanted), now)

    def rows(self, viewer: Viewer, case_ids: Sequence[str]) -> Sequence[views.BoardRow]:
        del viewer
        known = self._named()
        with self._runtime().reading() as connection:
            return board.rows(connection, known, case_ids, self._now())

    def points(self, viewer: Viewer, case_ids: Sequence[str] | None = None) -> Sequence[views.MapPoint]:
        del viewer
        known = self._named()
        with self._runtime().reading() as connection:
            return board.points(connection, known, case_ids, self._now())

    def case(self, viewer: Viewer, case_id: str) -> views.CasePage | None:
        known = self._named()
        with self._runtime().reading() as connection:
            page = case_page.read(connection, known, case_id, self._now())
        return page and _allowed(page, viewer)

    def photos(self, viewer: Viewer, case_id: str) -> Sequence[views.CasePhoto]:
        del viewer
        with self._runtime().reading() as connection:
            return photos.of_case(connection, case_id)

    def case_id_by_number(self, viewer: Viewer, number: int) -> str | None:
        del viewer
        with self._runtime().reading() as connection:
            return case_page.id_by_number(connection, number)

    def categories(self) -> Sequence[views.CategoryView]:
        known = self._named()
        return [known.category(code) for code in known.categories]

    def streets(self) -> Sequence[views.AreaOption]:
        return self._named().streets()

    def crews(self, viewer: Viewer, codes: Sequence[str] | None = None) -> Sequence[views.CrewRow]:
        del viewer
        known = self._named()
        with self._runtime().reading() as connection:
            return crew_list.read(connection, known, self._now(), codes)

    def alarms(self, viewer: Viewer) -> Sequence[views.AlarmLine]:
        del viewer
        with self._runtime().reading() as connection:
            return alarms.read(connection, self._rule_titles())

    def events(
        self, viewer: Viewer, which: inbox.EventFilter, cursor: str | None
    ) -> views.Page[views.EventRow]:
        del viewer
        with self._runtime().reading() as connection:
            return inbox.events(connection, which, cursor)

    def event_types(self, viewer: Viewer) -> Sequence[str]:
        del viewer
        with self._runtime().reading() as connection:
            return inbox.types(connection)

    def intake_counts(self, viewer: Viewer) -> views.IntakeCounts:
        del viewer
        with self._runtime().reading() as connection:
            return inbox.counts(connection)

    def rule_counts(self, viewer: Viewer) -> views.RuleCounts:
        del viewer
        with self._runtime().reading() as connection:
            return rule_counts.read(connection, self._runtime().house().catalogue.rules)

    def event(self, viewer: Viewer, seq: int) -> views.EventPage | None:
        del viewer
        with self._runtime().reading() as connection:
            return inbox.event(connection, seq, self._rule_titles())

    def quarantine(self, viewer: Viewer, cursor: str | None) -> views.Page[views.QuarantineRow]:
        del viewer
        with self._runtime().reading() as connection:
            return inbox.quarantine(connection, cursor)

    def quarantined(self, viewer: Viewer, quarantine_id: str) -> views.QuarantineRow | None:
        del viewer
        with self._runtime().reading() as connection:
            return inbox.quarantined(connection, quarantine_id)

    def messages(self, viewer: Viewer, cursor: str | None) -> views.Page[views.MessageRow]:
        del viewer
        with self._runtime().reading() as connection:
            return messages.read(connection, cursor)

    def outlets(self, viewer: Viewer) -> views.OutletsPage:
        del viewer
        runtime, now = self._runtime(), self._now()
        local = now.astimezone(runtime.settings.timezone)
        since = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        with runtime.reading() as connection:
            standings = outlets.standings(connection, now)
            costs = outlets.costs(connection, since)
        shown = list(previews.of_all(telling.texts_to_show(runtime.house())))
        return views.OutletsPage(since=since, standings=standings, costs=costs, previews=shown)

    def changes_since(self, n: int) -> views.Changes:
        with self._runtime().reading() as connection:
            return changes.since(connection, n, self._now())

    def areas(self) -> GeoJson:
        if self._areas is None:
            with self._runtime().reading() as connection:
                self._areas = outlines.read(connection)
        return self._areas

    def _rule_titles(self) -> dict[str, views.Text]:
        return {rule.id: rule.title for rule in self._runtime().house().catalogue.rules}

    def _now(self) -> datetime:
        return self._runtime().clock()

    def _named(self) -> names.Names:
        now = self._now()
        with self._guard:
            if self._names is None or now - self._names[0] >= NAMES_LAST:
                categories = self._runtime().house().catalogue.categories
                with self._runtime().reading() as connection:
                    self._names = (now, names.read(connection, categories))
            return self._names[1]


def _allowed(page: views.CasePage, viewer: Viewer) -> views.CasePage:
    """Leave only the actions that the person's role grants."""
    granted = frozenset(
        action
        for action in page.actions
        if (Permission.CLOSE if action in _CLOSING else Permission.DISPATCH) in viewer.permissions
    )
    return page.with_actions(granted)
