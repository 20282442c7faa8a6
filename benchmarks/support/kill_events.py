"""Accepted events are there, once, although the processes that take and judge them are killed."""

import http.client
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from time import monotonic

from benchmarks.support import asking, events, house, machine
from benchmarks.support.casualties import TELL_EVERY_S, keep_killing, progress, verdict

_ACCEPTED = 202
_BATCH = 20
_REPORT_EVERY = 100
_ONLY_A_CHILD = 0.7


@dataclass(frozen=True, slots=True)
class Plan:
    """How many events, clients, deaths and restarts of the database's server, with what bounds in time."""

    events: int = 25_000
    clients: int = 24
    kills: int = 100
    restarts: int = 5
    between_kills_s: tuple[float, float] = (0.3, 1.5)
    bound_s: float = 540.0
    judged_within_s: float = 240.0
    seed: int = 5


@dataclass(slots=True)
class Tally:
    """What the clients were promised."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    accepted: set[str] = field(default_factory=set)
    broken: int = 0
    refused: dict[int, int] = field(default_factory=dict)

    def accept(self, ids: list[str]) -> None:
        """Keep the ids that were answered with 202."""
        with self.lock:
            self.accepted.update(ids)


def run(made: house.House, plan: Plan) -> bool:
    """Send from many clients, kill, and compare what was promised with what is there."""
    processes = [made.web()] + ([] if made.is_sqlite else [made.worker(1), made.worker(2)])
    for process in processes:
        process.start()
    made.wait_until_it_serves()
    tally, until = Tally(), threading.Event()
    enough = threading.Event()
    clients = [
        threading.Thread(target=_client, args=(made.port, number, tally, enough))
        for number in range(plan.clients)
    ]
    killer = _Killer(made, processes, plan)
    thread = keep_killing(killer.strike, between_s=plan.between_kills_s, random=killer.random, until=until)
    began = told_at = monotonic()
    for client in clients:
        client.start()
    while monotonic() - began < plan.bound_s:
        if len(tally.accepted) >= plan.events and killer.kills >= plan.kills:
            break
        machine.pause(0.2)
        if monotonic() - told_at > TELL_EVERY_S:
            told_at = monotonic()
            progress("accepted", len(tally.accepted), plan.events, killer.kills)
    until.set()
    thread.join()
    enough.set()
    for client in clients:
        client.join()
    _wait_until_judged(made, plan.judged_within_s)
    for process in processes:
        process.stop()
    return _judge(made, tally, killer, plan)


class _Killer:
    def __init__(self, made: house.House, processes: list[house.Process], plan: Plan) -> None:
        self.random = Random(plan.seed)  # noqa: S311  (a repeatable series of kills)
        self.kills = 0
        self.restarts = 0
        self._made = made
        self._processes = processes
        self._plan = plan

    def strike(self) -> None:
        """Kill a server's child, a whole process tree, or break off the database's server."""
        if self.kills >= self._plan.kills:
            return
        server = self._made.server
        if server is not None and self.restarts < self._plan.restarts * self.kills / self._plan.kills:
            server.break_off()
            self.restarts += 1
            self._made.wait_until_it_serves()
            return
        victim = self.random.choice(self._processes)
        children = house.children_of(victim.pid)
        if children and self.random.random() < _ONLY_A_CHILD:
            # gunicorn's parent replaces its child at once, as in production
            os.kill(self.random.choice(children), signal.SIGKILL)
        else:
            victim.kill()
            victim.start()
        self.kills += 1
        # Killed faster than it starts, a service would never take anything.
        self._made.wait_until_it_serves()


def _client(port: int, number: int, tally: Tally, enough: threading.Event) -> None:
    """Send batches and single events; after a broken connection the same ones again, until they are taken."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    for parcel in _parcels(number):
        if enough.is_set():
            break
        many = len(parcel) > 1
        body = events.written(parcel if many else parcel[0])
        headers = {
            "Authorization": f"Bearer {house.KEY}",
            "Content-Type": events.BATCH if many else events.SINGLE,
        }
        while not enough.is_set():
            try:
                connection.request("POST", "/api/v1/events", body, headers)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                with tally.lock:
                    tally.broken += 1
                machine.pause(0.05)
                continue
            if answer.status == _ACCEPTED:
                tally.accept([str(event["id"]) for event in parcel])
                machine.pause(0.02)
                break
            with tally.lock:
                tally.refused[answer.status] = tally.refused.get(answer.status, 0) + 1
            machine.pause(0.1)
    connection.close()


def _parcels(client: int) -> Iterator[list[dict[str, object]]]:
    number = 0
    while True:
        size = 1 if number % 3 else _BATCH
        parcel = []
        for _ in range(size):
            number += 1
            name = f"c{client}-{number}"
            if number % _REPORT_EVERY:
                parcel.append(events.reading(name))
            else:  # far enough from the others to be a case of its own
                place = {"lat": 29.0 + client * 0.01, "lon": 119.0 + number / _REPORT_EVERY * 0.01}
                parcel.append(events.report(name, category="road_damage", **place))
        yield parcel


def _wait_until_judged(made: house.House, within_s: float) -> None:
    give_up_at = monotonic() + within_s
    while monotonic() < give_up_at and asking.value(made, "select count(*) from events where state = 'new'"):
        machine.pause(0.5)


def _judge(made: house.House, tally: Tally, killer: _Killer, plan: Plan) -> bool:
    stored = [row[0] for row in asking.rows(made, "select event_id from events")]
    lost = tally.accepted - set(stored)
    doubled = len(stored) - len(set(stored))
    unjudged = asking.value(made, "select count(*) from events where state <> 'judged'")
    reports = asking.value(made, "select count(*) from events where type = 'report'")
    kept, distinct = asking.rows(made, "select count(*), count(distinct event_seq) from reports")[0]
    machine.say(
        f"  {killer.kills} SIGKILLs, {killer.restarts} restarts of the database; "
        f"{tally.broken:,} broken connections, refused {tally.refused}"
    )
    machine.say(
        f"  accepted {len(tally.accepted):,}, stored {len(stored):,}, lost {len(lost)}, doubled {doubled}, "
        f"not judged {unjudged}; {reports} reports led to {kept} entries in cases"
    )
    wrong = []
    if lost:
        wrong.append(f"{len(lost)} accepted events lost, such as {sorted(lost)[:3]}")
    if doubled or kept != distinct or kept != reports:
        wrong.append(f"{doubled} events doubled, {kept} entries for {reports} reports")
    if unjudged:
        wrong.append(f"{unjudged} events not judged")
    if len(tally.accepted) < plan.events or killer.kills < plan.kills:
        wrong.append("the time was over before enough was accepted and killed")
    return verdict(f"events on {'SQLite' if made.is_sqlite else 'PostgreSQL'}", wrong)
