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
from casework.services import acting, filing, precision, recalling, shadowing, subjects, telling
from casework.services.acting import Occasion, Restraints
from casework.services.filing import Reporting, Signal
from casework.services.house import House
from casework.services.ports import UnitOfWork, UnitsOfWork
from notifications import addresses
from rules import explanation, facts, guess, titles, undecided
from rules.catalogue import Action, Do, Rule
from rules.errors import FactRefused
from rules.fields import FactValue, History
from rules.watching import Told

log = structlog.get_logger(__name__)

BATCH = 200
_TRY_AGAIN = timedelta(seconds=30)
_REFUSALS = (errors.CaseworkError, FactRefused, LookupError, ValueError, TypeError)


@dataclass(frozen=True, slots=True)
class _Decided:
    """An event with what it is about, what the rules say of it, and the facts they saw."""

    event: Event
    asset: Asset | None
    decision: explanation.Decision
    facts: Mapping[str, FactValue]
    shadows: tuple[shadowing.Seen, ...]

    def occasion(self, at: datetime | None = None) -> Occasion:
        """Answer what rules act on; an absence is clear only later, `at` the end of its time."""
        return Occasion(self.event, self.asset, self.facts, at or recalling.happened_at(self.event))


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
    event: Event | None = None
    try:
        with uows() as uow:
            for taken in uow.events.take(1, without=_others_lane(uow, house)):
                event = taken
                _keep(uow, house, _decide_all(uow, house, [taken]), now)
    except errors.Unavailable:
        raise
    except _REFUSALS as error:
        if event is None:
            raise
        log.exception("triage_event_failed", source=event.source, event_id=event.event_id)
        with uows() as uow:
            uow.events.fail(event, f"{type(error).__name__}: {error}"[:500], now)
            uow.commit()
    return int(event is not None)


def pass_time(uows: UnitsOfWork, house: House, clock: Clock, *, limit: int = BATCH) -> int:
    """Do what time alone decides: absences that are over, and late events that are waited for no longer.

    Nothing is decided for a time from which an event still waits to be judged: it might be what is awaited.
    """
    now = clock()
    with uows(reading=True) as uow:
        if not uow.windows.any_due(now):
            return 0
    try:
        return _pass_time(uows, house, now, limit)
    except errors.Unavailable:
        raise
    except _REFUSALS:
        log.exception("window_batch_failed")
        return sum(_pass_time_of_one(uows, house, now) for _ in range(limit))


def _pass_time(uows: UnitsOfWork, house: House, now: datetime, limit: int) -> int:
    with uows() as uow:
        uow.windows.hold_lane(wait=True)  # a full inbox would keep the lane taken whenever one looks
        waiting = uow.events.oldest_waiting(house.catalogue.windowed_events)
        until = now if waiting is None else min(now, waiting - timedelta(microseconds=1))
        rows = uow.windows.due(until, limit)
        if not rows:
            return 0
        _settle_belated(uow, house, recalling.pass_time(uow, house.catalogue, rows, until), now)
        uow.commit()
    return len(rows)


def _pass_time_of_one(uows: UnitsOfWork, house: House, now: datetime) -> int:
    try:
        return _pass_time(uows, house, now, 1)
    except errors.Unavailable:
        raise
    except _REFUSALS as error:
        log.exception("window_failed")
        with uows() as uow:
            for row in uow.windows.due(now, 1):
                uow.windows.postpone(row.name, now + _TRY_AGAIN)
                uow.alarms.raise_("sweep_failed", row.name[:500], now, {"error": str(error)[:500]})
            uow.commit()
    return 1


def judge_now(source: str, event_id: str, *, uows: UnitsOfWork, house: House, clock: Clock) -> Case | None:
    """Judge one event at once for a caller who waits for its case, unless a worker already holds it.

    Where windows hear of its type, what came before it is judged first: their order matters.
    """
    now = clock()
    with uows() as uow:
        waiting = uow.events.find(source, event_id)
        if waiting is not None and waiting.type in house.catalogue.windowed_events:
            uow.windows.hold_lane(wait=True)
            _keep(uow, house, _decide_all(uow, house, uow.events.take(BATCH, until=waiting.seq)), now)
        else:
            event = uow.events.take_one(source, event_id)
            if event is not None and event.state is EventState.NEW:
                _keep(uow, house, _decide_all(uow, house, [event]), now)
    with uows(reading=True) as uow:
        return uow.cases.find_by_event(source, event_id)


def _decide_next(uow: UnitOfWork, house: House, limit: int) -> list[_Decided]:
    return _decide_all(uow, house, uow.events.take(limit, without=_others_lane(uow, house)))


def _others_lane(uow: UnitOfWork, house: House) -> frozenset[str]:
    """Answer the types that are left to the worker that judges them in order, unless this is the one."""
    windowed = house.catalogue.windowed_events
    return frozenset() if house.alone or not windowed or uow.windows.hold_lane() else windowed


def _decide_all(uow: UnitOfWork, house: House, events: Sequence[Event]) -> list[_Decided]:
    """Ask the rules; nothing is written yet, and where there is one worker nobody waits meanwhile."""
    assets = _assets(uow, events)
    return [
        _Decided(event, asset, *_decide(uow, house, event, asset))
        for event, asset in ((event, assets.get(event.subject or "")) for event in events)
    ]


def _keep(uow: UnitOfWork, house: House, decided: Sequence[_Decided], now: datetime) -> Judged:
    """Do what the rules said of those events that nobody judged meanwhile, and commit."""
    if not decided:
        return Judged(0, 0)
    new = uow.events.still_new([judged.event.seq for judged in decided])
    fresh = [judged for judged in decided if judged.event.seq in new]
    heard = recalling.hear(
        uow, [(judged.event, judged.decision.heard, judged.facts) for judged in fresh], now
    )
    fresh = [_with_windows(judged, heard.own.get(judged.event.seq, ())) for judged in fresh]
    if any(judged.decision.actions for judged in fresh):
        uow.events.hold_openings()
    restraints = Restraints(uow, house, now)
    for judged in fresh:
        for told in heard.own.get(judged.event.seq, ()):
            if told.outcome.told.get("cleared"):
                restraints.mended(told.rule, judged.occasion())
    uow.events.judge([_carry_out(uow, house, judged, now, restraints) for judged in fresh])
    belated = _settle_belated(uow, house, heard.belated, now)
    shadowing.count(uow, ((one.event.seq, seen) for one in fresh for seen in one.shadows), now)
    uow.commit()
    touched = sum(
        any(action.do is not Do.DISMISS for _, action in judged.decision.actions) for judged in fresh
    )
    return Judged(len(decided), touched + belated)


def _with_windows(judged: _Decided, told: Sequence[Told]) -> _Decided:
    if not judged.decision.heard and not told:
        return judged
    return replace(judged, decision=explanation.with_windows(judged.decision, told, judged.facts))


def _settle_belated(uow: UnitOfWork, house: House, belated: Sequence[Told], now: datetime) -> int:
    """Do what is clear only now of events that were judged before, and add it to what is kept of them."""
    if not belated:
        return 0
    seqs = sorted({told.outcome.seq for told in belated})
    events = uow.events.named(seqs)
    kept = dict(uow.events.judgements(seqs))
    known = {judged.event.seq: judged for judged in _decide_all(uow, house, list(events.values()))}
    if any(told.outcome.held for told in belated):
        uow.events.hold_openings()
    restraints = Restraints(uow, house, now)
    for told in belated:
        seq = told.outcome.seq
        if seq not in known or seq not in kept:
            continue  # the event was cleared away meanwhile
        judged = known[seq]
        blank = explanation.Decision((), (), {"nothing_matched": True, "matched": [], "unmatched": []})
        decision = explanation.with_windows(blank, [told], judged.facts)
        at = recalling.instant(told.outcome.at)
        later = _carry_out(uow, house, replace(judged, decision=decision), now, restraints, at=at)
        kept[seq] = _added(kept[seq], later)
        uow.events.amend(kept[seq])
    return sum(told.outcome.held for told in belated)


def _added(first: Judgement, later: Judgement) -> Judgement:
    """Join what was made of an event when it came with what became clear later."""
    before, after = first.trace, later.trace
    decided = {(entry["rule"], entry["pack"]) for entry in (*after["matched"], *after["unmatched"])}
    open_ = [entry for entry in before["unmatched"] if (entry["rule"], entry["pack"]) not in decided]
    trace = {
        **before,
        "nothing_matched": before["nothing_matched"] and after["nothing_matched"],
        "matched": [*before["matched"], *after["matched"]],
        "unmatched": [*open_, *after["unmatched"]],
        "done": [*before["done"], *after["done"]],
    }
    case_id = later.case_id or first.case_id
    worth = ("case", "noted", "dismissed", "unmatched")
    outcome = min(first.outcome, later.outcome, key=lambda word: worth.index(word) if word in worth else -1)
    return replace(first, at=later.at, outcome=outcome, case_id=case_id, trace=trace)


def _assets(uow: UnitOfWork, events: Sequence[Event]) -> Mapping[str, Asset]:
    """Look up what events are about: the asset itself, or the one that the named device senses."""
    named = uow.registers.assets({event.subject for event in events if event.subject})
    sensed = uow.registers.assets({asset.senses for asset in named.values() if asset.senses})
    return {name: sensed.get(asset.senses or "", asset) for name, asset in named.items()}


def _decide(
    uow: UnitOfWork, house: House, event: Event, asset: Asset | None
) -> tuple[explanation.Decision, Mapping[str, FactValue], tuple[shadowing.Seen, ...]]:
    seen = _facts(house, event, asset)
    guessed = _guess(house, event)
    area = str(seen["area.id"]) if "area.id" in seen else None
    catalogue, matcher = house.judging(area)
    questions = catalogue.questions.get(event.type, ())
    counted = catalogue.counted.get(event.type, ())
    names = frozenset(history.name for history in counted)
    needed = names if house.shadows else undecided.needed(questions, names, seen | guessed)
    for history in counted:
        if history.name in needed:
            _count(uow, history, event, asset, seen)
    decision = explanation.decide(matcher, catalogue, event.type, seen | guessed)
    if decision.actions or decision.heard:  # whose texts may name what no condition asked of
        for history in counted:
            if history.name not in seen:
                _count(uow, history, event, asset, seen)
    shadows = shadowing.observe(house, event.type, seen | guessed, area, decision.matched)
    trace = {**decision.trace, "guessed": guessed} if guessed else decision.trace
    return replace(decision, trace=trace), seen, shadows


def _facts(house: House, event: Event, asset: Asset | None) -> dict[str, FactValue]:
    looked_up: dict[str, object] = {
        "local_time": recalling.happened_at(event).astimezone(house.timezone).strftime("%Y-%m-%dT%H:%M")
    }
    if asset is not None:
        looked_up["asset"] = {
            **asset.attributes,
            "id": asset.id,
            "kind": asset.kind,
            "name": asset.name_zh,
            "area": asset.area_id,
            "lat": asset.lat,
            "lon": asset.lon,
        }
    place = _place(event.data, None)
    area = house.locate(*place) if place else asset.area_id if asset is not None else None
    if area is not None:
        looked_up["area"] = {"id": area, "path": list(house.lineage(area)) or [area]}
    catalogue = house.catalogue
    envelope = {"type": event.type, "source": event.source, "subject": event.subject, "data": event.data}
    return facts.project(envelope, looked_up, catalogue.fields.get(event.type), catalogue.quantities)


def _count(
    uow: UnitOfWork, history: History, event: Event, asset: Asset | None, seen: dict[str, FactValue]
) -> None:
    """Add to the facts what came before an event."""
    number = _counted(uow, history, event, asset, seen)
    if number is not None:
        seen[history.name] = number


def _counted(
    uow: UnitOfWork,
    history: History,
    event: Event,
    asset: Asset | None,
    seen: Mapping[str, FactValue],
) -> int | None:
    """Count what came before an event; None where it has no place, subject or party to count for."""
    since = recalling.happened_at(event) - timedelta(seconds=history.within_s)
    if history.counts == "points":
        party = seen.get(history.of or "")
        return None if party is None else uow.conduct.points_of(str(party), since)
    category = str(history.category)
    if history.radius_m is None:
        subject = asset.id if asset is not None else event.subject
        return None if subject is None else uow.conduct.cases_about(category, since, subject)
    place = _place(event.data, asset)
    return None if place is None else uow.conduct.cases_near(category, since, place, history.radius_m)


def _guess(house: House, event: Event) -> dict[str, FactValue]:
    """Guess the category of a report that names none; what to do with a doubtful one is up to the rules."""
    if event.type != "report" or event.data.get("category"):
        return {}
    guesses = guess.guess_category(str(event.data.get("text", "")), house.catalogue.categories)
    return {"category": guesses[0][0]} if guesses and guesses[0][1] >= subjects.SURE_ENOUGH else {}


def _carry_out(
    uow: UnitOfWork,
    house: House,
    judged: _Decided,
    now: datetime,
    restraints: Restraints,
    *,
    at: datetime | None = None,
) -> Judgement:
    case: Case | None = None
    occasion = judged.occasion(at)
    done: list[dict[str, Any]] = []
    asked: list[tuple[Rule, Action]] = []
    for rule in judged.decision.matched:
        actions, instead = restraints.actions(rule, occasion)
        asked.extend((rule, action) for action in actions)
        done += [instead] if instead is not None else []
    # Cases first, whatever the order of the rules: a notice about one wants it to be there.
    for rule, action in sorted(asked, key=lambda pair: pair[1].do in acting.AFTER_CASES):
        if action.do in {Do.OPEN_CASE, Do.EXTEND_CASE}:
            step, filed = _file(uow, house, judged, rule, action, now, restraints)
            case = filed or case
            done.append(step)
        elif action.do is Do.NOTIFY:
            told = _notify(uow, house, judged, rule, action, case, now)
            done.append({"do": "notify", "rule": rule.id, "told": told})
        else:
            done.append(acting.do(uow, house, rule, action, occasion, case, now))
    return Judgement(
        event_seq=judged.event.seq,
        at=now,
        outcome=_outcome(done, case),
        case_id=case.id if case else None,
        trace={**judged.decision.trace, "done": done},
    )


def _file(
    uow: UnitOfWork,
    house: House,
    judged: _Decided,
    rule: Rule,
    action: Action,
    now: datetime,
    restraints: Restraints,
) -> tuple[dict[str, Any], Case | None]:
    """Open a case or join one; a rule that would open more than its limit joins only, and is paused."""
    signal = _signal(house, judged, rule, action)
    weak = _is_weak(uow, house, judged.event, signal, now)
    over = signal.may_open and not weak and not restraints.may_open(rule)
    case = filing.open_or_join(uow, house, replace(signal, may_open=False) if over or weak else signal, now)
    step = {"do": action.do.value, "rule": rule.id, "case": case.id if case else None}
    if weak and case is None:
        step["held"] = "weak_device"
    if over and case is None:
        restraints.pause(rule, judged.event)
        step["paused"] = now.isoformat()
    return step, case


def _is_weak(uow: UnitOfWork, house: House, event: Event, signal: Signal, now: datetime) -> bool:
    """Tell whether what would open a case is the word of a weak device that no second one repeats."""
    weak = event.subject is not None and (event.source, event.subject) in house.weak_devices
    category = house.catalogue.categories.get(signal.category)
    if not signal.may_open or not weak or category is None:
        return False
    said = WeakSignal(
        event_seq=event.seq,
        category=signal.category,
        subject=signal.subject if signal.subject != event.subject else None,
        lat=signal.lat,
        lon=signal.lon,
        source=event.source,
        device=str(event.subject),
        at=now,
    )
    return not precision.seconded(uow, said, category)


def _outcome(done: Sequence[Mapping[str, Any]], case: Case | None) -> str:
    if case is not None:
        return "case"
    if not done:
        return "unmatched"
    kinds = {step["do"] for step in done}
    if kinds == {"nothing"}:
        return "held_back"
    return "dismissed" if kinds == {"dismiss"} else "noted"


def _notify(
    uow: UnitOfWork,
    house: House,
    judged: _Decided,
    rule: Rule,
    action: Action,
    case: Case | None,
    now: datetime,
) -> list[str]:
    event = judged.event
    role = Role(action.role or Role.DISPATCHER)
    if case is None:
        uow.alarms.raise_(
            "rule_notice", rule.id, now, {"role": role, "message": action.message, "event": event.name}
        )
        return []
    scribe = Scribe(case.id, now, "system", event.name)
    return telling.tell_role(uow, house, case, role, str(action.message), scribe=scribe, facts=judged.facts)


def _place(data: Mapping[str, Any], asset: Asset | None) -> tuple[float, float] | None:
    return subjects.said_place(data) or ((asset.lat, asset.lon) if asset is not None else None)


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
        subject=subjects.grouping_key(
            action, subject=event.subject, data=event.data, asset_id=asset.id if asset is not None else None
        ),
        event_seq=event.seq,
        rule_id=rule.id,
        rule_version=rule.version,
        radius_m=action.group_radius_m,
        within=timedelta(seconds=action.group_within_s) if action.group_within_s else None,
        may_open=action.do is Do.OPEN_CASE,
        reporting=_reporting(house, event) if event.type == "report" else None,
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
