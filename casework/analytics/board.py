"""The board: rows of open cases, and the same cases as points for the map."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from casework.analytics import changes, queue, reasons
from casework.analytics.filters import BoardFilters
from casework.analytics.names import Names
from casework.analytics.queue import Standing
from casework.analytics.views import Board, BoardRow, CrewOnCase, MapPoint, Recommendation, Text, light_of
from casework.domain.assignments import ACTIVE
from casework.domain.cases import CaseStatus
from casework.store import tables

PAGE, MOST = 100, 500
_CASE, _REC = tables.cases.c, tables.recommendations.c
_SENT, _CREW, _ASSET = tables.assignments.c, tables.crews.c, tables.assets.c
WAITS: Mapping[CaseStatus, str] = {
    CaseStatus.COLLECTED: "place",
    CaseStatus.FILED: "dispatch",
    CaseStatus.DISPATCHED: "crew_answer",
    CaseStatus.ACKNOWLEDGED: "crew_departure",
    CaseStatus.EN_ROUTE: "crew_arrival",
    CaseStatus.ON_SCENE: "crew_result",
    CaseStatus.RESOLVED: "verification",
    CaseStatus.VERIFIED: "callback",
}
_SHOWN = {"offered": "notified"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which part of the queue: after the place that a cursor names, and how many rows if more than a page."""

    cursor: str | None = None
    wanted: int = 0


def page(
    connection: sa.Connection, names: Names, filters: BoardFilters, stretch: Stretch, now: datetime
) -> Board:
    """Give a stretch of the queue."""
    narrowed = [case for case in queue.standing(connection, now) if _fits(case, filters, names, now)]
    after = _place(stretch.cursor)
    rest = [case for case in narrowed if after is None or case.place_in_queue > after]
    size = min(max(stretch.wanted, PAGE), MOST)
    shown = rest[:size]
    further = ":".join(map(str, shown[-1].place_in_queue)) if len(rest) > size else None
    return Board(worded(connection, names, shown), len(narrowed), changes.number(now), further)


def rows(connection: sa.Connection, names: Names, case_ids: Sequence[str], now: datetime) -> list[BoardRow]:
    """Give those of the cases that are still in the queue."""
    if not case_ids:
        return []
    return worded(connection, names, queue.standing(connection, now, _CASE.id.in_(list(case_ids))))


def points(
    connection: sa.Connection, names: Names, case_ids: Sequence[str] | None, now: datetime
) -> list[MapPoint]:
    """Give every open case with a place, or those of some cases."""
    wanted = [] if case_ids is None else [_in(_CASE.id, case_ids)]
    return [
        MapPoint(case.id, case.number, title(case.title, names.category(case.category).title), case.priority,
                 case.lat, case.lon, case.clock)
        for case in queue.standing(connection, now, _CASE.lat.is_not(None), *wanted)
        if case.lat is not None and case.lon is not None
    ]  # fmt: skip


def title(kept: str, category: Text, asset: Text | None = None) -> Text:
    """Give a case's title in both languages where it is the name of its category or of its asset."""
    for known in (asset, category):
        if known is not None and kept in known.values():
            return known
    return {"zh": kept, "en": kept}


def _place(cursor: str | None) -> tuple[int, int] | None:
    first, _, second = (cursor or "").partition(":")
    usable = first.isdecimal() and second.removeprefix("-").isdecimal() and len(cursor or "") < 60  # noqa: PLR2004
    return (int(first), int(second)) if usable else None


def _fits(case: Standing, filters: BoardFilters, names: Names, now: datetime) -> bool:
    if filters.priority is not None and case.priority != filters.priority:
        return False
    if filters.category not in {"", case.category} or filters.status not in {"", case.status}:
        return False
    if filters.area and case.area_id not in names.inside(filters.area):
        return False
    if filters.light:
        running = case.clock is not None and not case.clock.paused
        if not running or light_of(case.clock.due_at, case.clock.target_s, now) != filters.light:  # type: ignore[union-attr]  # running says so
            return False
    return not filters.text or filters.text.casefold().strip() in _words(case, names)


def _words(case: Standing, names: Names) -> str:
    texts = (*names.category(case.category).title.values(), *names.area(case.area_id).values())
    return " ".join((str(case.number), case.title, case.address or "", *texts)).casefold()


def worded(connection: sa.Connection, names: Names, cases: Sequence[Standing]) -> list[BoardRow]:
    """Word cases as rows, in the order given."""
    if not cases:
        return []
    chosen = [case.id for case in cases]
    details = {row.id: row for row in _details(connection, chosen)}
    sent = {row.case_id: row for row in _sent(connection, chosen)}
    advice = {row.case_id: row for row in _advice(connection, chosen)}
    return [
        _row(names, case, details[case.id], sent.get(case.id), advice.get(case.id))
        for case in cases
        if case.id in details
    ]


def _in(column: sa.Column[Any], values: Iterable[str]) -> sa.ColumnElement[bool]:
    return column.in_(list(values))


def _details(connection: sa.Connection, case_ids: Sequence[str]) -> Iterable[Any]:
    query = sa.select(
        _CASE.id, _CASE.opened_at, _CASE.reporters, _CASE.version, _CASE.mode,
        _ASSET.name_zh.label("asset_zh"), _ASSET.name_en.label("asset_en"),
    ).outerjoin(tables.assets, _ASSET.id == _CASE.subject)  # fmt: skip
    return connection.execute(query.where(_in(_CASE.id, case_ids)))


def _sent(connection: sa.Connection, case_ids: Sequence[str]) -> Iterable[Any]:
    """Find the crew that a case is with, or that handled it last."""
    query = sa.select(
        _SENT.case_id, _SENT.crew_id, _SENT.state, _SENT.offered_at, _SENT.acknowledged_at, _SENT.en_route_at,
        _SENT.on_scene_at, _SENT.ended_at,
    ).join(tables.cases, _CASE.assignment_id == _SENT.id)  # fmt: skip
    return connection.execute(query.where(_in(_CASE.id, case_ids)))


def _advice(connection: sa.Connection, case_ids: Sequence[str]) -> Iterable[Any]:
    return connection.execute(sa.select(tables.recommendations).where(_in(_REC.case_id, case_ids)))


def _row(names: Names, case: Standing, detail: Any, sent: Any, advice: Any) -> BoardRow:  # noqa: ANN401  (rows of SQLAlchemy)
    category = names.category(case.category)
    asset = {"zh": detail.asset_zh, "en": detail.asset_en} if detail.asset_zh else None
    place: Text = {"zh": case.address or "", "en": case.address or ""}
    if asset and case.address in asset.values():
        place = asset
    waiting = case.status is CaseStatus.FILED
    return BoardRow(
        id=case.id,
        number=case.number,
        title=title(case.title, category.title, asset),
        category=category,
        priority=case.priority,
        status=case.status.value,
        place=place,
        area=names.area(case.area_id),
        lat=case.lat,
        lon=case.lon,
        opened_at=detail.opened_at,
        reporters=detail.reporters,
        version=detail.version,
        waiting_for=WAITS.get(case.status),
        clock=case.clock,
        crew=None if sent is None or waiting else _crew(names, sent),
        recommended=recommended(names, advice) if waiting and advice is not None else None,
    )


def _crew(names: Names, sent: Any) -> CrewOnCase:  # noqa: ANN401  (a row of SQLAlchemy)
    crew = names.crew(sent.crew_id)
    since = sent.ended_at or sent.on_scene_at or sent.en_route_at or sent.acknowledged_at or sent.offered_at
    status = _SHOWN.get(sent.state, sent.state.value) if sent.state in ACTIVE else "cleared"
    return CrewOnCase(crew.code, crew.name, status, since)


def recommended(names: Names, advice: Any) -> Recommendation:  # noqa: ANN401  (a row of SQLAlchemy)
    """Word what the last decision says of a waiting case."""
    if advice.crew_id is None:
        why = reasons.nobody(advice.reason, advice.explanation.get("counts") or {})
        return Recommendation(None, None, None, why)
    crew = names.crew(advice.crew_id)
    return Recommendation(crew.code, crew.name, advice.eta_s, reasons.chosen(advice.explanation, names))
