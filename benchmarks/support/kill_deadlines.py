"""Deadlines fire once and in time although the workers that sweep them are killed again and again."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from time import monotonic

from benchmarks.support import asking, casefiles, house, machine
from benchmarks.support.casualties import TELL_EVERY_S, Casualties, keep_killing, progress, verdict
from casework.clock import system_clock
from rules.catalogue import EscalationStep

TARGET_S, WARN_AT = 10.0, 0.8
STEPS = (
    EscalationStep(after_s=0.0, notify="dispatcher", of="dispatch", kind="near"),
    EscalationStep(after_s=0.0, notify="shift_lead", of="dispatch", kind="over"),
)
LATEST_S = 1.0
_LONGEST_SWEEP_S = 10.0
"""A row is seen this long after its `settled_at` at the latest: a sweep writes when it began."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many deadlines, how many a second, with what bounds in time."""

    deadlines: int = 20_000
    per_second: float = 2_000.0
    between_kills_s: tuple[float, float] = (0.15, 0.5)
    drain_s: float = 240.0
    seed: int = 7


def run(made: house.House, plan: Plan) -> bool:
    """Open cases whose clocks come near and over at the wanted rate, kill workers meanwhile, count."""
    workers_wanted = 1 if made.is_sqlite else 3
    cases = plan.deadlines // len(STEPS)
    first_due = _open(made, cases, plan.per_second / len(STEPS))
    machine.say(f"  {cases * len(STEPS):,} deadlines of {cases:,} cases wait")
    random, until = Random(plan.seed), threading.Event()  # noqa: S311  (a repeatable series of kills)
    workers = Casualties(made.environment, workers_wanted)
    machine.pause(max(0.0, (first_due - system_clock()).total_seconds()))
    killer = keep_killing(
        lambda: workers.kill_one(random), between_s=plan.between_kills_s, random=random, until=until
    )
    seen = Watch(made)
    try:
        _wait(seen, workers, plan)
    finally:
        until.set()
        killer.join()
        seen.stop()
        workers.stop()
    return _judge(made, seen, workers.kills, cases * len(STEPS))


def _open(made: house.House, cases: int, per_second: float) -> datetime:
    """Open the cases as if over some seconds to come; answer when the first deadline is due."""
    with made.runtime() as runtime:
        changed = casefiles.with_category(
            runtime.house(), targets={"dispatch": TARGET_S}, warn_at=WARN_AT, steps=STEPS
        )
        began, tried = monotonic(), min(cases, 200)
        far = system_clock() + timedelta(days=2)
        trial = casefiles.open_many(runtime, changed, casefiles.instants_from(far, tried), south=10.0)
        for _ in trial:
            pass
        lead_s = 20.0 + (monotonic() - began) / tried * cases * 1.5
        base = system_clock() + timedelta(seconds=lead_s)
        spread = [base + timedelta(seconds=number / per_second) for number in range(cases)]
        for done in casefiles.open_many(runtime, changed, spread):
            if done % 2500 == 0:
                progress("opened", done, cases, 0)
    made_at = base + timedelta(seconds=TARGET_S * WARN_AT)
    if system_clock() > made_at:
        machine.say("  opening took longer than reckoned: the first deadlines are late before anybody works")
    return made_at


class Watch:
    """Looks into the database twenty times a second and keeps when each deadline was first seen settled."""

    def __init__(self, made: house.House) -> None:
        self._made = made
        self._ending = threading.Event()
        self.seen_late_s: list[float] = []
        self.pending = -1
        self._settled = 0
        self._thread = threading.Thread(target=self._run, name="watch")
        self._thread.start()

    def stop(self) -> None:
        """End the watch."""
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        far = (system_clock() + timedelta(days=1)).timestamp()
        due, settled = asking.seconds(self._made, "due_at"), asking.seconds(self._made, "settled_at")
        known: set[str] = set()
        since = 0.0
        while not self._ending.wait(0.05):
            now = system_clock().timestamp()
            # Not all that was ever settled: reading that again and again would slow what is measured.
            query = f"select id, {due}, {settled} from deadlines where {settled} > {since} and {due} < {far}"  # noqa: S608  (our own)
            for row_id, due_at, settled_at in asking.rows(self._made, query):
                since = max(since, float(settled_at) - _LONGEST_SWEEP_S)
                if row_id not in known:
                    known.add(row_id)
                    self.seen_late_s.append(now - float(due_at))
            self.pending = asking.value(
                self._made,
                f"select count(*) from deadlines where state = 'pending' and {due} < {far}",  # noqa: S608  (as above)
            )


def _wait(seen: Watch, workers: Casualties, plan: Plan) -> None:
    give_up_at, told_at = monotonic() + plan.drain_s, monotonic()
    while seen.pending != 0 and monotonic() < give_up_at:
        machine.pause(0.1)
        if monotonic() - told_at > TELL_EVERY_S:
            told_at = monotonic()
            progress("settled", plan.deadlines - max(seen.pending, 0), plan.deadlines, workers.kills)


def _judge(made: house.House, seen: Watch, kills: int, wanted: int) -> bool:
    near = f"{asking.seconds(made, 'due_at')} < {(system_clock() + timedelta(days=1)).timestamp()}"
    states = dict(asking.rows(made, f"select state, count(*) from deadlines where {near} group by state"))  # noqa: S608  (our own)
    late = [
        float(row[0])
        for row in asking.rows(
            made,
            f"select {asking.seconds(made, 'settled_at')} - {asking.seconds(made, 'due_at')} from deadlines "  # noqa: S608  (as above)
            f"where state in ('fired', 'coalesced') and {near}",
        )
    ]
    kinds = dict(
        asking.rows(
            made,
            "select kind, count(*) from timeline "
            "where kind in ('clock_near', 'clock_over', 'escalated') group by kind",
        )
    )
    doubled = asking.value(
        made,
        "select count(*) from (select case_id, kind, cause from timeline "
        "where kind in ('clock_near', 'clock_over', 'escalated') "
        "group by case_id, kind, cause having count(*) > 1) d",
    )
    over_twice = asking.value(
        made,
        "select count(*) from (select case_id from timeline where kind = 'clock_over' "
        "group by case_id having count(*) > 1) d",
    )
    entries = kinds.get("clock_near", 0) + kinds.get("clock_over", 0)
    fired = states.get("fired", 0)
    machine.say(f"  {kills} SIGKILLs; deadlines {states}; timeline {kinds}")
    machine.say(f"  lateness by settled_at - due_at: {machine.spread(late)}")
    machine.say(f"  lateness as another connection saw it, every 50 ms: {machine.spread(seen.seen_late_s)}")
    wrong = []
    if sum(states.values()) != wanted:
        wrong.append(f"{wanted} deadlines were wanted, {sum(states.values())} were made")
    if states.get("pending"):
        wrong.append(f"{states['pending']} lost or not done in time")
    if entries != fired or kinds.get("escalated", 0) != fired:
        wrong.append(f"{fired} fired, but {entries} entries and {kinds.get('escalated', 0)} escalations")
    if doubled or over_twice:
        wrong.append(f"{doubled} entries doubled, {over_twice} breaches told twice")
    latest = machine.percentile(seen.seen_late_s, 0.99)
    machine.say(f"  aim p99 under {LATEST_S:g} s: {'met' if latest < LATEST_S else 'NOT met'}")
    return verdict(f"deadlines on {'SQLite' if made.is_sqlite else 'PostgreSQL'}", wrong)
