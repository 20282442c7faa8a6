"""The background of the house: loops that a bell wakes, from triage to the auditor.

APScheduler is the ticker and nothing more: once a second it rings every bell. It keeps no state; what is
due stands in the database, so that any number of workers may run and any of them may die.
"""

import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor as Executor
from apscheduler.schedulers.background import BackgroundScheduler

from casework import ids
from casework.jobs import rehearsals
from casework.jobs.clock_guard import ClockGuard
from casework.jobs.senders import SENDERS, Senders
from casework.services import (
    auditing,
    deciding,
    guarding,
    recalling,
    relaying,
    standing,
    sweeping,
    triage,
    watching,
)
from casework.services.runtime import Runtime

log = structlog.get_logger(__name__)

TICK_S = 1.0
LOOK_S = 0.2
"""A worker without a bell in its process looks for new events this often."""
TIDY_EVERY = timedelta(minutes=1)
AFTER_YOU_S = 0.15
GIVE_WAY = 0.5
TEXTS_REST_S = 0.1
GIVE_WAY_TO_DUE = 4.0
"""While deadlines crowd, texts are taken only this often: 240 a second, more than providers take.

From a long queue, where finding the next takes time, the relay rests so many times as long as it looked.

What is due must be on record in time; its texts wait in the outbox, and in one process the two share the
interpreter."""
PURGED_A_SWEEP = 200
"""Answers to old requests that are forgotten at a time: a backlog must not hold up what is due."""
LONGEST_REST_S = 0.1
"""After a full batch, while callers wait for answers, triage rests half as long as it worked, up to this.

More would leave it slower than what comes in, and then it never catches up."""
CROWDED_BATCH = 50
"""While many callers send, a pass is kept short: they wait while it has the interpreter and the writer."""
GATHER_S = 0.1
"""While many callers send, triage lets this much time's events gather, and one event alone never waits.

A pass over a few costs as much as one over a hundred, and takes the interpreter from those who wait."""


def boot_elapsed() -> float:
    """Count seconds since boot, suspension included where the system can tell."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)


class Worker:
    """Runs the loops in threads of one process; `start` and `stop` once each."""

    def __init__(self, runtime: Runtime, *, elapsed: Callable[[], float] = boot_elapsed) -> None:
        self._runtime = runtime
        self._guard = ClockGuard(runtime.clock, elapsed)
        self._name = f"{os.getpid()}-{ids.new()[-6:]}"
        self._started_at = self._tidy_at = runtime.clock()
        self._stopping = runtime.bells.stopping
        self._ticker = BackgroundScheduler(executors={"default": Executor(1)}, timezone="UTC")
        self._senders = Senders(runtime)
        self._deadlines_crowd = False
        self._claim_took_s = 0.0
        self._behind = False
        bells = runtime.bells
        self._loops = [
            self._loop("triage", bells.triage, self._triage_politely, LOOK_S),
            self._loop("solver", bells.solver, self._solve_in_a_moment, TICK_S),
            self._loop("sweep", bells.sweep, self.sweep, TICK_S),
            self._loop("relay", bells.relay, self.relay, TICK_S),
            self._loop("reconcile", bells.reconcile, self.reconcile, TICK_S),
            self._loop("rehearse", bells.rehearse, self.rehearse, TICK_S),
            self._loop("audit", bells.audit, self.audit, TICK_S),
            self._loop("watch", threading.Event(), self.watch, TICK_S),
        ]
        self._mqtt = _mqtt(runtime)

    def start(self) -> None:
        """Begin to work."""
        self._ticker.add_job(
            self._tick, "interval", seconds=TICK_S, coalesce=True, max_instances=1, misfire_grace_time=None
        )
        self._senders.start()
        for loop in self._loops:
            loop.start()
        if self._mqtt is not None:
            self._mqtt.start()
        self._ticker.start()
        self._tick()
        log.info("worker_started", worker=self._name)

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Finish what is begun; answer whether everything ended in time."""
        self._stopping.set()
        self._ticker.shutdown(wait=False)
        self._runtime.bells.ring_all()
        give_up_at = time.monotonic() + timeout_s
        if self._mqtt is not None:
            self._mqtt.stop(timeout_s)
        for loop in self._loops:
            loop.join(max(0.0, give_up_at - time.monotonic()))
        kept = self._senders.stop(max(0.0, give_up_at - time.monotonic()))
        return kept and not any(loop.is_alive() for loop in self._loops)

    def run_once(self) -> int:
        """Do everything that is to be done now, in order, in this thread; answer how much it was."""
        done = self.watch()
        self.reconcile()
        while step := self.triage() + self.sweep() + self.solve() + self.relay_now():
            done += step
        return done

    def triage(self, limit: int = triage.BATCH) -> int:
        """Judge what has come in, at most so many events."""
        runtime = self._runtime
        judged = triage.judge_waiting(runtime.uows, runtime.house(), runtime.clock, limit=limit)
        if judged.touched:
            runtime.bells.relay.set()
            runtime.bells.solver.set()
        return judged.events

    def _triage_politely(self) -> int:
        """Judge what has come in, and let those go first whose events are still to be taken."""
        bells = self._runtime.bells
        if bells.crowded() and not self._behind:
            self._stopping.wait(GATHER_S)
        limit = CROWDED_BATCH if bells.crowded() else triage.BATCH
        began = time.monotonic()
        judged = self.triage(limit)
        self._behind = judged >= limit
        if self._behind and bells.crowded():
            self._stopping.wait(min(GIVE_WAY * (time.monotonic() - began), LONGEST_REST_S))
        return judged

    def _solve_in_a_moment(self) -> int:
        """Decide, but let whoever rang be answered first: in one process the two share the interpreter."""
        self._stopping.wait(AFTER_YOU_S)
        return self.solve()

    def solve(self) -> int:
        """Decide who goes where."""
        runtime = self._runtime
        offered = deciding.decide(runtime.uows, runtime.house(), runtime.clock)
        if offered:
            runtime.bells.relay.set()
        return offered

    def sweep(self) -> int:
        """Do what is due, unless the wall clock has just stepped."""
        if not self._may_fire():
            return 0
        runtime = self._runtime
        settled = sweeping.sweep(runtime.uows, runtime.house(), runtime.clock)
        self._deadlines_crowd = settled >= sweeping.A_COMMIT
        settled += triage.pass_time(runtime.uows, runtime.house(), runtime.clock)
        if settled:
            runtime.bells.relay.set()
            runtime.bells.solver.set()
        return settled

    def relay(self) -> int:
        """Hand texts to their channels, as many at a time as there are senders; answer how many began."""
        runtime = self._runtime
        if self._deadlines_crowd:
            self._stopping.wait(min(max(TEXTS_REST_S, GIVE_WAY_TO_DUE * self._claim_took_s), TICK_S))
        free = self._senders.free
        if free <= 0:
            return 0
        began = time.monotonic()
        claimed = relaying.claim(runtime.uows, runtime.house(), runtime.clock, limit=free)
        self._claim_took_s = time.monotonic() - began
        self._senders.begin(claimed)
        return len(claimed)

    def relay_now(self) -> int:
        """Hand waiting texts to their channels one after the other, in this thread."""
        runtime = self._runtime
        claimed = relaying.claim(runtime.uows, runtime.house(), runtime.clock, limit=SENDERS)
        for message in claimed:
            relaying.send(runtime.uows, runtime.house(), runtime.clock, message)
        return len(claimed)

    def reconcile(self) -> int:
        """Ask providers about texts of unknown outcome; answer 0, so that it happens once a tick at most."""
        runtime = self._runtime
        if relaying.reconcile(runtime.uows, runtime.house(), runtime.clock):
            runtime.bells.relay.set()
        return 0

    def rehearse(self) -> int:
        """Run a rehearsal that somebody asked for."""
        return rehearsals.run_next(self._runtime, self._stopping)

    def audit(self) -> int:
        """Look for what was due and did not happen; answer 0, for the next look has its time."""
        runtime = self._runtime
        if not self._guard.holding:  # what a wrong clock calls overdue is held on purpose
            auditing.audit(runtime.uows, runtime.clock)
        return 0

    def watch(self) -> int:
        """Notice who has fallen silent and which storms are over, unless the wall clock has just stepped."""
        if self._guard.holding:
            return 0
        return watching.watch(self._runtime.uows, self._runtime.clock, since=self._started_at)

    def _may_fire(self) -> bool:
        was_holding = self._guard.holding
        may = self._guard.look()
        if self._guard.holding != was_holding:
            self._tell_of_step()
        return may

    def _tell_of_step(self) -> None:
        runtime, guard = self._runtime, self._guard
        log.error("clock_stepped" if guard.holding else "clock_steady", step_s=guard.step_s)
        with runtime.uows() as uow:
            if guard.holding:
                uow.alarms.raise_("clock_stepped", self._name, runtime.clock(), {"step_s": guard.step_s})
            else:
                uow.alarms.end("clock_stepped", self._name, runtime.clock())
            uow.commit()

    def _tick(self) -> None:
        self._runtime.bells.ring_all()

    def _loop(
        self, name: str, bell: threading.Event, work: Callable[[], int], look_s: float
    ) -> threading.Thread:
        def run() -> None:
            while not self._stopping.is_set():
                bell.wait(look_s)
                bell.clear()
                self._work(name, work)

        return threading.Thread(target=run, name=name, daemon=True)

    def _work(self, name: str, work: Callable[[], int]) -> None:
        try:
            while work() and not self._stopping.is_set():
                pass
            if name == "sweep":
                self._housekeeping()
        except Exception:  # the outermost frame of a thread that must live on
            log.exception("worker_loop_failed", loop=name)
            self._stopping.wait(TICK_S)

    def _housekeeping(self) -> None:
        runtime = self._runtime
        with runtime.uows() as uow:
            now = runtime.clock()
            uow.alarms.beat(self._name, "worker", self._started_at, now)
            uow.replays.purge(now - guarding.KEPT_FOR, PURGED_A_SWEEP)
            auditing.watch(uow, now, since=self._started_at)
            runtime.rulebook.tell_unfit(uow)
            standing.record(uow, runtime.house(), self._name, now)
            if now >= self._tidy_at:
                self._tidy_at = now + TIDY_EVERY
                recalling.tidy(uow, runtime.house().catalogue, now)
            uow.commit()


class Intake(Protocol):
    """Takes in from a broker in threads of its own."""

    def start(self) -> None:
        """Begin."""

    def stop(self, timeout_s: float) -> bool:
        """Finish what is begun."""


def _mqtt(runtime: Runtime) -> Intake | None:
    if runtime.settings.mqtt_url is None:
        return None
    from casework.jobs import mqtt  # noqa: PLC0415  (a library that a house without a broker does without)

    return mqtt.MqttIntake(runtime)


class Background:
    """The worker of a serving process, made when the server starts it: importing opens no database."""

    def __init__(self, make: Callable[[], Worker]) -> None:
        self._make = make
        self._worker: Worker | None = None

    def start(self) -> None:
        """Begin to work."""
        self._worker = self._make()
        self._worker.start()

    def stop(self, timeout_s: float) -> object:
        """Finish what is begun."""
        return self._worker is None or self._worker.stop(timeout_s)
