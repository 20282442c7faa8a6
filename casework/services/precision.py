"""How often rules and devices are right: a finding for every case that a rule opened and that has ended.

A finding follows from how the case ended and is written in the same transaction; a dispatcher may correct
it. A device that is surely below its floor becomes weak: its word alone opens no case, until it recovers or
a person says otherwise.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from casework.clock import Clock
from casework.domain import errors, findings
from casework.domain.cases import Case
from casework.domain.findings import FLOOR, RECENT, DeviceWeight, Finding, WeakSignal
from casework.domain.timeline import Entry
from casework.services.ports import UnitOfWork, UnitsOfWork
from routing import geo
from rules.catalogue import Category

log = structlog.get_logger(__name__)

DISPOSITION = "disposition"
BY_FINDINGS = "findings"


def note_end(uow: UnitOfWork, case: Case, entry: Entry) -> None:
    """Write what a case's end says of the rule that opened it; a case taken up again is open again."""
    if case.rule_id is None or entry.kind not in findings.TOUCHING:
        return
    known = uow.findings.find(case.id)
    if known is not None and known.by != DISPOSITION:
        return  # a person has said what it was
    found = findings.outcome(case)
    if found is None:
        uow.findings.drop(case.id)
        return
    finding = known or _first(uow, case, case.rule_id, entry.at)
    _keep(uow, replace(finding, found=found, at=entry.at))


def _first(uow: UnitOfWork, case: Case, rule_id: str, now: datetime) -> Finding:
    source, device = uow.findings.origin(case.id) or (None, None)
    version = uow.rulebook.find_version(rule_id, case.rule_version or "")
    return Finding(
        case_id=case.id,
        pack=version.pack if version else None,
        rule_id=rule_id,
        rule_version=case.rule_version,
        source=source,
        device=device,
        category=case.category,
        found=True,
        at=now,
        by=DISPOSITION,
    )


def correct(case_id: str, *, found: bool, note: str, by: str, uows: UnitsOfWork, clock: Clock) -> Finding:
    """Let a dispatcher say what a case was, whatever its disposition; raise `NotFound` without a finding."""
    with uows() as uow:
        known = uow.findings.find(case_id)
        if known is None:
            raise errors.NotFound("this case has no finding: no rule opened it, or it is still open")
        corrected = replace(known, found=found, by=by, note=note[:500], at=clock())
        _keep(uow, corrected)
        uow.commit()
    log.info("finding_corrected", case_id=case_id, found=found, by=by)
    return corrected


def _keep(uow: UnitOfWork, finding: Finding) -> None:
    uow.findings.put(finding)
    if finding.source is not None and finding.device is not None:
        _weigh(uow, finding.source, finding.device, finding.at)


def _weigh(uow: UnitOfWork, source: str, device: str, now: datetime) -> None:
    """Make a device weak, or trust it again, as its latest findings say; a person's word stands."""
    known = uow.findings.weight(source, device)
    if known is not None and known.by != BY_FINDINGS:
        return
    recent = uow.findings.recent(source, device, RECENT)
    floor = known.floor if known is not None and known.floor is not None else FLOOR
    was_weak = known is not None and known.weak
    # It becomes weak when it is surely below the floor, and is trusted again when it is at the floor.
    weak = (recent.value or 0.0) < floor if was_weak else findings.is_weak(recent, floor)
    if weak == was_weak:
        return
    reason = f"{recent.true} of its last {recent.n} cases were true; the floor is {floor:.0%}"
    weight = DeviceWeight(
        source=source,
        device=device,
        weak=weak,
        floor=known.floor if known else None,
        since=now,
        by=BY_FINDINGS,
        reason=reason,
    )
    _put_weight(uow, weight)


def set_weight(
    source: str,
    device: str,
    *,
    weak: bool | None,
    floor: float | None,
    reason: str,
    by: str,
    uows: UnitsOfWork,
    clock: Clock,
) -> DeviceWeight:
    """Say what a device's word weighs: weak or trusted by a person, or by its findings where `weak` is None.

    `floor` is the least precision it must have, from 0 to 1; None leaves the house's own.
    """
    if floor is not None and not 0.0 <= floor <= 1.0:
        raise errors.InvalidInput({"floor": ["must lie between 0 and 1"]})
    now = clock()
    with uows() as uow:
        weight = DeviceWeight(
            source=source,
            device=device,
            weak=bool(weak),
            floor=floor,
            since=now,
            by=BY_FINDINGS if weak is None else by,
            reason=reason[:500],
        )
        _put_weight(uow, weight)
        if weak is None:
            _weigh(uow, source, device, now)
        uow.commit()
    return weight


def _put_weight(uow: UnitOfWork, weight: DeviceWeight) -> None:
    """Keep a weight and let every worker hear of it."""
    uow.findings.put_weight(weight)
    uow.rulebook.next_generation()
    log.info("device_weighed", source=weight.source, device=weight.device, weak=weight.weak, by=weight.by)


def seconded(uow: UnitOfWork, signal: WeakSignal, category: Category) -> bool:
    """Tell whether another device has lately said the same of the same place, and keep what this one says.

    The same is: of the same category, within its grouping's time, about the same subject or as near as its
    grouping asks.
    """
    since = signal.at - timedelta(seconds=category.grouping.within_s)
    others = uow.findings.signals(signal.category, since)
    uow.findings.add_signal(signal)
    return any(
        (other.source, other.device) != (signal.source, signal.device)
        and _same_thing(other, signal, category.grouping.radius_m)
        for other in others
    )


def _same_thing(one: WeakSignal, other: WeakSignal, radius_m: float) -> bool:
    if one.subject is not None and other.subject is not None:
        return one.subject == other.subject
    if one.lat is None or one.lon is None or other.lat is None or other.lon is None:
        return False
    return geo.distance_m(one.lat, one.lon, other.lat, other.lon) <= radius_m
