"""Triage: judges accepted events by the rules and does what the rules say, with the trace kept for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from casework.clock import Clock
from casework.domain import errors
from casework.domain.cases import Case
from casework.domain.events import Event, EventState, Judgement
from casework.domain.findings import WeakSignal
from casework.domain.people import Role
from casework.domain.places import Asset
from casework.domain.timeline import Scribe
from casework.services import filing, precision, shadowing, telling
from casework.services.filing import Reporting, Signal
from casework.services.house import House
from casework.services.ports import UnitOfWork, UnitsOfWork
from notifications import addresses
from rules import explanation, facts, guess, titles
from rules.catalogue import Action, Do, Rule
from rules.errors import FactRefused
from rules.fields import FactValue

log = structlog.get_logger(__name__)

BATCH = 200
SURE_ENOUGH = 0.4
"""A guessed category counts from here: one keyword of two characters, like 路灯, and nothing against it."""
_REFUSALS = (errors.CaseworkError, FactRefused, LookupError, ValueError, TypeError)


@dataclass(frozen=True, slots=True)
class _Decided:
    """An event with what it is about, what the rules say of it, and the facts they saw."""

    event: Event
    asset: Asset | None
    decision: explanation.Decision
    facts: Mapping[str, FactValue]
    shadows: tuple[shadowing.Seen, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """How many events were judged, and for how many of them something was done."""

    events: int
    touched: int

    def __bool__(self) -> bool:
        return self.events > 0


def judge_waiting(uows: UnitsOfWork, house: House, clock: Clock, *, limit: int = BATCH) -> Judged:
    """Judge the next accepted events, many in one commit.

    If one of them fails the batch is judged one by one, so that the failing event alone is counted and,
    after several tries, set aside where people see it.
    """
    with uows(reading=True) as uow:
        if not uow.events.any_waiting():
            return Judged(0, 0)
    try:
        return _judge_batch(uows, house, clock(), limit)
    except errors.Unavailable:
        raise  # no event's fault
    except _REFUSALS:
        log.exception("triage_batch_failed")
        done = sum(_judge_one(uows, house, clock()) for _ in range(limit))
        return Judged(done, done)


def _judge_batch(uows: UnitsOfWork, house: House, now: datetime, limit: int) -> Judged:
    if house.alone:
        with uows(reading=True) as uow:
            decided = _decide_next(uow, house, limit)
        with uows() as uow:
            return _keep(uow, house, decided, now)
    with uows() as uow:
        return _keep(uow, house, _decide_next(uow, house, limit), now)


def _judge_one(uows: UnitsOfWork, house: House, now: datetime) -> int:
    with uows(reading=True) as uow:
        events = uow.events.take(1)
    if not events:
        return 0
    try:
        with uows() as uow:
            _keep(uow, house, _decide_all(uow, house, events), now)
    except errors.Unavailable:
        raise
    except _REFUSALS as error:
        log.exception("triage_event_failed", source=events[0].source, event_id=events[0].event_id)
        with uows() as uow:
            uow.events.fail(events[0], f"{type(error).__name__}: {error}"[:500], now)
            uow.commit()
    return 1


def judge_now(source: str, event_id: str, *, uows: UnitsOfWork, house: House, clock: Clock) -> Case | None:
    """Judge one event at once for a caller who waits for its case, unless a worker already holds it."""
    now = clock()
    with uows() as uow:
        event = uow.events.take_one(source, event_id)
        if event is not None and event.state is EventState.NEW:
            _keep(uow, house, _decide_all(uow, house, [event]), now)
    with uows(reading=True) as uow:
        return uow.cases.find_by_event(source, event_id)


def _decide_next(uow: UnitOfWork, house: House, limit: int) -> list[_Decided]:
    return _decide_all(uow, house, uow.events.take(limit))


def _decide_all(uow: UnitOfWork, house: House, events: Sequence[Event]) -> list[_Decided]:
    """Ask the rules; nothing is written yet, and where there is one worker nobody waits meanwhile."""
    assets = _assets(uow, events)
    return [
        _Decided(event, asset, *_decide(house, event, asset))
        for event, asset in ((event, assets.get(event.subject or "")) for event in events)
    ]


def _keep(uow: UnitOfWork, house: House, decided: Sequence[_Decided], now: datetime) -> Judged:
    """Do what the rules said of those events that nobody judged meanwhile, and commit."""
    if not decided:
        return Judged(0, 0)
    new = uow.events.still_new([judged.event.seq for judged in decided])
    fresh = [judged for judged in decided if judged.event.seq in new]
    if any(judged.decision.actions for judged in fresh):
        uow.events.hold_openings()
    uow.events.judge([_carry_out(uow, house, judged, now) for judged in fresh])
    shadowing.count(uow, ((one.event.seq, seen) for one in fresh for seen in one.shadows), now)
    uow.commit()
    touched = sum(
        any(action.do is not Do.DISMISS for _, action in judged.decision.actions) for judged in fresh
    )
    return Judged(len(decided), touched)


def _assets(uow: UnitOfWork, events: Sequence[Event]) -> Mapping[str, Asset]:
    """Look up what events are about: the asset itself, or the one that the named device senses."""
    named = uow.registers.assets({event.subject for event in events if event.subject})
    sensed = uow.registers.assets({asset.senses for asset in named.values() if asset.senses})
    return {name: sensed.get(asset.senses or "", asset) for name, asset in named.items()}


def _decide(
    house: House, event: Event, asset: Asset | None
) -> tuple[explanation.Decision, Mapping[str, FactValue], tuple[shadowing.Seen, ...]]:
    looked_up: dict[str, object] = {}
    if asset is not None:
        looked_up["asset"] = {
            **asset.attributes,
            "id": asset.id,
            "kind": asset.kind,
            "name": asset.name_zh,
            "area": asset.area_id,
        }
    place = _place(event.data, None)
    area = house.locate(*place) if place else (asset.area_id if asset else None)
    if area is not None:
        looked_up["area"] = {"id": area}
    envelope = {"type": event.type, "source": event.source, "subject": event.subject, "data": event.data}
    known = house.catalogue.fields.get(event.type)
    seen = facts.project(envelope, looked_up, known)
    guessed = _guess(house, event)
    catalogue, matcher = house.judging(area)
    decision = explanation.decide(matcher, catalogue, event.type, seen | guessed)
    shadows = shadowing.observe(house, event.type, seen | guessed, area, decision.matched)
    trace = {**decision.trace, "guessed": guessed} if guessed else decision.trace
    return replace(decision, trace=trace), seen, shadows


def _guess(house: House, event: Event) -> dict[str, FactValue]:
    """Guess the category of a report that names none; what to do with a doubtful one is up to the rules."""
    if event.type != "report" or event.data.get("category"):
        return {}
    guesses = guess.guess_category(str(event.data.get("text", "")), house.catalogue.categories)
    return {"category": guesses[0][0]} if guesses and guesses[0][1] >= SURE_ENOUGH else {}


def _carry_out(uow: UnitOfWork, house: House, judged: _Decided, now: datetime) -> Judgement:
    case: Case | None = None
    done: list[dict[str, Any]] = []
    # Cases first, whatever the order of the rules: a notice about one wants it to be there.
    for rule, action in sorted(judged.decision.actions, key=lambda pair: pair[1].do is Do.NOTIFY):
        if action.do in {Do.OPEN_CASE, Do.EXTEND_CASE}:
            signal = _signal(house, judged, rule, action)
            alone = _stands_alone(uow, house, judged.event, signal, now)
            found = filing.open_or_join(uow, house, replace(signal, may_open=not alone), now)
            case = found or case
            held = {"held": "weak_device"} if alone and signal.may_open and found is None else {}
            done.append({"do": action.do.value, "rule": rule.id, "case": case.id if case else None, **held})
        elif action.do is Do.NOTIFY:
            told = _notify(uow, house, judged.event, rule, action, case, now)
            done.append({"do": "notify", "rule": rule.id, "told": told})
        else:
            done.append({"do": "dismiss", "rule": rule.id, "reason": dict(action.reason or {})})
    return Judgement(
        event_seq=judged.event.seq,
        at=now,
        outcome=_outcome(done, case),
        case_id=case.id if case else None,
        trace={**judged.decision.trace, "done": done},
    )


def _stands_alone(uow: UnitOfWork, house: House, event: Event, signal: Signal, now: datetime) -> bool:
    """Tell whether a signal may open no case: it may not anyway, or a weak device alone says so."""
    if not signal.may_open or event.subject is None:
        return not signal.may_open
    if (event.source, event.subject) not in house.weak_devices:
        return False
    said = WeakSignal(
        event_seq=event.seq,
        category=signal.category,
        subject=signal.subject if signal.subject != event.subject else None,
        lat=signal.lat,
        lon=signal.lon,
        source=event.source,
        device=event.subject,
        at=now,
    )
    category = house.catalogue.categories.get(signal.category)
    return category is None or not precision.seconded(uow, said, category)


def _outcome(done: Sequence[Mapping[str, Any]], case: Case | None) -> str:
    if case is not None:
        return "case"
    if not done:
        return "unmatched"
    kinds = {step["do"] for step in done}
    return "dismissed" if kinds == {"dismiss"} else "noted"


def _notify(
    uow: UnitOfWork,
    house: House,
    event: Event,
    rule: Rule,
    action: Action,
    case: Case | None,
    now: datetime,
) -> list[str]:
    role = Role(action.role or Role.DISPATCHER)
    if case is None:
        uow.alarms.raise_(
            "rule_notice", rule.id, now, {"role": role, "message": action.message, "event": event.name}
        )
        return []
    scribe = Scribe(case.id, now, "system", event.name)
    return telling.tell_role(uow, house, case, role, str(action.message), scribe=scribe, minutes=1)


def _place(data: Mapping[str, Any], asset: Asset | None) -> tuple[float, float] | None:
    lat, lon = data.get("lat"), data.get("lon")
    if isinstance(lat, int | float) and isinstance(lon, int | float):
        return float(lat), float(lon)
    return (asset.lat, asset.lon) if asset is not None else None


def _signal(house: House, judged: _Decided, rule: Rule, action: Action) -> Signal:
    event = judged.event
    # What says where it is moves about: a vehicle's damages are many things at many places, none of them it.
    asset = judged.asset if _place(event.data, None) is None else None
    place = _place(event.data, asset)
    title = titles.fill(action.title, judged.facts).get(house.language) if action.title else None
    return Signal(
        category=str(action.category),
        actor=f"rule:{rule.id}",
        cause=event.name,
        title=title or (asset.name_zh if asset else None),
        priority=action.priority,
        lat=place[0] if place else None,
        lon=place[1] if place else None,
        address=_text(event.data.get("address"), 500) or (asset.name_zh if asset else None),
        subject=_grouping_key(event, asset, action),
        event_seq=event.seq,
        rule_id=rule.id,
        rule_version=rule.version,
        radius_m=action.group_radius_m,
        within=timedelta(seconds=action.group_within_s) if action.group_within_s else None,
        may_open=action.do is Do.OPEN_CASE,
        reporting=_reporting(house, event) if event.type == "report" else None,
    )


def _grouping_key(event: Event, asset: Asset | None, action: Action) -> str | None:
    if not action.group_by:
        return asset.id if asset is not None else None
    values = [
        asset.id
        if field == "asset.id" and asset
        else event.subject
        if field == "subject"
        else event.data.get(field)
        for field in action.group_by
    ]
    return (
        "|".join(str(value) for value in values)[:256] if all(value is not None for value in values) else None
    )


def _reporting(house: House, event: Event) -> Reporting:
    reporter = event.data.get("reporter")
    told = reporter if isinstance(reporter, Mapping) else {}
    channel, address = _answer_to(told)
    language = told.get("language")
    return Reporting(
        text=str(event.data.get("text", ""))[:10_000],
        channel=channel,
        address=address,
        language=language if language in {"zh", "en"} else house.language,
        name=_text(told.get("name"), 100),
        media=tuple(str(url)[:2000] for url in event.data.get("media") or ())[:10],
    )


def _answer_to(reporter: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Say where a reporter is answered: the chat that was written in, else a text to the number."""
    channel = str(reporter.get("channel") or "")
    if channel.startswith("chat:") and reporter.get("address"):
        return channel[:32], str(reporter["address"])[:200]
    phone = reporter.get("phone")
    if not phone:
        return None, None
    try:
        return telling.SMS, addresses.normalise(str(phone))
    except addresses.UnusableNumber:
        return None, None  # the number stays with the event; the report is taken all the same


def _text(value: object, length: int) -> str | None:
    return value[:length] if isinstance(value, str) and value.strip() else None
