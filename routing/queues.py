"""Whose turn comes next: a plan for the cases that wait because every able crew is busy now.

What is sent now stands and is optimal; this plan is told to people, never sent. It is made round by round
(each crew sets off for its next case from where and when the one before ends) and then mended by moving
single cases to another crew or another place in a queue, as long as that lowers its cost.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from routing.ability import ABLE
from routing.costs import NO_CREW, TENTHS, FloatArray
from routing.explaining import Decided
from routing.matching import Round, match
from routing.problem import CandidateCrew, Policy, WaitingCase
from routing.travel import TravelTimes

_MOST_CASES = 300
"""Cases that the mending looks at; the rounds before it have no limit."""
_MOST_TRIES = 40_000


@dataclass(slots=True)
class Queue:
    """One crew after the case it is sent to now; `ready` is the crew as it will be then."""

    ready: CandidateCrew
    room: int
    cases: list[WaitingCase] = field(default_factory=list)


def plan_ahead(
    first: Round, *, policy: Policy, travel: TravelTimes, at: datetime
) -> list[tuple[int, Decided]]:
    """Give the second, third ... cases of each crew: the position in its queue and what was decided there."""
    queues = list(_queues(first.decided, policy))
    waiting = _waiting(first.decided)
    if not queues or not waiting:
        return []
    left = _rounds(queues, waiting, policy, travel, at)
    _Mending(queues, left[:_MOST_CASES], policy, travel, at).run()
    return list(_told(queues, policy, travel, at))


def after(crew: CandidateCrew, case: WaitingCase, eta_s: float) -> CandidateCrew:
    """Give the crew as it will be when it has done a case that it reaches in `eta_s`."""
    return replace(
        crew,
        lat=case.lat,
        lon=case.lon,
        position_age_s=0.0,
        status="available",
        load=0,
        jobs_done=crew.jobs_done + 1,
        free_in_s=eta_s + case.work_s,
        works_on=None,
        coverage_s=0.0,
    )


def _queues(decided: Decided, policy: Policy) -> Iterator[Queue]:
    """Give the crews that are sent now and may hold more; the place they have now is counted."""
    sheet = decided.sheet
    reconsidered = Counter(case.offered_to for case in sheet.cases)
    for j, i in sorted(decided.holder.items()):
        crew, case = sheet.crews[j], sheet.cases[i]
        room = min(policy.queue, crew.capacity - crew.load + reconsidered[crew.id]) - 1
        if room > 0:
            yield Queue(after(crew, case, float(sheet.eta[i, j]) / TENTHS), room)


def _waiting(decided: Decided) -> list[WaitingCase]:
    """Give the whole cases that got nobody; the further crews of a served case are not planned for."""
    sheet = decided.sheet
    served = {sheet.cases[i].id for i in decided.holder.values()}
    return [
        replace(case, also=(), together=False, offered_to=None, under_way=False)
        for case, slot in zip(sheet.cases, sheet.slot, strict=True)
        if slot == 0 and case.id not in served
    ]


def _rounds(
    queues: list[Queue], waiting: list[WaitingCase], policy: Policy, travel: TravelTimes, at: datetime
) -> list[WaitingCase]:
    """Fill the queues, one case a crew and round; give the cases that are left."""
    for position in range(policy.queue - 1):
        open_queues = [queue for queue in queues if queue.room > position]
        if not open_queues or not waiting:
            break
        by_id = {queue.ready.id: queue for queue in open_queues}
        states = [_state(queue, travel, at) for queue in open_queues]
        decided = match(waiting, states, policy=policy, travel=travel, at=at).decided
        for j, i in decided.holder.items():
            by_id[decided.sheet.crews[j].id].cases.append(decided.sheet.cases[i])
        waiting = [case for i, case in enumerate(decided.sheet.cases) if decided.crew_of[i] == NO_CREW]
    return waiting


def _state(queue: Queue, travel: TravelTimes, at: datetime, cases: int | None = None) -> CandidateCrew:
    """Give the crew as it will be after so many cases of its queue, all of them by default."""
    crew = queue.ready
    for case in queue.cases[:cases]:
        way = travel.seconds(np.array([(crew.lat, crew.lon)]), np.array([(case.lat, case.lon)]), at)
        crew = after(crew, case, crew.free_in_s + float(way[0, 0]))
    return crew


def _told(
    queues: list[Queue], policy: Policy, travel: TravelTimes, at: datetime
) -> Iterator[tuple[int, Decided]]:
    """Price the finished plan position by position, in the words of any other decision."""
    for position in range(policy.queue - 1):
        here = [queue for queue in queues if len(queue.cases) > position]
        if not here:
            return
        cases = [queue.cases[position] for queue in here]
        states = [_state(queue, travel, at, position) for queue in here]
        decided = match(cases, states, policy=policy, travel=travel, at=at).decided
        column = {crew.id: j for j, crew in enumerate(decided.sheet.crews)}
        holds = {queue.cases[position].id: column[queue.ready.id] for queue in here}
        crew_of = np.array([holds[case.id] for case in decided.sheet.cases])
        yield position + 2, replace(decided, crew_of=crew_of, price=np.zeros_like(decided.price))


class _Mending:
    """Moves single cases between and within the queues while that lowers the cost of the plan."""

    def __init__(
        self, queues: list[Queue], left: list[WaitingCase], policy: Policy, travel: TravelTimes, at: datetime
    ) -> None:
        self.queues = queues
        self.cases = [case for queue in queues for case in queue.cases] + left
        self.left = left
        self.policy = policy
        self.tries = _MOST_TRIES
        if self.cases and len(self.cases) <= _MOST_CASES:
            self._measure(travel, at)
        else:
            self.tries = 0

    def _measure(self, travel: TravelTimes, at: datetime) -> None:
        """Ask for every way once, and what each crew costs at each case besides its arrival."""
        decided = match(
            self.cases, [queue.ready for queue in self.queues], policy=self.policy, travel=travel, at=at
        ).decided
        sheet = decided.sheet
        self.row = {case.id: i for i, case in enumerate(sheet.cases)}
        column = {crew.id: j for j, crew in enumerate(sheet.crews)}
        self.column = [column[queue.ready.id] for queue in self.queues]
        places = np.array([(case.lat, case.lon) for case in sheet.cases], np.float64)
        self.between = np.asarray(travel.seconds(places, places, at), np.float64)
        self.first = (sheet.eta - sheet.of_crews.queue) / TENTHS
        self.able = decided.codes == ABLE
        self.besides = _besides(decided)
        self.weight = sheet.of_cases.weight
        self.slack = sheet.of_cases.slack / TENTHS
        self.nobody = (decided.nobody + decided.base) / TENTHS

    def run(self) -> None:
        """Go over all cases again and again until nothing gets better or the tries are used up."""
        better = True
        while better and self.tries > 0:
            better = sum(self._move(case) for case in self.cases) > 0

    def _move(self, case: WaitingCase) -> bool:
        """Put one case where it costs the least, its own place included; tell whether that changed."""
        home = next((q for q, queue in enumerate(self.queues) if case in queue.cases), None)
        i = self.row[case.id]
        if home is None:
            now, without = float(self.nobody[i]), None
        else:
            without = [other for other in self.queues[home].cases if other is not case]
            now = self._cost(home, self.queues[home].cases) - self._cost(home, without)
        best, where = now - 0.05, None
        for q, queue in enumerate(self.queues):
            others = without if q == home and without is not None else queue.cases
            if len(others) >= queue.room or not self.able[i, self.column[q]]:
                continue
            before = self._cost(q, others)
            for place in range(len(others) + 1):
                self.tries -= 1
                cost = self._cost(q, [*others[:place], case, *others[place:]]) - before
                if cost < best:
                    best, where = cost, (q, place)
        if where is None:
            return False
        if home is not None:
            self.queues[home].cases.remove(case)
        self.queues[where[0]].cases.insert(where[1], case)
        return True

    def _cost(self, q: int, cases: Sequence[WaitingCase]) -> float:
        """Give what a crew's queue costs in this order; infinite where its shift ends before."""
        crew, j = self.queues[q].ready, self.column[q]
        latest = np.inf if crew.shift_ends_in_s is None else crew.shift_ends_in_s
        latest -= self.policy.work_before_shift_end_s
        free, cost, at = crew.free_in_s, 0.0, None
        for case in cases:
            i = self.row[case.id]
            arrival = free + float(self.first[i, j] if at is None else self.between[at, i])
            if arrival > latest:
                return np.inf
            late = max(0.0, arrival - float(self.slack[i]))
            cost += arrival + float(self.weight[i]) * late + float(self.besides[i, j])
            free, at = arrival + case.work_s, i
        return cost


def _besides(decided: Decided) -> FloatArray:
    """Give what each pair (n, m) costs in seconds besides its arrival."""
    sheet = decided.sheet
    cases = sheet.of_cases.at((slice(None), None))
    late = np.rint(cases.weight * np.maximum(sheet.eta - cases.slack, 0.0))
    besides: FloatArray = (decided.total + decided.base[:, None] - late - sheet.eta) / TENTHS
    return besides
