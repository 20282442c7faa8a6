"""What came in, what became of it, and what failed its checks."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from casework.analytics import traces
from casework.analytics.views import EventPage, EventRow, IntakeCounts, Page, QuarantineRow, Text
from casework.domain.events import EventState, QuarantineState
from casework.store import tables

PAGE, KINDS_OF = 100, 5_000
_EV, _J, _Q, _CASE = tables.events.c, tables.judgements.c, tables.quarantine.c, tables.cases.c
OUTCOMES: Mapping[str, Text] = {
    "case": {"zh": "立案或并入", "en": "became or joined a case"},
    "unmatched": {"zh": "没有规则匹配", "en": "no rule matched"},
    "dismissed": {"zh": "规则不予立案", "en": "dismissed by a rule"},
    "noted": {"zh": "已记录或通知", "en": "noted"},
    "held_back": {"zh": "规则暂不处置", "en": "held back by its rule"},
    "failed": {"zh": "判定失败", "en": "could not be judged"},
}


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events; what is empty narrows nothing. `rule` is the one that opened the event's case."""

    outcome: str = ""
    type: str = ""
    source: str = ""
    rule: str = ""

    def as_query(self) -> dict[str, str]:
        """Give the parts of an address that ask for the same."""
        return {name: value for name, value in asdict(self).items() if value}


def events(connection: sa.Connection, which: EventFilter, cursor: str | None) -> Page[EventRow]:
    """Give the newest events first; the cursor is the number of the last one seen."""
    query = _events().order_by(_EV.seq.desc())
    for column, wanted in (
        (_J.outcome, which.outcome),
        (_EV.type, which.type),
        (_EV.source, which.source),
        (_CASE.rule_id, which.rule),
    ):
        if wanted:
            query = query.where(column == wanted)
    if cursor and cursor.isdecimal() and len(cursor) < 19:  # noqa: PLR2004  (what a bigint holds)
        query = query.where(_EV.seq < int(cursor))
    found = [_event(row) for row in connection.execute(query.limit(PAGE + 1))]
    return Page(found[:PAGE], str(found[PAGE - 1].seq) if len(found) > PAGE else None)


def counts(connection: sa.Connection) -> IntakeCounts:
    """Count what a person should look at, up to a limit that keeps the question cheap."""
    unmatched, failed, held = (
        connection.execute(
            sa.select(sa.func.count()).select_from(
                sa.select(sa.literal(1)).where(wanted).limit(IntakeCounts.MOST).subquery()
            )
        ).scalar_one()
        for wanted in (_J.outcome == "unmatched", _J.outcome == "failed", _Q.state == QuarantineState.WAITING)
    )
    return IntakeCounts(unmatched, failed, held)


def types(connection: sa.Connection) -> list[str]:
    """List the kinds of the newest events, for a filter."""
    newest = sa.select(_EV.type).order_by(_EV.seq.desc()).limit(KINDS_OF).subquery()
    return sorted(connection.execute(sa.select(newest.c.type).distinct()).scalars())


def event(connection: sa.Connection, seq: int, titles: Mapping[str, Text]) -> EventPage | None:
    """Give one event with what the rules made of it."""
    row = connection.execute(_events().add_columns(_J.trace).where(_EV.seq == seq)).first()
    if row is None:
        return None
    body = json.dumps(json.loads(row.body), ensure_ascii=False, indent=2)
    return EventPage(_event(row), row.subject, row.time, body, row.trace and traces.read(row.trace, titles))


def _events() -> sa.Select[Any]:
    return (
        sa.select(
            _EV.seq, _EV.source, _EV.event_id, _EV.type, _EV.subject, _EV.time, _EV.received_at, _EV.body,
            _EV.state, _J.outcome, _J.case_id, _CASE.number,
        )
        .outerjoin(tables.judgements, _J.event_seq == _EV.seq)
        .outerjoin(tables.cases, _CASE.id == _J.case_id)
    )  # fmt: skip


def _event(row: Any) -> EventRow:  # noqa: ANN401  (a row of SQLAlchemy)
    state = {EventState.NEW: "received", EventState.FAILED: "failed", EventState.HELD: "held"}.get(
        row.state, "decided"
    )
    return EventRow(
        seq=row.seq,
        source=row.source,
        event_id=row.event_id,
        type=row.type,
        received_at=row.received_at,
        summary=summary(row.body, row.subject),
        state="dismissed" if row.outcome == "dismissed" else state,
        decision=OUTCOMES.get(row.outcome),
        case_id=row.case_id,
        case_number=row.number,
    )


def summary(body: str, subject: str | None) -> str:
    """Say in one line what an event tells: its words, or its reading."""
    data = json.loads(body)
    if not isinstance(data, dict):
        return subject or ""
    for name in ("text", "title", "what", "label", "class"):
        if isinstance(data.get(name), str) and data[name].strip():
            return " ".join(data[name].split())[:160]
    if "value" in data:
        return f"{subject or ''} {data.get('quantity', '')} {data['value']} {data.get('unit', '')}".strip()
    plain = [f"{name} {value}" for name, value in data.items() if isinstance(value, str | int | float)]
    return f"{subject or ''} {', '.join(plain[:4])}".strip()[:160]


def quarantine(connection: sa.Connection, cursor: str | None) -> Page[QuarantineRow]:
    """Give what waits in quarantine, newest first; the cursor is the id of the last one seen."""
    waiting = _Q.state == QuarantineState.WAITING
    query = sa.select(tables.quarantine).where(waiting).order_by(_Q.id.desc())
    if cursor:
        query = query.where(_Q.id < cursor[:36])
    found = [_held(row) for row in connection.execute(query.limit(PAGE + 1))]
    total = connection.execute(
        sa.select(sa.func.count()).select_from(tables.quarantine).where(waiting)
    ).scalar_one()
    return Page(found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None, total)


def quarantined(connection: sa.Connection, item_id: str) -> QuarantineRow | None:
    """Give one event in quarantine."""
    row = connection.execute(sa.select(tables.quarantine).where(_Q.id == item_id)).first()
    return None if row is None else _held(row)


def _held(row: Any) -> QuarantineRow:  # noqa: ANN401  (a row of SQLAlchemy)
    named = _envelope(row.body)
    wrong = [
        (field or None, str(said)) for field, sentences in row.errors.items() for said in _each(sentences)
    ]
    return QuarantineRow(
        id=row.id,
        source=row.source,
        received_at=row.received_at,
        event_id=_short(named.get("id")),
        type=_short(named.get("type")),
        errors=wrong or [(None, row.detail)],
        raw=row.body,
        resubmitted_at=row.settled_at,
    )


def _each(sentences: object) -> list[object]:
    return sentences if isinstance(sentences, list) else [sentences]


def _short(value: object) -> str | None:
    return value[:200] if isinstance(value, str) else None


def _envelope(body: str) -> Mapping[str, Any]:
    """Read the outer part of an event that may not even be JSON."""
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}
