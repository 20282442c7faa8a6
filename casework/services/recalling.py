"""Letting the windows of rules hear of events, in the transaction that judges them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from casework.domain.events import Event
from casework.domain.windows import WindowRow
from casework.services.ports import UnitOfWork
from rules import remembering, watching
from rules.catalogue import Catalogue, Question, Rule
from rules.fields import FactValue
from rules.remembering import State
from rules.watching import KEYS, Stamp, Told

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIDY = 5_000


@dataclass(frozen=True, slots=True)
class Heard:
    """What the windows say: of each event that came now, and of earlier ones that are decided only now."""

    own: Mapping[int, Sequence[Told]]
    belated: Sequence[Told]


def happened_at(event: Event) -> datetime:
    """Answer when an event happened: by its own time, unless that is to come."""
    return event.received_at if event.time is None else min(event.time, event.received_at)


def hear(
    uow: UnitOfWork,
    events: Sequence[tuple[Event, Sequence[Question], Mapping[str, FactValue]]],
    now: datetime,
) -> Heard:
    """Let the windows hear of events in their order and keep what they remember; the caller commits.

    The lane must be held (`uow.windows.hold_lane`).
    """
    heard = [(event, watching.asked(questions, facts, _stamp(event))) for event, questions, facts in events]
    names = [one.name for _, asked in heard for one in asked if not one.lacking]
    if not any(asked for _, asked in heard):
        return Heard({}, ())
    states = uow.windows.states(names)
    own: dict[int, list[Told]] = {}
    belated: list[Told] = []
    changed: dict[str, tuple[Rule, int]] = {}
    for event, asked in heard:
        told, touched = watching.judge(asked, states)
        changed.update(touched)
        for one in told:
            (own.setdefault(event.seq, []) if one.outcome.seq == event.seq else belated).append(one)
    uow.windows.put([_row(rule, name, states[name], last, now) for name, (rule, last) in changed.items()])
    return Heard(own, belated)


def pass_time(uow: UnitOfWork, catalogue: Catalogue, rows: Iterable[WindowRow], now: datetime) -> list[Told]:
    """Let time go on for windows to which it is due; the caller commits and does what they say.

    What a rule remembers that is asked no more, because it was changed or removed, is forgotten.
    """
    told: list[Told] = []
    kept: list[WindowRow] = []
    gone: list[str] = []
    for row in rows:
        rule = catalogue.watching.get(row.memory)
        if rule is None:
            gone.append(row.name)
            continue
        state: State = dict(row.state)
        told += watching.pass_time(rule, row.name, state, remembering.micros(now))
        kept.append(_row(rule, row.name, state, remembering.micros(row.changed_at), now))
    uow.windows.put(kept)
    if gone:
        uow.windows.drop(gone)
    return told


def tidy(uow: UnitOfWork, catalogue: Catalogue, now: datetime) -> int:
    """Forget what matters no more, and the quietest keys of a rule that has too many, which is said aloud."""
    dropped = uow.windows.drop_old(now, _TIDY)
    uow.conduct.drop_old(now - timedelta(days=1))
    in_force = {f"{rule.pack}/{rule.id}": rule.version for rule in catalogue.rules}
    for name, pause in uow.conduct.paused().items():
        if in_force.get(name) != pause.version:  # a later version begins anew
            uow.conduct.resume(name)
            uow.alarms.end("rule_paused", name, now)
    for memory, number in uow.windows.crowded(KEYS).items():
        rule = catalogue.watching.get(memory)
        evicted = uow.windows.evict(memory, number - KEYS)
        dropped += evicted
        name = memory if rule is None else f"{rule.pack}/{rule.id}"
        uow.alarms.raise_("windows_evicted", name, now, {"evicted": evicted, "most": KEYS})
    return dropped


def _row(rule: Rule, name: str, state: State, arrived: int, now: datetime) -> WindowRow:
    keep = watching.keep(rule, state)
    due = watching.due(rule, state)
    return WindowRow(
        name=name,
        memory=rule.memory,
        state=state,
        due_at=None if due is None else instant(due),
        keep_until=max(now, instant(arrived)) + timedelta(microseconds=keep),
        changed_at=instant(arrived),
    )


def _stamp(event: Event) -> Stamp:
    ref = f"{event.source}/{event.event_id}"
    return Stamp(
        remembering.micros(happened_at(event)), remembering.micros(event.received_at), ref, event.seq
    )


def instant(micros: int) -> datetime:
    """Answer the aware instant of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=micros)
