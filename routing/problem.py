"""What is to be decided: the waiting cases, the crews, and the policy that weighs one against the other."""

from dataclasses import dataclass

HEAVIEST = 500.0
DEAREST_S = 100_000.0


@dataclass(frozen=True, slots=True)
class WaitingCase:
    """A case that wants a crew now.

    `lat`, `lon` in degrees (WGS-84). `priority` 1 (highest) to 4. `capabilities` are all needed of one crew.
    `area` is the area whose crews are at home here, None where borders do not matter. `age_s` is the time
    since the case was filed, `arrival_target_s` the promise counted from the same moment. `offered_to` is the
    crew whose assignment may be reconsidered in this decision; `under_way` says that it is on the road
    already, `diversions` how often the case has changed its crew on the road. `work_s` is how long a crew
    will be busy there.

    `also` are the further crews of its response card, each by what it must be able to do. They are sought and
    priced one by one, so that what can go goes; with `together` all are sent or none.
    """

    id: str
    lat: float
    lon: float
    priority: int
    capabilities: frozenset[str]
    area: str | None
    age_s: float
    arrival_target_s: float
    refused_by: frozenset[str] = frozenset()
    offered_to: str | None = None
    under_way: bool = False
    diversions: int = 0
    work_s: float = 1200.0
    also: tuple[frozenset[str], ...] = ()
    together: bool = False


@dataclass(frozen=True, slots=True)
class CandidateCrew:
    """A crew as the decision sees it.

    A position without a known age is not trusted. `shift_ends_in_s` is None where the shift has no set end.
    `status` is one of available, notified, acknowledged, en_route, on_scene, cleared, delayed,
    out_of_service. `load` counts the cases the crew holds, open offers included, `capacity` how many it may
    hold. `free_in_s` is when it can set off for a further case, and `lat`, `lon` the place from where: the
    last case of its queue, for a crew that has one. `home_area` None means at home everywhere; `mutual_aid`
    lets it help outside its area, at a cost. `works_on` is the priority of the case it is working on, from
    which a more urgent one may call it away; None where that is not allowed. `diversions` counts how often
    it was turned on the road. `coverage_s` is how long those who call next wait more when it has left
    (`routing.coverage`).
    """

    id: str
    lat: float | None
    lon: float | None
    position_age_s: float | None
    capabilities: frozenset[str]
    on_shift: bool
    shift_ends_in_s: float | None
    status: str
    load: int
    capacity: int
    home_area: str | None
    mutual_aid: bool
    jobs_done: int
    free_in_s: float = 0.0
    works_on: int | None = None
    diversions: int = 0
    coverage_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Policy:
    """Every weight and limit of a decision; a weight turns something into seconds of delay worth as much.

    lateness_weights         s per s late beyond the arrival target, for priority 1, 2, 3, 4
    mutual_aid_s             s for a crew outside its home area
    fairness_s_per_job       s per job done above the mean of the crews on shift, a bonus below it
    switching_s              s for taking an unacknowledged offer from the crew that has it
    diversion_s              s for taking a case from a crew that is on the road to it
    preemption_s             s for calling a crew away from its work, times the root of that case's weight
    coverage_weight          s per s that the next callers wait longer because this crew is gone
    position_age_weight      s per s of age of the crew's position
    stale_position_s         s, an older position is not used
    work_before_shift_end_s  s of shift that must remain after arrival
    nobody_after_s           s, leaving a case without a crew costs as much as arriving so late
    preempts                 the lowest priority that may call a crew away from a lesser case's work
    most_diversions          how often a crew may be turned on the road, and a case lose its crew so
    freeze_s                 s before its arrival a crew is not turned any more
    queue                    cases a crew may be given in one plan, up to its capacity
    nearest_k                cheapest crews per case the solver starts from; alters the time, not the cost
    solve_within_s           s, after which no further round of proof is begun
    explained_crews          crews listed in one explanation; the rest is counted
    """

    lateness_weights: tuple[float, float, float, float] = (20.0, 8.0, 3.0, 1.0)
    mutual_aid_s: float = 45.0
    fairness_s_per_job: float = 3.0
    switching_s: float = 60.0
    diversion_s: float = 60.0
    preemption_s: float = 300.0
    coverage_weight: float = 1.0
    position_age_weight: float = 0.1
    stale_position_s: float = 300.0
    work_before_shift_end_s: float = 600.0
    nobody_after_s: float = 3000.0
    preempts: int = 1
    most_diversions: int = 2
    freeze_s: float = 60.0
    queue: int = 3
    nearest_k: int = 32
    solve_within_s: float = 2.0
    explained_crews: int = 40

    def __post_init__(self) -> None:
        weights = (*self.lateness_weights, self.fairness_s_per_job, self.coverage_weight)
        if not all(0 <= weight <= HEAVIEST for weight in (*weights, self.position_age_weight)):
            raise ValueError(f"weights lie between 0 and {HEAVIEST:.0f}")
        penalties = (self.mutual_aid_s, self.switching_s, self.diversion_s, self.preemption_s)
        if not all(0 <= penalty <= DEAREST_S for penalty in (*penalties, self.nobody_after_s)):
            raise ValueError(f"penalties lie between 0 and {DEAREST_S:.0f} s")

    def lateness_weight(self, priority: int) -> float:
        """Give the weight of a priority; one outside 1 to 4 counts as the nearest of them."""
        return self.lateness_weights[min(max(priority, 1), len(self.lateness_weights)) - 1]
