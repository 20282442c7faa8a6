"""Opening a case, or letting a signal join an open one, with everything frozen in that it depends on."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from casework import ids
from casework.domain import errors, grouping, life_cycle
from casework.domain.cases import JOINABLE, Case, CaseStatus, DispatchMode
from casework.domain.escalation import EscalationStep, Trigger
from casework.domain.reports import Report
from casework.domain.timeline import EntryKind, Scribe
from casework.ids import CaseId, ReportId
from casework.services import chronicling, telling
from casework.services.house import House
from casework.services.ports import UnitOfWork
from rules.catalogue import Category


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """What a reporter left with a signal."""

    text: str
    channel: str | None = None
    address: str | None = None
    language: str = "zh"
    name: str | None = None
    media: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Something that wants a case: from a rule, a call taker, or the chat."""

    category: str
    actor: str
    cause: str
    title: str | None = None
    priority: int | None = None
    lat: float | None = None
    lon: float | None = None
    address: str | None = None
    subject: str | None = None
    event_seq: int | None = None
    rule_id: str | None = None
    rule_version: str | None = None
    radius_m: float | None = None
    within: timedelta | None = None
    may_open: bool = True
    reporting: Reporting | None = None

    @property
    def place(self) -> tuple[float, float] | None:
        """Latitude and longitude where both are known."""
        return None if self.lat is None or self.lon is None else (self.lat, self.lon)


def open_or_join(uow: UnitOfWork, house: House, signal: Signal, now: datetime) -> Case | None:
    """Let a signal join the open case it is about, or open one; None where it may only join and none is open.

    The caller commits. Openings must be held (`uow.events.hold_openings`) so that two workers never open
    the same case.
    """
    category = house.catalogue.categories.get(signal.category)
    if category is None:
        raise errors.InvalidInput({"category": [f"{signal.category!r} is no category of the loaded packs"]})
    joining = _joining(uow, category, signal, now)
    if joining is not None and uow.cases.lock(joining.case.id).status in JOINABLE:  # a crew may just be done
        return _join(uow, house, signal, joining, now)
    return _open(uow, house, category, signal, now) if signal.may_open else None


def _joining(uow: UnitOfWork, category: Category, signal: Signal, now: datetime) -> grouping.Joining | None:
    within = signal.within or timedelta(seconds=category.grouping.within_s)
    radius = category.grouping.radius_m if signal.radius_m is None else signal.radius_m
    return grouping.find_case(
        uow.cases.joinable(
            category.code,
            now - within,
            subject=signal.subject,
            box=grouping.box_around(signal.place, radius) if signal.place else None,
        ),
        subject=signal.subject,
        place=signal.place,
        now=now,
        radius_m=radius,
        within=within,
    )


def _join(uow: UnitOfWork, house: House, signal: Signal, joining: grouping.Joining, now: datetime) -> Case:
    case = uow.cases.lock(joining.case.id)
    reported = signal.reporting is not None
    scribe = Scribe(case.id, now, signal.actor, signal.cause)
    joined = replace(
        case,
        signals=case.signals + 1,
        reporters=case.reporters + reported,
        priority=min(case.priority, signal.priority or case.priority),
        changed_at=now,
    )
    case = uow.cases.save(joined)
    chronicling.record(
        uow, case, scribe.entry(EntryKind.SIGNAL_ADDED, reason=joining.reason, distance_m=joining.distance_m)
    )
    if signal.reporting is not None:
        _take_report(uow, house, case, signal.reporting, scribe, signal.event_seq, "resident_extended")
    if case.status is CaseStatus.COLLECTED and signal.place is not None:
        return file_at(uow, house, case, signal.place, scribe)
    return case


def _open(uow: UnitOfWork, house: House, category: Category, signal: Signal, now: datetime) -> Case:
    case = _new_case(uow, house, category, signal, now)
    uow.cases.add(case)
    scribe = Scribe(case.id, now, signal.actor, signal.cause)
    chronicling.record(uow, case, scribe.entry(EntryKind.CASE_COLLECTED, title=case.title))
    if signal.reporting is not None:
        _take_report(uow, house, case, signal.reporting, scribe, signal.event_seq, "resident_received")
    if case.has_place:
        return file(uow, case, scribe)
    return case


def file(uow: UnitOfWork, case: Case, scribe: Scribe) -> Case:
    """Accept a collected case as work, which starts its dispatch and resolution clocks."""
    filed = uow.cases.save(life_cycle.file(case, scribe.at))
    chronicling.record(uow, filed, scribe.entry(EntryKind.CASE_FILED))
    return filed


def file_at(
    uow: UnitOfWork,
    house: House,
    case: Case,
    place: tuple[float, float],
    scribe: Scribe,
    address: str | None = None,
) -> Case:
    """Give a collected case its place and file it."""
    lat, lon = place
    placed = replace(
        case,
        lat=lat,
        lon=lon,
        address=address or case.address,
        area_id=house.locate(lat, lon),
        changed_at=scribe.at,
    )
    chronicling.record(uow, placed, scribe.entry(EntryKind.PLACE_CHANGED, lat=lat, lon=lon))
    return file(uow, placed, scribe)


def _new_case(uow: UnitOfWork, house: House, category: Category, signal: Signal, now: datetime) -> Case:
    policy = house.catalogue.policies[category.escalation]
    return Case(
        id=CaseId(ids.new()),
        number=uow.cases.next_number(),
        public_code=ids.new_public_code(),
        category=category.code,
        title=(signal.title or _title(category, signal))[:200],
        priority=signal.priority or category.priority,
        status=CaseStatus.COLLECTED,
        mode=DispatchMode(category.mode),
        lat=signal.lat,
        lon=signal.lon,
        address=signal.address,
        area_id=house.locate(*signal.place) if signal.place else None,
        subject=signal.subject,
        rule_id=signal.rule_id,
        rule_version=signal.rule_version,
        opened_at=now,
        filed_at=None,
        changed_at=now,
        capabilities=category.capabilities,
        targets=dict(category.targets),
        warn_at=category.warn_at,
        escalation=tuple(
            EscalationStep(step.of, Trigger(step.kind), step.after_s, step.notify) for step in policy.steps
        ),
        offer_timeout_s=category.offer_timeout_s,
        needs_verification=category.verify,
        reporters=int(signal.reporting is not None),
        signals=1,
    )


def _title(category: Category, signal: Signal) -> str:
    if signal.reporting is not None and signal.reporting.text.strip():
        return " ".join(signal.reporting.text.split())[:60]
    return category.title.get("zh", category.code)


def _take_report(
    uow: UnitOfWork,
    house: House,
    case: Case,
    reporting: Reporting,
    scribe: Scribe,
    event_seq: int | None,
    purpose: str,
) -> Report:
    report = Report(
        id=ReportId(ids.new()),
        case_id=case.id,
        event_seq=event_seq,
        received_at=scribe.at,
        text=reporting.text,
        channel=reporting.channel,
        address=reporting.address,
        language=reporting.language,
        name=reporting.name,
        media=reporting.media,
    )
    uow.reports.add(report)
    if report.can_be_told:
        chronicling.record(uow, case, scribe.entry(EntryKind.REPORT_RECEIVED, report_id=report.id))
        telling.tell_reporter(uow, house, case, report, purpose, scribe=scribe)
    return report
