"""A district's calls played through the live decision, event by event, with other crews or another policy."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Literal

import numpy as np

from routing import coverage, matching
from routing.costs import NO_CREW, TENTHS, FloatArray
from routing.coverage import Demand
from routing.explaining import Decided
from routing.problem import CandidateCrew, Policy, WaitingCase
from routing.travel import TravelTimes

Point = tuple[float, float]
_RESUME_S = 60.0
"""What it costs a case to be taken up again by another crew."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call: seconds after the start, its place, and how long a crew works there."""

    id: str
    at_s: float
    place: Point
    priority: int
    capabilities: frozenset[str]
    work_s: float
    target_s: float = 300.0
    area: str | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """A crew, the base it returns to, and when it is on duty (seconds after the start)."""

    id: str
    base: Point
    capabilities: frozenset[str]
    duty: tuple[tuple[float, float], ...] = ((0.0, float("inf")),)
    area: str | None = None
    mutual_aid: bool = True

    def ends(self, now: float) -> float | None:
        """Give when the duty that covers this moment ends; None off duty."""
        return max((end for begin, end in self.duty if begin <= now < end), default=None)


@dataclass(frozen=True, slots=True)
class Tactics:
    """What is switched on.

    `rule` nearest sends the nearest able idle crew, first come first served; optimal decides as the house.
    `redecide` also turns crews that are on the road, `preempt` calls crews of lesser work to priority 1,
    `reposition` sends a freed crew to the base where it covers most (with demand given), `cover` prices what
    a crew's leaving costs the next calls.
    """

    name: str
    rule: Literal["nearest", "optimal"] = "optimal"
    redecide: bool = False
    preempt: bool = False
    reposition: bool = False
    cover: bool = False


NEAREST = Tactics("nearest", rule="nearest")
OPTIMAL = Tactics("optimal")
REDECIDE = Tactics("redecide", redecide=True)
REPOSITION = Tactics("reposition", redecide=True, reposition=True)
FULL = Tactics("full", redecide=True, reposition=True, preempt=True)
COVERING = Tactics("covering", redecide=True, reposition=True, preempt=True, cover=True)
ALL = (NEAREST, OPTIMAL, REDECIDE, REPOSITION, FULL, COVERING)


@dataclass(frozen=True, slots=True)
class District:
    """What stays the same whatever is tried: travel without setting off, and the start."""

    travel: TravelTimes
    starts: datetime
    policy: Policy = field(default_factory=Policy)
    turnout_s: float = 60.0
    demand: Demand | None = None


@dataclass(slots=True)
class Outcome:
    """What became of one call, in seconds after it came; None where that never happened."""

    call: Call
    sent_s: float | None = None
    arrived_s: float | None = None
    turned: int = 0
    interrupted: int = 0


@dataclass(slots=True)
class _Crew:
    """A crew on its way from `from_` (left at `leaves`) to `to` (there at `there`), for a case or a base."""

    unit: Unit
    from_: Point
    to: Point
    leaves: float = 0.0
    there: float = 0.0
    case: str | None = None
    on_scene: bool = False
    turned: int = 0
    done: int = 0
    trip: int = 0
    driven_s: float = 0.0

    def place(self, now: float) -> Point:
        """Give where it is: on the straight line, at the pace of the trip."""
        if now >= self.there or self.there <= self.leaves:
            return self.to
        share = max(0.0, (now - self.leaves) / (self.there - self.leaves))
        return tuple(a + share * (b - a) for a, b in zip(self.from_, self.to, strict=True))  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Played:
    """The outcomes in the order of the calls, and how the crews spent their time."""

    outcomes: Sequence[Outcome]
    busy: float
    driven_s: float

    def waits(self) -> FloatArray:
        """Give the seconds (n,) from call to arrival; infinite where nobody came."""
        return np.array([np.inf if one.arrived_s is None else one.arrived_s for one in self.outcomes])


def play(calls: Sequence[Call], units: Sequence[Unit], tactics: Tactics, district: District) -> Played:
    """Play all calls; the same input gives the same outcome."""
    return _Play(calls, units, tactics, district).run()


class _Play:
    """The state of one run; time moves from event to event."""

    def __init__(
        self, calls: Sequence[Call], units: Sequence[Unit], tactics: Tactics, district: District
    ) -> None:
        self.tactics, self.district = tactics, district
        self.policy = district.policy if tactics.preempt else replace(district.policy, preempts=0)
        self.calls = {call.id: call for call in calls}
        self.outcomes = {call.id: Outcome(call) for call in calls}
        self.left_s = {call.id: call.work_s for call in calls}
        self.crews = {
            unit.id: _Crew(unit, unit.base, unit.base) for unit in sorted(units, key=lambda u: u.id)
        }
        self.waiting: dict[str, None] = {}
        self.now = 0.0
        self.busy_s = 0.0
        self.numbers = count()
        self.events: list[tuple[float, int, str, str, int]] = []
        for call in calls:
            self._plan(call.at_s, "call", call.id, 0)
        for unit in units:
            for begin, _ in unit.duty:
                if begin > 0:
                    self._plan(begin, "duty", unit.id, 0)
        self.base_places = sorted({unit.base for unit in units})
        self.base_index = {base: b for b, base in enumerate(self.base_places)}
        self.within = self._reach()

    def run(self) -> Played:
        """Play until the last crew is done."""
        while self.events:
            self.now = self.events[0][0]
            changed = False
            while self.events and self.events[0][0] == self.now:
                _, _, kind, who, trip = heapq.heappop(self.events)
                changed |= bool(getattr(self, f"_{kind}")(who, trip))
            if changed:
                self._decide()
        hours = max((call.at_s for call in self.calls.values()), default=0.0) or 1.0
        driven = sum(crew.driven_s for crew in self.crews.values())
        return Played(list(self.outcomes.values()), self.busy_s / (hours * max(1, len(self.crews))), driven)

    def _plan(self, at_s: float, kind: str, who: str, trip: int) -> None:
        heapq.heappush(self.events, (at_s, next(self.numbers), kind, who, trip))

    def _call(self, case_id: str, _trip: int) -> bool:
        self.waiting[case_id] = None
        return True

    def _duty(self, _crew_id: str, _trip: int) -> bool:
        return True

    def _arrival(self, crew_id: str, trip: int) -> bool:
        crew = self.crews[crew_id]
        if crew.trip != trip or crew.case is None:
            return False
        crew.on_scene = True
        outcome = self.outcomes[crew.case]
        if outcome.arrived_s is None:
            outcome.arrived_s = self.now - outcome.call.at_s
        self._plan(self.now + self.left_s[crew.case], "finish", crew_id, trip)
        return False

    def _finish(self, crew_id: str, trip: int) -> bool:
        crew = self.crews[crew_id]
        if crew.trip != trip or not crew.on_scene:
            return False
        self._spend(crew)
        crew.case, crew.on_scene, crew.turned = None, False, 0
        crew.done += 1
        self._drive(crew, self._base_for(crew))
        return True

    def _decide(self) -> None:
        cases = [self._waiting_case(case_id) for case_id in self.waiting]
        if not cases:
            return
        if self.tactics.rule == "nearest":
            self._nearest()
            return
        if self.tactics.redecide:
            on_road = [crew for crew in self.crews.values() if crew.case and not crew.on_scene]
            cases += [self._waiting_case(str(crew.case), crew) for crew in on_road]
        crews = [self._candidate(crew) for crew in self.crews.values()]
        if self.tactics.cover and self.district.demand is not None:
            crews = self._with_coverage(crews, self.district.demand)
        decided = matching.match(
            cases, crews, policy=self.policy, travel=self.district.travel, at=self._clock()
        ).decided
        turned = self._turn(decided)
        self._send_all(decided, turned)
        for crew in turned:
            if crew.case is None:
                self._drive(crew, crew.unit.base)

    def _turn(self, decided: Decided) -> list[_Crew]:
        """Take its case from every crew on the road that lost it; give these crews."""
        turned = []
        for i, j in enumerate(decided.crew_of.tolist()):
            case = decided.sheet.cases[i]
            chosen = None if j == NO_CREW else decided.sheet.crews[j].id
            if case.offered_to is None or case.offered_to == chosen:
                continue
            self.outcomes[case.id].turned += 1
            self.waiting[case.id] = None
            crew = self.crews[case.offered_to]
            self._spend(crew)
            crew.case = None
            turned.append(crew)
        return turned

    def _send_all(self, decided: Decided, turned: list[_Crew]) -> None:
        """Send every crew that was chosen for a case that it does not go to already."""
        for i, j in enumerate(decided.crew_of.tolist()):
            case = decided.sheet.cases[i]
            crew = None if j == NO_CREW else self.crews[decided.sheet.crews[j].id]
            if crew is not None and crew.case != case.id:
                self._send(crew, case.id, float(decided.sheet.eta[i, j]) / TENTHS, was_turned=crew in turned)

    def _nearest(self) -> None:
        """Send the nearest able idle crew to each case, first come first served."""
        for case_id in list(self.waiting):
            call = self.calls[case_id]
            able = [
                crew
                for crew in self.crews.values()
                if crew.case is None
                and crew.unit.ends(self.now) is not None
                and call.capabilities <= crew.unit.capabilities
            ]
            if able:
                ways = self._ways([crew.place(self.now) for crew in able], [call.place])[:, 0]
                best = int(ways.argmin())
                self._send(able[best], case_id, self.district.turnout_s + float(ways[best]), was_turned=False)

    def _send(self, crew: _Crew, case_id: str, eta_s: float, *, was_turned: bool) -> None:
        if crew.case is not None:  # called away from its work
            self.left_s[crew.case] = max(0.0, self._ends(crew) - self.now) + _RESUME_S
            self.outcomes[crew.case].interrupted += 1
            self.waiting[crew.case] = None
            self._spend(crew)
        crew.from_, crew.to = crew.place(self.now), self.calls[case_id].place
        moving = was_turned and self.now > crew.leaves
        crew.leaves = self.now + (0.0 if moving else self.district.turnout_s)
        crew.there = self.now + eta_s
        crew.case, crew.on_scene, crew.trip = case_id, False, crew.trip + 1
        crew.turned += was_turned
        self.waiting.pop(case_id, None)
        outcome = self.outcomes[case_id]
        if outcome.sent_s is None:
            outcome.sent_s = self.now - outcome.call.at_s
        self._plan(crew.there, "arrival", crew.unit.id, crew.trip)

    def _drive(self, crew: _Crew, to: Point) -> None:
        """Let an idle crew drive to a base; it may be sent from anywhere on its way."""
        crew.from_, crew.to = crew.place(self.now), to
        crew.leaves, crew.trip = self.now, crew.trip + 1
        crew.there = self.now + float(self._ways([crew.from_], [to])[0, 0])

    def _spend(self, crew: _Crew) -> None:
        """Count the time a crew gave to the case that it is done with or taken from."""
        begun = crew.leaves if crew.on_scene or self.now > crew.leaves else self.now
        self.busy_s += self.now - begun
        crew.driven_s += min(self.now, crew.there) - min(begun, crew.there)

    def _ends(self, crew: _Crew) -> float:
        return crew.there + self.left_s[str(crew.case)]

    def _waiting_case(self, case_id: str, crew: _Crew | None = None) -> WaitingCase:
        call = self.calls[case_id]
        return WaitingCase(
            id=case_id,
            lat=call.place[0],
            lon=call.place[1],
            priority=call.priority,
            capabilities=call.capabilities,
            area=call.area,
            age_s=self.now - call.at_s,
            arrival_target_s=call.target_s,
            offered_to=None if crew is None else crew.unit.id,
            under_way=crew is not None,
            diversions=self.outcomes[case_id].turned,
            work_s=self.left_s[case_id],
        )

    def _candidate(self, crew: _Crew) -> CandidateCrew:
        ends = crew.unit.ends(self.now)
        lat, lon = crew.place(self.now)
        status = "available" if crew.case is None else "on_scene" if crew.on_scene else "en_route"
        resting = crew.case is None or self.now < crew.leaves
        lesser = self.tactics.preempt and crew.on_scene and crew.case is not None
        return CandidateCrew(
            id=crew.unit.id,
            lat=lat,
            lon=lon,
            position_age_s=0.0,
            capabilities=crew.unit.capabilities,
            on_shift=ends is not None,
            shift_ends_in_s=None if ends in {None, float("inf")} else float(ends or 0.0) - self.now,
            status=status,
            load=int(crew.case is not None),
            capacity=1,
            home_area=crew.unit.area,
            mutual_aid=crew.unit.mutual_aid,
            jobs_done=crew.done,
            free_in_s=max(0.0, crew.leaves - self.now if crew.case else self.district.turnout_s) * resting,
            works_on=self.calls[str(crew.case)].priority if lesser else None,
            diversions=crew.turned,
        )

    def _with_coverage(self, crews: list[CandidateCrew], demand: Demand) -> list[CandidateCrew]:
        idle = [j for j, crew in enumerate(crews) if crew.status == "available" and crew.on_shift]
        if not idle:
            return crews
        ways = self._ways([(crews[j].lat or 0.0, crews[j].lon or 0.0) for j in idle], demand.places)
        for row, j in zip(ways, idle, strict=True):
            row[demand.weight_for(crews[j].capabilities) == 0.0] = np.inf
        longer = coverage.longer_waits(ways, demand.weight, self.policy.nobody_after_s)
        priced = list(crews)
        for j, seconds in zip(idle, longer.tolist(), strict=True):
            priced[j] = replace(crews[j], coverage_s=seconds)
        return priced

    def _base_for(self, crew: _Crew) -> Point:
        demand = self.district.demand
        if not self.tactics.reposition or demand is None or self.within is None:
            return crew.unit.base
        index = self.base_index
        standing = np.zeros(len(self.base_places), np.int64)
        like = [other for other in self.crews.values() if crew.unit.capabilities & other.unit.capabilities]
        for other in like:
            if other is not crew and other.case is None and other.unit.ends(self.now) is not None:
                standing[index[other.to]] += 1
        busy = float(np.mean([other.case is not None for other in like]))
        weight = demand.weight_for(crew.unit.capabilities)
        home = index[crew.unit.base]
        best = coverage.best_base(self.within, weight, standing, min(0.9, max(0.1, busy)), home)
        return self.base_places[best]

    def _reach(self) -> Any:  # noqa: ANN401 - an array of truth values, or none
        demand = self.district.demand
        if demand is None or not self.base_places:
            return None
        return self._ways(self.base_places, demand.places) <= self._target() - self.district.turnout_s

    def _target(self) -> float:
        targets = [call.target_s for call in self.calls.values()]
        return float(np.median(targets)) if targets else 300.0

    def _ways(self, origins: Any, destinations: Any) -> FloatArray:  # noqa: ANN401 - points in any form
        here, there = (np.asarray(some, np.float64).reshape(-1, 2) for some in (origins, destinations))
        return self.district.travel.seconds(here, there, self._clock())

    def _clock(self) -> datetime:
        return self.district.starts + timedelta(seconds=self.now)


def difference(
    ours: Sequence[FloatArray],
    theirs: Sequence[FloatArray],
    within_s: float,
    *,
    draws: int = 2000,
    seed: int = 1,
) -> tuple[float, float, float]:
    """Give how many points more of the calls are reached in time, and the 95 % interval of that.

    Both hold the waits of the same blocks of calls, paired; whole blocks are drawn with replacement, because
    calls of one hour (or of one seed) have their crews in common.
    """
    gains = np.array(
        [(a <= within_s).sum() - (b <= within_s).sum() for a, b in zip(ours, theirs, strict=True)]
    )
    sizes = np.array([len(a) for a in ours])
    drawn = np.random.default_rng(seed).integers(0, len(sizes), (draws, len(sizes)))
    share = 100 * gains[drawn].sum(axis=1) / np.maximum(1, sizes[drawn].sum(axis=1))
    low, high = np.percentile(share, [2.5, 97.5])
    return float(100 * gains.sum() / max(1, sizes.sum())), float(low), float(high)


def blocks(played: Played, seconds: float = 3600.0) -> list[FloatArray]:
    """Cut the waits of a run by when the call came, for `difference`."""
    parts: dict[int, list[float]] = {}
    for one, wait in zip(played.outcomes, played.waits().tolist(), strict=True):
        parts.setdefault(int(one.call.at_s // seconds), []).append(wait)
    return [np.array(parts[hour]) for hour in sorted(parts)]
