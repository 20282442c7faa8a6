"""How often rules led to something: cases of all time, and the newest judgements one by one."""

from collections import Counter
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from casework.analytics.views import RuleCount, RuleCounts
from casework.domain.cases import ENDED
from casework.store import tables
from rules.catalogue import Rule

RECENT = 500
_CASE, _J = tables.cases.c, tables.judgements.c


def read(connection: sa.Connection, rules: Sequence[Rule]) -> RuleCounts:
    """Count for each rule in force, and for each that opened a case and is in force no longer."""
    open_now = sa.func.sum(sa.case((_CASE.status.not_in(sorted(ENDED)), 1), else_=0))
    query = sa.select(
        _CASE.rule_id,
        sa.func.count().label("n"),
        open_now.label("open"),
        sa.func.max(_CASE.opened_at).label("last"),
    )
    opened = {
        row.rule_id: row
        for row in connection.execute(query.where(_CASE.rule_id.is_not(None)).group_by(_CASE.rule_id))
    }
    held, asked, total = _recent(connection)
    known = {rule.id: rule for rule in rules}
    lines = [
        _line(known.get(name), name, opened.get(name), held[name], held[name] + asked[name])
        for name in [*known, *sorted(opened.keys() - known)]
    ]
    return RuleCounts(sorted(lines, key=lambda line: (-line.cases, line.id)), total)


def cases_by_rule(connection: sa.Connection) -> Mapping[str, int]:
    """Count the cases that each rule opened."""
    query = (
        sa.select(_CASE.rule_id, sa.func.count()).where(_CASE.rule_id.is_not(None)).group_by(_CASE.rule_id)
    )
    return {str(row[0]): row[1] for row in connection.execute(query)}


def _recent(connection: sa.Connection) -> tuple[Counter[str], Counter[str], int]:
    """Count in the newest traces which rules held and which were asked in vain."""
    held: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    traces = (
        connection.execute(sa.select(_J.trace).order_by(_J.event_seq.desc()).limit(RECENT)).scalars().all()
    )
    for trace in traces:
        held.update(str(rule["rule"]) for rule in trace.get("matched") or ())
        asked.update(str(rule["rule"]) for rule in trace.get("unmatched") or ())
    return held, asked, len(traces)


def _line(
    rule: Rule | None, name: str, opened: sa.Row[tuple[object, ...]] | None, held: int, asked: int
) -> RuleCount:
    return RuleCount(
        id=name,
        title=rule.title if rule else {"zh": name, "en": name},
        pack=rule.pack if rule else "",
        event=rule.event if rule else "",
        in_force=rule is not None,
        cases=opened.n if opened else 0,
        open=opened.open if opened else 0,
        last_at=opened.last if opened else None,
        held=held,
        asked=asked,
    )
