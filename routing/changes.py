"""What would have to change before a crew that is out could be sent."""

from collections.abc import Mapping

from routing.problem import CandidateCrew, Policy, WaitingCase


def needed(
    reason: str, case: WaitingCase, crew: CandidateCrew, policy: Policy, eta_s: float
) -> Mapping[str, object]:
    """Give the change as data: what is missing, or the limit that is not met and by how much."""
    change: dict[str, object] = {}
    match reason:
        case "no_capability":
            change = {"missing": sorted(case.capabilities - crew.capabilities)}
        case "shift_ends":
            left_s = crew.shift_ends_in_s or 0.0
            change = {"shift_longer_by_s": round(eta_s + policy.work_before_shift_end_s - left_s, 1)}
        case "not_available":
            change = {"status": "available", "is": crew.status}
        case "busy":
            change = {"load_below": crew.capacity, "is": crew.load}
        case "stale_position":
            change = {"position_age_at_most_s": policy.stale_position_s, "is": crew.position_age_s}
        case "out_of_area":
            change = {"mutual_aid": True, "home_area": crew.home_area}
    return change
