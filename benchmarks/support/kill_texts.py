"""Texts go out exactly once although the provider fails now and then and the worker is killed."""

import json
import threading
from collections import Counter
from dataclasses import dataclass
from random import Random
from time import monotonic

from benchmarks.support import asking, casefiles, house, machine
from benchmarks.support.casualties import TELL_EVERY_S, Casualties, keep_killing, progress, verdict
from casework.clock import system_clock

FAULTS = {"seed": 1, "rate_429": 0.05, "rate_503": 0.02, "accept_then_hang": 0.1, "hang_s": 0.5}
_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Plan:
    """How many texts, how often a worker is killed, and how long all may take."""

    texts: int = 2_000
    kills: int = 40
    between_kills_s: tuple[float, float] = (0.4, 1.5)
    drain_s: float = 300.0
    seed: int = 11


def run(made: house.House, sms_port: int, plan: Plan) -> bool:
    """Put texts of receipt into the outbox, relay them through a faulty double, and compare both lists."""
    double = made.double(sms_port, **FAULTS)
    with made.runtime() as runtime:
        changed = casefiles.with_category(runtime.house(), targets={"resolution": 86_400.0}, warn_at=0.8)
        phones = [f"+8626000{20_000 + number:05d}"[:14] for number in range(plan.texts)]
        for _ in casefiles.open_many(
            runtime, changed, casefiles.instants_from(system_clock(), plan.texts), phones
        ):
            pass
    random, until = Random(plan.seed), threading.Event()  # noqa: S311  (a repeatable series of kills)
    workers = Casualties(made.environment, 1 if made.is_sqlite else 2)

    def kill() -> None:
        if workers.kills < plan.kills:
            workers.kill_one(random)

    killer = keep_killing(kill, between_s=plan.between_kills_s, random=random, until=until)
    try:
        _wait(made, workers, plan)
    finally:
        until.set()
        killer.join()
        workers.stop()
    held = _judge(made, sms_port, workers.kills, plan)
    double.stop()
    return held


def _wait(made: house.House, workers: Casualties, plan: Plan) -> None:
    give_up_at, told_at = monotonic() + plan.drain_s, monotonic()
    while monotonic() < give_up_at:
        machine.pause(0.3)
        left = asking.value(made, "select count(*) from messages where state in ('new', 'sending')")
        if left == 0:
            return
        if monotonic() - told_at > TELL_EVERY_S:
            told_at = monotonic()
            progress("sent", plan.texts - left, plan.texts, workers.kills)


def _judge(made: house.House, sms_port: int, kills: int, plan: Plan) -> bool:
    wanted = Counter(asking.rows(made, "select address, body from messages"))
    arrived = Counter((to, body) for to, body in received(sms_port))
    states = dict(asking.rows(made, "select state, count(*) from messages group by state"))
    tries = asking.value(made, "select sum(attempts) from messages")
    unknown = asking.value(made, "select count(*) from deliveries where what = 'outcome_unknown'")
    machine.say(f"  {kills} SIGKILLs; outbox {states}; {tries} attempts, {unknown} of unknown outcome")
    doubled, missing = (arrived - wanted).total(), (wanted - arrived).total()
    wrong = []
    if doubled:
        wrong.append(f"{doubled} texts doubled")
    if missing:
        wrong.append(f"{missing} texts missing")
    if wanted.total() < plan.texts:
        wrong.append(f"only {wanted.total()} texts were wanted")
    machine.say(
        f"  {wanted.total():,} wanted, {arrived.total():,} arrived, {doubled} doubled, {missing} missing"
    )
    return verdict(f"texts on {'SQLite' if made.is_sqlite else 'PostgreSQL'}", wrong)


def received(sms_port: int) -> list[tuple[str, str]]:
    """List what the double took: to whom, and what."""
    found: list[tuple[str, str]] = []
    after = 0
    while True:
        answer = house.ask(sms_port, "GET", f"/__messages?after={after}&limit={_PAGE}")
        if answer is None:
            raise RuntimeError("the double does not answer")
        page = json.loads(answer[1])
        if not page["messages"]:
            return found
        found += [(one["to"], one["body"]) for one in page["messages"]]
        after = page["next"]
