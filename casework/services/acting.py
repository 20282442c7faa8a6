"""What holds a rule back that would act, and the actions that need no case of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from casework import ids
from casework.clock import Clock
from casework.domain import errors
from casework.domain.cases import Case
from casework.domain.events import Event
from casework.domain.places import Asset
from casework.domain.windows import Pause, PlanStart, PointsAdded, Restraint, RestraintKind
from casework.services import telling
from casework.services.house import House
from casework.services.ports import UnitOfWork, UnitsOfWork
from notifications import addresses
from rules import titles, watching
from rules.catalogue import Action, Do, Rule
from rules.fields import FactValue

log = structlog.get_logger(__name__)

AFTER_CASES = frozenset({Do.NOTIFY, Do.WEBHOOK, Do.START_PLAN, Do.ADD_POINTS})
"""Actions that want the case of their event to be there, whatever the order in which rules ask for them."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a rule acts on: the event, what it is about, what the rules saw of it, and when."""

    event: Event
    asset: Asset | None
    facts: Mapping[str, FactValue]
    at: datetime


@dataclass(slots=True)
class Restraints:
    """What holds rules back, asked once a transaction."""

    uow: UnitOfWork
    house: House
    now: datetime
    _paused: Mapping[str, Pause] | None = field(default=None)

    def actions(self, rule: Rule, occasion: Occasion) -> tuple[Sequence[Action], dict[str, Any] | None]:
        """Answer the actions that are left of a rule that holds, and what was done or not done instead."""
        pause = self._pauses().get(name_of(rule))
        if pause is not None and pause.version == rule.version:
            return (), {"do": "nothing", "rule": rule.id, "paused": pause.paused_at.isoformat()}
        cooling = self._cooling(rule, occasion)
        if cooling is not None:
            return (), {"do": "nothing", "rule": rule.id, "cooling": cooling.until_at.isoformat()}
        others = [action for action in rule.then if action.do is not Do.WARN]
        warning = next((action for action in rule.then if action.do is Do.WARN), None)
        if warning is None:
            self._cool(rule, occasion)
            return others, None
        step = self._warn(rule, warning, occasion)
        if step["warned"] in {"nobody", "not_mended"}:
            self._cool(rule, occasion)
            return others, step
        return (), step

    def may_open(self, rule: Rule) -> bool:
        """Tell whether a rule is still within its limit of cases."""
        since = self.now - timedelta(seconds=rule.limit.within_s)
        opened = self.uow.conduct.cases_opened(rule.id, rule.version, since, rule.limit.cases)
        return opened < rule.limit.cases

    def pause(self, rule: Rule, event: Event) -> None:
        """Pause a rule that would open more cases than its limit, and tell its owner."""
        reason = {
            "cases": rule.limit.cases,
            "within_s": rule.limit.within_s,
            "event": event.name,
            "owner": rule.owner,
            "title": dict(rule.title),
        }
        self.uow.conduct.pause(
            Pause(rule=name_of(rule), version=rule.version, paused_at=self.now, reason=reason)
        )
        self.uow.alarms.raise_("rule_paused", name_of(rule), self.now, reason)
        self._paused = None

    def mended(self, rule: Rule, occasion: Occasion) -> None:
        """End a warning whose window was cleared: the matter is mended."""
        if any(action.do is Do.WARN for action in rule.then):
            self.uow.conduct.end(RestraintKind.WARNING, warning_name(rule, occasion.facts))

    def _pauses(self) -> Mapping[str, Pause]:
        if self._paused is None:
            self._paused = self.uow.conduct.paused()
        return self._paused

    def _cooling(self, rule: Rule, occasion: Occasion) -> Restraint | None:
        if rule.cool_down is None:
            return None
        found = self.uow.conduct.find(RestraintKind.COOL_DOWN, _key(rule, rule.cool_down.by, occasion))
        return found if found is not None and found.since_at <= occasion.at < found.until_at else None

    def _cool(self, rule: Rule, occasion: Occasion) -> None:
        if rule.cool_down is None:
            return
        until = occasion.at + timedelta(seconds=rule.cool_down.for_s)
        self.uow.conduct.put(
            Restraint(
                kind=RestraintKind.COOL_DOWN,
                name=_key(rule, rule.cool_down.by, occasion),
                since_at=occasion.at,
                due_at=until,
                until_at=until,
            )
        )

    def _warn(self, rule: Rule, action: Action, occasion: Occasion) -> dict[str, Any]:
        """Warn first, do nothing while the warning runs, act when a look after it shows nothing mended."""
        told: dict[str, Any] = {"do": "warn", "rule": rule.id}
        name = warning_name(rule, occasion.facts)
        running = self.uow.conduct.find(RestraintKind.WARNING, name)
        if running is not None and occasion.at < running.due_at:
            return {**told, "warned": "waiting", "until": running.due_at.isoformat()}
        if running is not None and occasion.at < running.until_at:
            self.uow.conduct.end(RestraintKind.WARNING, name)
            return {**told, "warned": "not_mended", "since": running.since_at.isoformat()}
        to = _number(occasion.facts.get(action.to or ""))
        if to is None:
            return {**told, "warned": "nobody", "field": action.to}
        due = occasion.at + timedelta(seconds=action.wait_s)
        self.uow.conduct.put(
            Restraint(
                kind=RestraintKind.WARNING,
                name=name,
                since_at=occasion.at,
                due_at=due,
                until_at=due + timedelta(seconds=action.look_s),
            )
        )
        minutes = max(1, round(action.wait_s / 60))
        telling.warn_party(
            self.uow, self.house, to, str(action.message), occasion.facts, minutes=minutes, now=self.now
        )
        return {**told, "warned": "sent", "until": due.isoformat()}


def resume(rule: str, *, uows: UnitsOfWork, clock: Clock) -> None:
    """Let a paused rule (`pack/rule`) act again; raises `NotFound` where it is not paused."""
    with uows() as uow:
        if not uow.conduct.resume(rule):
            paused = ", ".join(sorted(uow.conduct.paused())) or "none"
            raise errors.NotFound(f"{rule!r} is not paused; paused are: {paused}")
        uow.alarms.end("rule_paused", rule, clock())
        uow.commit()
    log.info("rule_resumed", rule=rule)


def name_of(rule: Rule) -> str:
    """Name a rule among those of all packs."""
    return f"{rule.pack}/{rule.id}"


def warning_name(rule: Rule, facts: Mapping[str, FactValue]) -> str:
    """Name the warning of a rule for what its events share: the window's fields, or else the subject."""
    by = rule.window.by if rule.window is not None and rule.window.by else ("subject",)
    return f"{name_of(rule)}:{watching.key_of(by, facts) or '-'}"


def do(
    uow: UnitOfWork,
    house: House,
    rule: Rule,
    action: Action,
    occasion: Occasion,
    case: Case | None,
    now: datetime,
) -> dict[str, Any]:
    """Do one action that is neither about a case nor a text to the house; answer what was done."""
    told: dict[str, Any] = {"do": action.do.value, "rule": rule.id}
    record: dict[str, Any] = {
        "at": occasion.at,
        "rule": name_of(rule),
        "version": rule.version,
        "event_seq": occasion.event.seq,
        "case_id": case.id if case is not None else None,
    }
    match action.do:
        case Do.DISMISS:
            return {**told, "reason": dict(action.reason or {})}
        case Do.SET_ASSET_STATE:
            done = occasion.asset is not None and uow.registers.set_asset_state(
                occasion.asset.id, str(action.state)
            )
            return {
                **told,
                "state": action.state,
                "asset": occasion.asset.id if occasion.asset and done else None,
            }
        case Do.ADD_POINTS:
            party = occasion.facts.get(action.to or "")
            if party is not None:
                uow.conduct.add_points(
                    PointsAdded(id=ids.new(), party=str(party)[:256], points=action.points, **record)
                )
            return {**told, "party": party, "points": action.points}
        case Do.START_PLAN:
            uow.conduct.add_plan(PlanStart(id=ids.new(), plan=str(action.plan), **record))
            return {**told, "plan": action.plan}
        case _:
            address = house.hooks.get(str(action.hook)) if telling.WEBHOOK in house.channels else None
            if address is None:
                uow.alarms.raise_(
                    "hook_unknown", str(action.hook), now, {"hook": action.hook, "rule": rule.id}
                )
                return {**told, "unknown_hook": action.hook}
            telling.call_hook(uow, address, _posted(rule, action, occasion, case), case, now=now)
            return {**told, "hook": action.hook}


def _posted(rule: Rule, action: Action, occasion: Occasion, case: Case | None) -> dict[str, Any]:
    event = occasion.event
    return {
        "rule": {"id": rule.id, "pack": rule.pack, "version": rule.version},
        "event": {
            "source": event.source,
            "id": event.event_id,
            "type": event.type,
            "subject": event.subject,
            "time": occasion.at.isoformat(),
        },
        "case": None if case is None else {"number": case.number, "category": case.category},
        "body": titles.fill(dict(action.body), occasion.facts),
    }


def _key(rule: Rule, by: Sequence[str], occasion: Occasion) -> str:
    return f"{name_of(rule)}:{watching.key_of(by, occasion.facts) or '-'}"


def _number(value: FactValue | None) -> str | None:
    try:
        return addresses.normalise(str(value)) if value is not None else None
    except addresses.UnusableNumber:
        return None
