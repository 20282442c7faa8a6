"""What is to be decided: the waiting cases, the crews, and the policy that weighs one against the other."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WaitingCase:
    """A case that wants a crew now.

    `lat`, `lon` in degrees (WGS-84). `priority` 1 (highest) to 4. `capabilities` are all needed of one crew.
    `area` is the area whose crews are at home here, None where borders do not matter. `age_s` is the time
    since the case was filed, `arrival_target_s` the promise counted from the same moment. `offered_to` is the
    crew whose unacknowledged offer may be reconsidered in this decision.
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


@dataclass(frozen=True, slots=True)
class CandidateCrew:
    """A crew as the decision sees it.

    A position without a known age is not trusted. `shift_ends_in_s` is None where the shift has no set end.
    `status` is one of available, notified, acknowledged, en_route, on_scene, cleared, delayed,
    out_of_service. `load` counts the cases the crew holds, open offers included, `capacity` how many it may
    hold. `home_area` None means at home everywhere; `mutual_aid` lets it help outside its area, at a cost.
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


@dataclass(frozen=True, slots=True)
class Policy:
    """Every weight and limit of a decision; a weight turns something into seconds of delay worth as much.

    lateness_weights         s per s late beyond the arrival target, for priority 1, 2, 3, 4
    mutual_aid_s             s for a crew outside its home area
    fairness_s_per_job       s per job done above the mean of the crews on shift, a bonus below it
    switching_s              s for taking an unacknowledged offer from the crew that has it
    position_age_weight      s per s of age of the crew's position
    stale_position_s         s, an older position is not used
    work_before_shift_end_s  s of shift that must remain after arrival
    nobody_after_s           s, leaving a case without a crew costs as much as arriving so late
    nearest_k                cheapest crews per case the solver starts from; alters the time, not the cost
    explained_crews          crews listed in one explanation; the rest is counted
    """

    lateness_weights: tuple[float, float, float, float] = (20.0, 8.0, 3.0, 1.0)
    mutual_aid_s: float = 45.0
    fairness_s_per_job: float = 3.0
    switching_s: float = 60.0
    position_age_weight: float = 0.1
    stale_position_s: float = 300.0
    work_before_shift_end_s: float = 600.0
    nobody_after_s: float = 3000.0
    nearest_k: int = 32
    explained_crews: int = 40

    def lateness_weight(self, priority: int) -> float:
        """Give the weight of a priority; one outside 1 to 4 counts as the nearest of them."""
        return self.lateness_weights[min(max(priority, 1), len(self.lateness_weights)) - 1]
