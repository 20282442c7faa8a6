"""The auditor: finds whatever was due and did not happen, and is itself watched.

It trusts no bell and no worker, only what stands in the database; it mends nothing, so that a fault is seen.
"""

from datetime import datetime

import structlog

from casework.clock import Clock
from casework.domain.audits import SILENT, Lapse
from casework.services.ports import UnitOfWork, UnitsOfWork

log = structlog.get_logger(__name__)

SILENCE = "auditor_silent"
_KEY = "house"


def audit(uows: UnitsOfWork, clock: Clock) -> int:
    """Look through the house if it is time and no other worker does; answer how many kinds of lapse stand.

    The look itself holds no lock. A worker that dies in it leaves the next look to whoever comes first.
    """
    with uows() as uow:
        if not uow.audits.claim(clock()):
            return 0
        uow.commit()
    with uows(reading=True) as uow:
        found = uow.audits.look(clock())
    now = clock()
    with uows() as uow:
        for lapse, finding in found.items():
            if finding.count:
                data = {"count": finding.count, "first": list(finding.first)}
                uow.alarms.raise_(lapse.value, _KEY, now, data)
            else:
                uow.alarms.end(lapse.value, _KEY, now)
        uow.audits.finish(now, {lapse.value: finding.count for lapse, finding in found.items()})
        uow.commit()
    standing = [lapse for lapse in Lapse if found[lapse].count]
    for lapse in standing:
        log.error("lapse_found", lapse=lapse.value, count=found[lapse].count, first=found[lapse].first)
    return len(standing)


def watch(uow: UnitOfWork, now: datetime, *, since: datetime) -> None:
    """Raise the alarm over an auditor that has fallen silent, and end it when it is heard of again.

    Called by the sweep of every worker in a transaction of its own; `since` is when that worker began: what
    nobody could do before is not held against the auditor.
    """
    last = uow.audits.last()
    heard = since if last is None or last.finished_at is None else max(since, last.finished_at)
    if now - heard > SILENT:
        uow.alarms.raise_(SILENCE, _KEY, now, {"since": heard.isoformat()})
    else:
        uow.alarms.end(SILENCE, _KEY, now)
