"""Watching over sources and devices: silence beyond what was declared, and storms that have calmed down."""

from datetime import datetime, timedelta

import structlog

from casework.clock import Clock
from casework.services.ports import UnitOfWork, UnitsOfWork

log = structlog.get_logger(__name__)

BATCH = 500
_HEARD_SHARE = 0.8
"""An interval and a quarter of it, the pause between written signs of life, fit into what was listened."""
CALM = timedelta(seconds=60)
"""A storm is over when nothing has been held back for so long."""


def watch(uows: UnitsOfWork, clock: Clock, *, since: datetime, limit: int = BATCH) -> int:
    """Raise an alarm for whoever has fallen silent, end the storms that are over; answer how many were found.

    A device of a source that is silent itself is marked and raises no alarm of its own: one gateway that
    dies must not ring for each of its thousand devices. `since` is when we began to listen: after a stop of
    our own nobody counts as silent before the interval has passed once more.
    """
    now = clock()
    longest_s = (now - since).total_seconds() * _HEARD_SHARE
    with uows(reading=True) as uow:
        if not uow.devices.any_due(now, now - CALM, longest_s):
            return 0
    with uows() as uow:
        done = _silent(uow, now, longest_s, limit) + _calm(uow, now)
        uow.commit()
    return done


def _silent(uow: UnitOfWork, now: datetime, longest_s: float, limit: int) -> int:
    sources = uow.devices.silence_sources(now, longest_s)
    for source in sources:
        log.warning("source_silent", source=source.name, last_seen_at=source.last_seen_at)
        uow.alarms.raise_("source_silent", source.name, now, {"interval_s": source.interval_s})
    devices = uow.devices.silence_devices(now, longest_s, limit)
    behind = uow.devices.silent_sources() if devices else frozenset()
    for device in devices:
        if device.source in behind:
            continue
        data = {"source": device.source, "owner": device.owner, "interval_s": device.interval_s}
        uow.alarms.raise_("device_silent", device.id, now, data)
    if devices:
        log.warning("devices_silent", devices=len(devices), first=devices[0].id)
    return len(sources) + len(devices)


def _calm(uow: UnitOfWork, now: datetime) -> int:
    calm = uow.devices.calm_storms(now - CALM, now)
    for storm in calm:
        uow.devices.judge_last_held(storm.source, storm.device)
        uow.alarms.end("device_storm", storm.key, now)
        log.info("storm_over", source=storm.source, device=storm.device, held=storm.held)
    return len(calm)


def judge_held(source: str, device: str, *, actor: str, uows: UnitsOfWork) -> int:
    """Let everything that was held back of a device be judged after all; answer how much it is."""
    with uows() as uow:
        count = uow.devices.judge_all_held(source, device)
        uow.commit()
    log.info("held_events_released", source=source, device=device, events=count, actor=actor)
    return count
