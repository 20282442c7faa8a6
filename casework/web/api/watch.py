"""Liveness, readiness and Prometheus figures."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from time import perf_counter

from flask import Blueprint, Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

import migrations
from casework.analytics import health, outlets
from casework.analytics.health import Health
from casework.domain import errors
from casework.services.runtime import Runtime
from casework.web import permissions
from casework.web.api.figures import Figures
from casework.web.api.room import Room
from casework.web.permissions import Means

LATEST_BEAT_S = 10.0
OLDEST_TEXT_S = 60.0
_OK = 200
_NOT_READY = 503


def checks(seen: Health, now: datetime) -> dict[str, dict[str, object]]:
    """Judge each part of the house: `ok`, and what was found."""
    head = _head()
    beat_s = _age_s(seen.beat_at, now)
    text_s = _age_s(seen.oldest_due_message, now)
    return {
        "database": {"ok": True},
        "migration": {"ok": seen.revision == head, "at": seen.revision, "head": head},
        "worker": {"ok": beat_s is not None and beat_s < LATEST_BEAT_S, "beat_age_s": beat_s},
        "outbox": {"ok": text_s is None or text_s < OLDEST_TEXT_S, "oldest_due_age_s": text_s},
    }


def look(runtime: Runtime) -> dict[str, dict[str, object]]:
    """Check the parts of a running house, a database that does not answer included."""
    now = runtime.clock()
    try:
        with runtime.reading() as connection:
            return checks(health.look(connection, now), now)
    except errors.Unavailable as error:
        return {"database": {"ok": False, "detail": error.detail}}


@cache
def _head() -> str | None:
    return migrations.head()


def _age_s(at: datetime | None, now: datetime) -> float | None:
    return None if at is None else round((now - at).total_seconds(), 3)


class HouseFigures(Collector):
    """Figures of the whole house, asked of the database at each scrape: right for any number of processes."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def collect(self) -> Iterator[Metric]:
        """Ask and answer."""
        now = self._runtime.clock()
        today = now.astimezone(self._runtime.settings.timezone).replace(hour=0, minute=0, second=0)
        with self._runtime.reading() as connection:
            counts, seen = health.count(connection), health.look(connection, now)
            costs = outlets.costs(connection, today)
            standings = outlets.standings(connection, now)
        yield _family("gongzhi_events_judged", "Judged events by outcome.", "outcome", counts.events)
        yield _family("gongzhi_messages", "Texts of the outbox by state.", "state", counts.messages)
        yield _family("gongzhi_cases", "Cases by status.", "status", counts.cases)
        yield _family("gongzhi_rule_cases", "Cases that a rule opened, by rule.", "rule", counts.rules)
        yield _gauge(
            "gongzhi_events_waiting", "Accepted events that wait to be judged.", counts.waiting_events
        )
        yield _gauge(
            "gongzhi_events_held", "Events kept and not judged, for too many came.", counts.held_events
        )
        yield _gauge(
            "gongzhi_devices_offline", "Devices silent beyond their interval.", counts.offline_devices
        )
        yield _gauge("gongzhi_device_storms", "Devices that send more than they may just now.", counts.storms)
        yield _gauge("gongzhi_events_quarantined", "Events that wait to be mended.", counts.quarantined)
        lag_s = _age_s(seen.oldest_due_deadline, now) or 0.0
        yield _gauge(
            "gongzhi_sweep_lag_seconds", "Age of the oldest deadline that is due and unsettled.", lag_s
        )
        text_s = _age_s(seen.oldest_due_message, now) or 0.0
        yield _gauge("gongzhi_outbox_age_seconds", "Age of the oldest text that is due and unsent.", text_s)
        beat_s = _age_s(seen.beat_at, now)
        yield _gauge(
            "gongzhi_worker_beat_age_seconds",
            "Since a worker was last alive; -1: never.",
            -1.0 if beat_s is None else beat_s,
        )
        yield from _outlets(costs, standings)


_STATES = {"closed": 0, "half_open": 1, "open": 2}


def _outlets(costs: Sequence[outlets.CostRow], standings: Sequence[outlets.StandingRow]) -> Iterator[Metric]:
    sent = GaugeMetricFamily(
        "gongzhi_segments_today",
        "Segments that providers took since midnight.",
        labels=["channel", "provider"],
    )
    cost = GaugeMetricFamily(
        "gongzhi_cost_today",
        "What they cost, by the prices that are set.",
        labels=["channel", "provider", "currency"],
    )
    segments: dict[tuple[str, str], int] = {}
    for row in costs:
        key = row.channel, row.provider
        segments[key] = segments.get(key, 0) + row.segments
        if row.currency:
            cost.add_metric([*key, row.currency], row.amount)
    for key, count in segments.items():
        sent.add_metric(list(key), count)
    circuit = GaugeMetricFamily(
        "gongzhi_provider_circuit",
        "0 in use, 1 tried again, 2 left alone because too many calls failed.",
        labels=["channel", "provider"],
    )
    failures = GaugeMetricFamily(
        "gongzhi_provider_failures",
        "Failed calls within the circuit's window.",
        labels=["channel", "provider"],
    )
    for one in standings:
        circuit.add_metric([one.channel, one.provider], _STATES[one.state])
        failures.add_metric([one.channel, one.provider], one.failures)
    yield from (sent, cost, circuit, failures)


def _family(name: str, told: str, label: str, counts: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, told, labels=[label])
    for value, number in sorted(counts.items()):
        family.add_metric([value], number)
    return family


def _gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(name, told, value=value)


def time(app: Flask, figures: Figures) -> None:
    """Time every request of the application into the histogram."""

    @app.before_request
    def begin() -> None:
        g.began_at = perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        began_at = g.get("began_at")
        if began_at is not None and not response.is_streamed:
            endpoint = request.endpoint or "unknown"
            timed = figures.latency.labels(request.method, endpoint, str(response.status_code))
            timed.observe(perf_counter() - began_at)
        return response


def register(blueprint: Blueprint, room: Room) -> None:
    """Hang the three addresses onto a blueprint."""

    @blueprint.get("/healthz")
    @permissions.declare(Means.PUBLIC)
    def healthz() -> Response:
        """Say that the process answers; nothing else is asked."""
        return Response('{"ok":true}', content_type="application/json")

    @blueprint.get("/readyz")
    @permissions.declare(Means.PUBLIC)
    def readyz() -> Response:
        """Say whether the house can do its work, part by part."""
        found = look(room.runtime())
        ready = all(check["ok"] for check in found.values())
        body = json.dumps({"ready": ready, "checks": found})
        return Response(body, _OK if ready else _NOT_READY, content_type="application/json")

    @blueprint.get("/metrics")
    @permissions.declare(Means.PUBLIC)
    def metrics() -> Response:
        """Answer what Prometheus collects."""
        own = generate_latest(room.figures.registry)
        house = generate_latest(HouseFigures(room.runtime()))
        return Response(own + house, content_type=CONTENT_TYPE_LATEST)
