"""Official warnings: taken in once, settled by later ones that name them; actual ones become events."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from casework.clock import Clock
from casework.domain import cap
from casework.domain.cap import Alert, Info, Link, Standing, Warning  # noqa: A004  (the word of the trade)
from casework.domain.events import NewEvent
from casework.domain.timeline import EntryKind, Scribe
from casework.services import chronicling
from casework.services.house import House
from casework.services.intake import Inbox, Read
from casework.services.ports import UnitOfWork, UnitsOfWork

log = structlog.get_logger(__name__)

_ENDED = {"Cancel": Standing.CANCELLED, "Update": Standing.SUPERSEDED}


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message."""

    warning: Warning
    new: bool


def take(
    alert: Alert,
    source: str,
    *,
    uows: UnitsOfWork,
    house: House,
    inbox: Inbox,
    read: Read,
    clock: Clock,
) -> Taken:
    """Take in a message that was read; the same one again changes nothing.

    Only an actual warning that is in force becomes `alert` events: an exercise, a test or a draft is
    registered and shown, and no rule ever sees it. Events are written first: they are the same when a
    message that was not registered comes again.
    """
    now = clock()
    key = alert.name.key
    with uows(reading=True) as uow:
        known = uow.warnings.find(key)
        if known is not None:
            return Taken(known, new=False)
        naming = uow.warnings.naming([key], source)
        chains = {one.key: one.chain for one in uow.warnings.named(_keys(alert), source)}
    infos = cap.spoken(alert, house.language)
    chain = cap.chain_of(alert, chains)
    standing, settled_by = cap.standing(cap.link(alert), naming)
    expires_at = cap.expires(infos)
    if standing is Standing.IN_FORCE and expires_at is not None and expires_at <= now:
        standing = Standing.EXPIRED
    events: list[NewEvent] = []
    if standing is Standing.IN_FORCE:
        events = _events(alert, infos, chain, source, house=house, read=read, now=now)
        inbox.put(events, [], live=True)
    areas = sorted({area for info in infos for area in _areas(house, info)})
    warning = Warning(
        key=key,
        source=source,
        sender=alert.sender,
        identifier=alert.identifier,
        sent=alert.sent,
        status=alert.status,
        kind=alert.kind,
        refs=tuple(_keys(alert)),
        chain=chain,
        standing=standing,
        event=infos[0].event if infos else "",
        severity=infos[0].severity if infos else "",
        headline=(infos[0].headline or "") if infos else "",
        areas=tuple(areas),
        expires_at=expires_at,
        received_at=now,
        event_ids=tuple(event.event_id for event in events),
        settled_by=settled_by,
    )
    with uows() as uow:
        uow.events.hold_openings()  # two messages about each other must not come at the same instant
        if uow.warnings.find(key) is not None:
            return Taken(warning, new=False)
        settled, settled_by = cap.standing(cap.link(alert), uow.warnings.naming([key], source))
        if settled in _ENDED.values():
            warning = replace(warning, standing=settled, settled_by=settled_by)
        uow.warnings.add(warning)
        _settle_named(uow, warning, cap.link(alert), now)
        uow.commit()
    log.info(
        "warning_taken", key=key, sender=alert.sender, kind=alert.kind, status=alert.status, standing=standing
    )
    return Taken(warning, new=True)


def _keys(alert: Alert) -> list[str]:
    return sorted({reference.key for reference in alert.references})


def _settle_named(uow: UnitOfWork, by: Warning, link: Link, now: datetime) -> None:
    """Settle the warnings that a message names, and tell the cases that came of them."""
    if by.status != cap.ACTUAL or by.kind not in _ENDED:
        return
    for named in uow.warnings.named(link.refs, by.source):
        own = Link(named.key, named.kind, named.status, frozenset(named.refs))
        standing, settled_by = cap.standing(own, uow.warnings.naming([named.key], by.source))
        if standing is named.standing or standing not in _ENDED.values():
            continue
        uow.warnings.save(replace(named, standing=standing, settled_by=settled_by))
        if by.kind == "Cancel":
            _tell_cases(uow, named, by, now)


def _tell_cases(uow: UnitOfWork, cancelled: Warning, by: Warning, now: datetime) -> None:
    """Note on each case that the warning is gone; whether the work ends is for people to say."""
    for event_id in cancelled.event_ids:
        found = uow.cases.find_by_event(cancelled.source, event_id)
        if found is None:
            continue
        case = uow.cases.lock(found.id)
        cause = f"warning:{by.sender}/{by.identifier}"[:500]
        text = f"{by.sender}: {cancelled.event} ({cancelled.identifier}) was cancelled; 预警已解除"
        entry = Scribe(case.id, now, "system", cause).entry(EntryKind.NOTE_ADDED, text=text)
        chronicling.record(uow, case, entry)


def _events(
    alert: Alert,
    infos: Iterable[Info],
    chain: str,
    source: str,
    *,
    house: House,
    read: Read,
    now: datetime,
) -> list[NewEvent]:
    made = []
    for number, info in enumerate(infos):
        if info.expires is not None and info.expires <= now:
            continue
        areas = _areas(house, info)
        raw = {
            "specversion": "1.0",
            "id": f"{alert.name.key[:40]}{f'-{number}' if number else ''}",
            "source": source,
            "type": "alert",
            "subject": f"{alert.sender},{alert.identifier}"[:256],
            "time": alert.sent.isoformat(),
            "data": cap.event_data(alert, info, areas, chain, house.reach.middle(info.zones)),
        }
        made.append(read(raw, source))
    return made


def _areas(house: House, info: Info) -> Sequence[str]:
    return house.reach.areas(info.zones)
