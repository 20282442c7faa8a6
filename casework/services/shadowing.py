"""Trials of drafts on what really comes in: as a shadow that is only counted, or in force in one area."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from casework import ids
from casework.clock import Clock
from casework.domain import errors
from casework.domain.rulebook import RuleKey, Trial, TrialCount, TrialKind
from casework.services import editions, publishing
from casework.services.editions import Editions
from casework.services.house import House, Shadow
from casework.services.ports import UnitOfWork, UnitsOfWork
from rules.catalogue import Rule
from rules.errors import RulesError
from rules.fields import FactValue

log = structlog.get_logger(__name__)

LONGEST = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What sort of trial, for how many days, and in which area (None is everywhere)."""

    kind: TrialKind
    days: float
    area_id: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """How one event came out in a trial; `failed` where the draft could not judge it."""

    trial_id: str
    live: bool
    draft: bool
    failed: bool = False


def start(
    text: str,
    key: RuleKey,
    plan: Plan,
    *,
    by: str,
    uows: UnitsOfWork,
    clock: Clock,
    rulebook: Editions,
) -> Trial:
    """Begin a trial of a draft that compiles and passes its examples; one of a kind and rule at a time."""
    _check(plan)
    kind, area_id = plan.kind, plan.area_id
    _, rule = publishing.try_out(text, key, uows=uows, rulebook=rulebook)
    standing = editions.find_rule(rulebook.house().catalogue, key)
    if rule.window is not None or (standing is not None and standing.window is not None):
        raise errors.Conflict("a rule that counts several events cannot be tried beside; rehearse it")
    now = clock()
    with uows() as uow:
        uow.rulebook.hold()
        if area_id is not None and all(area.id != area_id for area in uow.registers.areas()):
            raise errors.InvalidInput({"area": ["there is no such area"]})
        if any(trial.key == key and trial.kind is kind for trial in uow.rulebook.trials_at(now)):
            raise errors.Conflict(f"a {kind} of this rule is under way; stop it first")
        trial = Trial(
            id=ids.new(),
            pack=key[0],
            rule_id=key[1],
            text=text,
            version=rule.version,
            kind=kind,
            area_id=area_id,
            starts_at=now,
            ends_at=now + timedelta(days=plan.days),
            by=by,
        )
        uow.rulebook.add_trial(trial)
        uow.rulebook.next_generation()
        uow.commit()
    rulebook.refresh()
    log.info("trial_started", kind=kind.value, pack=key[0], rule=key[1], area=area_id, by=by)
    return trial


def _check(plan: Plan) -> None:
    if not 0 < plan.days <= LONGEST.days:
        raise errors.InvalidInput({"days": [f"must be more than 0 and at most {LONGEST.days}"]})
    if plan.kind is TrialKind.CANARY and not plan.area_id:
        raise errors.InvalidInput({"area": ["a canary is in force in one area; name it"]})


def stop(trial_id: str, *, by: str, uows: UnitsOfWork, clock: Clock, rulebook: Editions) -> Trial:
    """End a trial before its day; what it counted stays."""
    with uows() as uow:
        trial = uow.rulebook.trial(trial_id)
        if not trial.runs_at(clock()):
            raise errors.Conflict("this trial is over already")
        stopped = replace(trial, stopped_at=clock(), stopped_by=by)
        uow.rulebook.save_trial(stopped)
        uow.rulebook.next_generation()
        uow.commit()
    rulebook.refresh()
    return stopped


def observe(
    house: House,
    event_type: str,
    facts: Mapping[str, FactValue],
    area: str | None,
    matched: Iterable[Rule],
) -> tuple[Seen, ...]:
    """Judge an event by every shadow that looks at it; whatever a shadow does, the event goes its way."""
    if not house.shadows:
        return ()
    held = {(rule.pack, rule.id) for rule in matched}
    return tuple(
        _look(shadow, facts, live=(shadow.rule.pack, shadow.rule.id) in held)
        for shadow in house.shadows
        if shadow.rule.event == event_type and (shadow.areas is None or area in shadow.areas)
    )


def _look(shadow: Shadow, facts: Mapping[str, FactValue], *, live: bool) -> Seen:
    try:
        held = shadow.rule in shadow.matcher.match(shadow.rule.event, facts)
        return Seen(shadow.trial_id, live, held)
    except (RulesError, ValueError, TypeError, LookupError):
        log.exception("shadow_failed", trial_id=shadow.trial_id)
        return Seen(shadow.trial_id, live, draft=False, failed=True)


def count(uow: UnitOfWork, seen: Iterable[tuple[int, Seen]], now: datetime) -> None:
    """Add to the counts of trials, in the transaction that judges the events: each is counted once."""
    day = now.date().isoformat()
    counts: dict[str, TrialCount] = {}
    samples: dict[str, list[tuple[int, bool, bool]]] = {}
    for seq, one in seen:
        before = counts.get(one.trial_id) or TrialCount(trial_id=one.trial_id, day=day)
        counts[one.trial_id] = replace(
            before,
            judged=before.judged + 1,
            live=before.live + one.live,
            draft=before.draft + one.draft,
            only_live=before.only_live + (one.live and not one.draft),
            only_draft=before.only_draft + (one.draft and not one.live),
            failed=before.failed + one.failed,
        )
        if one.live != one.draft:
            samples.setdefault(one.trial_id, []).append((seq, one.live, one.draft))
    uow.rulebook.add_counts(counts.values())
    for trial_id, differing in samples.items():
        uow.rulebook.add_samples(trial_id, differing)
