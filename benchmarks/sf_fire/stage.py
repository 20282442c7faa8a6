"""A compressed clock: time jumps from one instant at which something happens to the next, and never back."""

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count

import sqlalchemy as sa
from tqdm import tqdm

from casework.domain.deadlines import DeadlineState
from casework.store.tables import deadlines
from sf_fire.house import House

Act = Callable[[], None]
_NEXT_DEADLINE = sa.select(sa.func.min(deadlines.c.due_at)).where(deadlines.c.state == DeadlineState.PENDING)


class Stage:
    """Lets those outside act at their instants and the house work at these and at each of its deadlines.

    At one instant all acts planned so far come first, then the house does all that is to be done; acts that
    are planned meanwhile for the same instant follow in the next round.
    """

    def __init__(self, house: House, *, after_work: Callable[[], object]) -> None:
        self._house = house
        self._after_work = after_work
        self._acts: list[tuple[datetime, int, Act]] = []
        self._order = count()
        self.rounds = 0

    def plan(self, at: datetime, act: Act) -> None:
        """Let something happen at an instant, not before the present one."""
        heapq.heappush(self._acts, (max(at, self._house.clock()), next(self._order), act))

    def play(self, until: datetime, *, progress: bool = False) -> None:
        """Go on to an instant, that instant included."""
        whole = round((until - self._house.clock()).total_seconds())
        with tqdm(total=whole, unit="s", unit_scale=True, disable=not progress, desc="replayed") as bar:
            while (at := self._next()) is not None and at <= until:
                bar.update(int((at - self._house.clock()).total_seconds()))
                self._house.clock.set(at)
                self._round(at)
        self._house.clock.set(until)

    def _next(self) -> datetime | None:
        known = [self._acts[0][0]] if self._acts else []
        due = self._next_deadline()
        return min([*known, due] if due else known, default=None)

    def _next_deadline(self) -> datetime | None:
        found: datetime | None = self._house.tables.execute(_NEXT_DEADLINE).scalar()
        return found

    def _round(self, at: datetime) -> None:
        acts = []
        while self._acts and self._acts[0][0] == at:
            acts.append(heapq.heappop(self._acts)[2])
        for act in acts:
            act()
        if not acts:
            self._house.runtime.bells.sweep.set()
        self._work()
        self._after_work()
        self.rounds += 1

    def _work(self) -> None:
        """Do what the bells ring for until they are silent, as the worker's loops do it, one at a time."""
        bells, worker = self._house.runtime.bells, self._house.worker
        loops = (
            (bells.triage, worker.triage),
            (bells.sweep, worker.sweep),
            (bells.solver, worker.solve),
            (bells.relay, worker.relay_now),
        )
        while any(bell.is_set() for bell, _work in loops):
            for bell, work in loops:
                if bell.is_set():
                    bell.clear()
                    while work():
                        pass
