"""One case with all that belongs to it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from casework.analytics import board, messages, photos, queue, reasons, wording
from casework.analytics.names import Names
from casework.analytics.views import (
    AssignmentLine,
    CasePage,
    ClockBar,
    LinkedCase,
    Pause,
    ReporterLine,
    Text,
    TimelineEntry,
)
from casework.domain.assignments import ACTIVE, AssignmentState
from casework.domain.cases import ENDED, WITH_CREW, Case, CaseStatus
from casework.domain.clocks import Clock
from casework.domain.reports import Report
from casework.domain.timeline import Entry
from casework.store import tables
from casework.store.rows import Rows
from routing import geo

SIMILAR_M = 300.0
SIMILAR_WITHIN = timedelta(days=7)
SIMILAR_LIMIT = 6
_CASE, _SENT = tables.cases.c, tables.assignments.c


def read(connection: sa.Connection, names: Names, case_id: str, now: datetime) -> CasePage | None:
    """Read a case, ended ones too; None where there is no such case."""
    cases = Rows(connection, tables.cases, Case)
    case = cases.first(cases.select().where(_CASE.id == case_id))
    if case is None:
        return None
    timeline, seqs = _timeline(connection, names, case_id)
    sent = connection.execute(
        sa.select(tables.assignments).where(_SENT.case_id == case_id).order_by(_SENT.offered_at)
    ).all()
    advice = connection.execute(
        sa.select(tables.recommendations).where(tables.recommendations.c.case_id == case_id)
    ).first()
    clocks = Rows(connection, tables.clocks, Clock)
    measured = clocks.many(
        clocks.select().where(tables.clocks.c.case_id == case_id).order_by(tables.clocks.c.id)
    )
    why = _explanation(case, sent, advice)
    reporters = _reporters(connection, case_id)
    return CasePage(
        row=_row(connection, names, case, measured, now),
        public_code=case.public_code,
        description=reporters[0].text if reporters else case.title,
        timeline=timeline,
        clocks=[_bar(clock, seqs, now) for clock in measured],
        candidates=reasons.candidates(why, names),
        reporters=reporters,
        assignments=[_assignment(names, row) for row in sent],
        messages=messages.of_case(connection, case_id),
        similar=_similar(connection, names, case),
        actions=actions(case, able=advice is not None and advice.crew_id is not None),
        disposition=case.disposition.value if case.disposition else None,
        not_listed=reasons.not_listed(why),
        photos=photos.of_case(connection, case_id),
    )


def id_by_number(connection: sa.Connection, number: int) -> str | None:
    """Find the case that people call by this number."""
    found: str | None = connection.execute(sa.select(_CASE.id).where(_CASE.number == number)).scalar()
    return found


def actions(case: Case, *, able: bool) -> frozenset[str]:
    """Name what may be done with a case in its present state, whoever asks."""
    if case.status is CaseStatus.VOIDED:
        return frozenset({"note"})
    if case.status is CaseStatus.CLOSED:
        return frozenset({"note", "reopen"})
    found = {"note", "escalate", "merge", "close", "void", "resume" if case.paused else "pause"}
    if case.status is CaseStatus.COLLECTED:
        found.add("file")
    if case.status is CaseStatus.FILED and case.has_place:
        found |= {"assign", "dispatch"} if able else {"assign"}
    if case.status in WITH_CREW:
        found.add("withdraw")
    if case.status is CaseStatus.RESOLVED:
        found |= {"verify", "reopen"}
    if case.status is CaseStatus.VERIFIED:
        found.add("reopen")
    if case.status in {CaseStatus.RESOLVED, CaseStatus.VERIFIED}:
        found -= {"void"}
    return frozenset(found)


def _row(
    connection: sa.Connection, names: Names, case: Case, measured: Sequence[Clock], now: datetime
) -> Any:  # noqa: ANN401  (a BoardRow)
    running = [(c.kind, c.target_s, c.started_at, c.pauses) for c in measured if c.stopped_at is None]
    standing = queue.Standing(
        case.id, case.number, case.priority, case.category, case.status, case.area_id, case.title,
        case.address, case.lat, case.lon, queue.first_out(running, now),
    )  # fmt: skip
    [row] = board.worded(connection, names, [standing])
    return row if case.status not in ENDED else replace(row, waiting_for=None)


def _timeline(
    connection: sa.Connection, names: Names, case_id: str
) -> tuple[list[TimelineEntry], Mapping[str, int]]:
    entries = Rows(connection, tables.timeline, Entry)
    own = tables.timeline.c
    query = sa.select(own.seq, *(own[name] for name in entries.names))
    lines, seqs = [], {}
    for row in connection.execute(query.where(own.case_id == case_id).order_by(own.seq)):
        entry = Entry(**{name: row._mapping[name] for name in entries.names})  # noqa: SLF001  (SQLAlchemy's public name)
        seqs[str(entry.id)] = row.seq
        said = wording.sentence(entry, names)
        lines.append(
            TimelineEntry(
                row.seq,
                entry.at,
                entry.kind.value,
                wording.actor(entry.actor),
                said,
                wording.cause(entry.cause),
            )
        )
    return lines, seqs


def _bar(clock: Clock, seqs: Mapping[str, int], now: datetime) -> ClockBar:
    pauses = tuple(
        Pause(
            pause.paused_at,
            seqs.get(str(pause.paused_by), 0),
            pause.resumed_at,
            seqs.get(str(pause.resumed_by)) if pause.resumed_by else None,
        )
        for pause in clock.pauses
    )
    return ClockBar(
        kind=clock.kind.value,
        target_s=clock.target_s,
        started_at=clock.started_at,
        started_by=seqs.get(str(clock.started_by), 0),
        due_at=queue.running(clock.kind, clock.target_s, clock.started_at, clock.pauses, now).due_at,
        pauses=pauses,
        stopped_at=clock.stopped_at,
        stopped_by=seqs.get(str(clock.stopped_by)) if clock.stopped_by else None,
    )


def _explanation(case: Case, sent: Sequence[Any], advice: Any) -> Mapping[str, Any] | None:  # noqa: ANN401  (rows)
    """Take the reasons of what is recommended now, else of the crew that was sent last."""
    if case.status is CaseStatus.FILED and advice is not None:
        told: Mapping[str, Any] = advice.explanation
        return told
    return sent[-1].explanation if sent else None


def _reporters(connection: sa.Connection, case_id: str) -> list[ReporterLine]:
    reports = Rows(connection, tables.reports, Report)
    own = tables.reports.c
    return [
        ReporterLine(
            name=report.name or messages.masked(report.channel, report.address),
            channel=report.channel or "none",
            language=report.language,
            at=report.received_at,
            text=report.text,
            answered_at=report.answered_at,
        )
        for report in reports.many(reports.select().where(own.case_id == case_id).order_by(own.id))
    ]


def _assignment(names: Names, row: Any) -> AssignmentLine:  # noqa: ANN401  (a row of SQLAlchemy)
    crew = names.crew(row.crew_id)
    return AssignmentLine(
        crew_code=crew.code,
        crew_name=crew.name,
        status=row.state.value,
        sent_at=row.offered_at,
        acknowledged_at=row.acknowledged_at,
        on_scene_at=row.on_scene_at,
        done_at=row.ended_at,
        clear_reason=_clear_reason(row.state, row.clear_reason),
    )


def _clear_reason(state: AssignmentState, said: str | None) -> Text | None:
    if not said or state in ACTIVE or said in {state.value, "unanswered"}:
        return None
    return wording.text(*wording.pair(wording.DISPOSITIONS, said))


def _similar(connection: sa.Connection, names: Names, case: Case) -> list[LinkedCase]:
    """Find open cases of the same category near by, and the case that this one became part of."""
    near: list[LinkedCase] = []
    if case.lat is not None and case.lon is not None and case.status not in ENDED:
        around = SIMILAR_M / 70_000  # degrees: enough also for longitude at the latitudes of China
        query = sa.select(
            _CASE.id, _CASE.number, _CASE.title, _CASE.category, _CASE.lat, _CASE.lon, _CASE.opened_at
        )
        query = query.where(
            _CASE.category == case.category,
            _CASE.id != case.id,
            _CASE.status.not_in(sorted(ENDED)),
            _CASE.lat.between(case.lat - around, case.lat + around),
            _CASE.lon.between(case.lon - around, case.lon + around),
            _CASE.opened_at >= case.opened_at - SIMILAR_WITHIN,
        )
        near = [_linked(names, case, row) for row in connection.execute(query.limit(100))]
    near = sorted((one for one in near if one.distance_m <= SIMILAR_M), key=lambda one: one.distance_m)
    return near[:SIMILAR_LIMIT]


def _linked(names: Names, case: Case, row: Any) -> LinkedCase:  # noqa: ANN401  (a row of SQLAlchemy)
    metres = geo.distance_m(case.lat or 0.0, case.lon or 0.0, row.lat, row.lon)
    said = board.title(row.title, names.category(row.category).title)
    return LinkedCase(row.id, row.number, said, metres, row.opened_at)
