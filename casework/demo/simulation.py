"""The demo comes alive: residents, sensors and crews act on the service over HTTP, as outsiders."""

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from random import Random
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from casework import ids
from casework.clock import Clock
from casework.demo import playing, stream
from casework.demo.accounts import DemoSource
from casework.demo.agenda import Agenda
from casework.demo.city import DemoCity
from casework.demo.outsider import Outsider, Unreachable
from casework.demo.phones import CrewPhones, ResidentPhones
from casework.demo.stream import Signal
from rules.samples import Sample

TICK_S = 0.2
TEXTS_EVERY_S = 1.0
POSITION_EVERY_S = 45.0
SUMMARY_EVERY_S = 60.0
_BATCH = 100
_KEPT_UNSENT = 2_000
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 15.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class World:
    """What the outsiders act on: the service, and the provider whose texts reach their telephones."""

    service: Outsider
    provider: Outsider
    city: DemoCity
    clock: Clock
    zone: ZoneInfo
    random: Random
    samples: Sequence[Sample] = ()


class Simulation:
    """Plans what happens and does it when it is due; times are seconds of the simulation since its start."""

    def __init__(self, world: World, elapsed: Callable[[], float], speed: float = 1.0) -> None:
        self._world = world
        self._elapsed = elapsed
        self._speed = speed
        self._began = elapsed()
        self._unsent: deque[tuple[DemoSource, dict[str, Any]]] = deque(maxlen=_KEPT_UNSENT)
        self._agenda = Agenda()
        self.counts: Counter[str] = Counter()
        self._residents = stream.Residents(world.city, world.random)
        self._gauges = stream.Gauges(world.city, world.random)
        self._vehicles = stream.Vehicles(world.city, world.random)
        self._crews = CrewPhones(world.service, world.city, self._agenda, world.random, self.counts)
        self._reporters = ResidentPhones(world.service, self._agenda, world.random, self.counts)
        self._after = 0
        self._refusals: set[tuple[str, int]] = set()
        self._plan_beginning()

    def now_s(self) -> float:
        """Seconds of the simulation since its start."""
        return (self._elapsed() - self._began) * self._speed

    def step(self) -> None:
        """Do what is due; raises `Unreachable` when the service or the provider is away, losing nothing."""
        self._send()
        while due := self._agenda.next_due(self.now_s()):
            try:
                due.do()
            except Unreachable:
                self._agenda.put_back(due)
                raise
            self._send()

    def run(self, stop: Event) -> None:
        """Act until told to stop, with growing pauses while the service is away."""
        pause_s = 0.0
        while not stop.wait(pause_s or TICK_S):
            try:
                self.step()
            except Unreachable as reason:
                pause_s = min(_LONGEST_PAUSE_S, max(_FIRST_PAUSE_S, pause_s * 2))
                log.info("service_away", reason=str(reason), again_in_s=pause_s)
            else:
                pause_s = 0.0

    def _plan_beginning(self) -> None:
        # Positions first: a crew whose position nobody knows is sent nowhere.
        for crew in self._world.city.crews:
            self._again(0.0, self._crews.report_position(crew), lambda: POSITION_EVERY_S)
        self._again(0.5, self._read_texts, lambda: TEXTS_EVERY_S * self._speed)
        self._again(2.0, self._report, lambda: self._next_in_s(stream.REPORT_EVERY_S))
        self._again(3.0, self._detect, lambda: self._next_in_s(stream.DETECTION_EVERY_S))
        self._again(1.0, self._measure, lambda: stream.READING_EVERY_S)
        self._again(SUMMARY_EVERY_S, self._summarise, lambda: SUMMARY_EVERY_S)
        self._again(0.0, self._play, lambda: playing.AGAIN_S)

    def _play(self) -> None:
        """Plan every pack's sample stream once."""
        begun, began = self.now_s(), self._world.clock()
        for played in playing.plan(self._world.samples):
            happened = played.happened(began, self._speed, self._world.zone)
            self._agenda.add(begun + played.at_s, partial(self._keep, played.signal, happened))

    def _again(self, at_s: float, do: Callable[[], None], pause_s: Callable[[], float]) -> None:
        """Do something at a time and again and again; a repetition that was missed is not made up for."""

        def once() -> None:
            do()
            self._again(max(self.now_s(), at_s) + pause_s(), do, pause_s)

        self._agenda.add(at_s, once)

    def _next_in_s(self, mean_s: float) -> float:
        local = self._world.clock().astimezone(self._world.zone)
        busy = stream.busyness(local.hour + local.minute / 60, self.now_s())
        return stream.next_in_s(mean_s, busy, self._world.random)

    def _report(self) -> None:
        self._keep(self._residents.report())

    def _detect(self) -> None:
        self._keep(self._vehicles.detection())

    def _measure(self) -> None:
        for reading in self._gauges.readings(self.now_s()):
            self._keep(reading)

    def _keep(self, signal: Signal, happened: datetime | None = None) -> None:
        """Name the event before it is first sent: sent again, it is a duplicate and not another."""
        event = stream.cloud_event(signal, ids.new(), happened or self._world.clock())
        self._unsent.append((signal.source, event))

    def _send(self) -> None:
        """Post what waits, a source's signals in one batch; each keeps its place until it is answered."""
        while self._unsent:
            source = self._unsent[0][0]
            batch = [kept for kept in self._unsent if kept[0] is source][:_BATCH]
            answer = self._world.service.post_json(
                "/api/v1/events",
                [event for _, event in batch],
                key=source.key,
                content_type="application/cloudevents-batch+json",
            )
            if answer.status in {429, 502, 503}:
                raise Unreachable(f"asked to come back later ({answer.status})")
            for kept in batch:
                self._unsent.remove(kept)
            self.counts["events" if answer.ok else "events_refused"] += len(batch)
            # The first of its kind only: an outsider that is refused for hours fills no log.
            if not answer.ok and (source.name, answer.status) not in self._refusals:
                self._refusals.add((source.name, answer.status))
                log.warning(
                    "events_refused", source=source.name, status=answer.status, body=answer.text[:300]
                )

    def _read_texts(self) -> None:
        answer = self._world.provider.get(f"/__messages?after={self._after}&limit=500")
        if not answer.ok:
            return
        shown = answer.json()
        for message in shown["messages"]:
            if not str(message.get("direction", "")).startswith("inbound"):
                self._read(message)
        # A provider that was restarted counts from the beginning again.
        self._after = shown["next"] if shown["total"] >= shown["next"] else 0

    def _read(self, message: Mapping[str, str]) -> None:
        self.counts["texts"] += 1
        self._crews.read(message["to"], message["body"], self.now_s())
        self._reporters.read(message["to"], message["body"], self.now_s())

    def _summarise(self) -> None:
        log.info("simulation", planned=len(self._agenda), unsent=len(self._unsent), **self.counts)
