"""What each pair of case and crew costs, term by term, over whole arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from routing.problem import CandidateCrew, Policy, WaitingCase
from routing.travel import TravelTimes

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

TENTHS = 10  # costs are whole tenths of a second, so that sums are exact
NO_CREW = -1
_LONGEST_S = 1e6  # a longer way, 11 days, is none
_NOT_OFFERED = -2


@dataclass(frozen=True, slots=True)
class Sheet:
    """All pairs of n cases and m crews, both in the order of their ids.

    `eta` (n, m) in tenths of a second, 0 where not `known` (n, m). `outside` (n, m) is true where the crew
    would leave its home area. `offered` (n,) is the crew that holds the open offer of the case.
    """

    cases: tuple[WaitingCase, ...]
    crews: tuple[CandidateCrew, ...]
    policy: Policy
    eta: IntArray
    known: BoolArray
    outside: BoolArray
    offered: IntArray


def lay_out(
    cases: Sequence[WaitingCase],
    crews: Sequence[CandidateCrew],
    policy: Policy,
    travel: TravelTimes,
    at: datetime,
) -> Sheet:
    """Bring cases and crews into the order of their ids and ask for the travel times.

    Raises ValueError where an id comes twice or the travel times have another shape than asked for.
    """
    in_order = tuple(sorted(cases, key=lambda case: case.id)), tuple(sorted(crews, key=lambda crew: crew.id))
    for things in in_order:
        _refuse_twins([thing.id for thing in things])
    seconds = _travel_seconds(*in_order, travel, at)
    known = (seconds >= 0) & (seconds <= _LONGEST_S)
    return Sheet(
        cases=in_order[0],
        crews=in_order[1],
        policy=policy,
        eta=_tenths(np.where(known, seconds, 0.0)),
        known=known,
        outside=_outside(*in_order),
        offered=_offered(*in_order),
    )


def terms(sheet: Sheet, rows: IntArray, columns: IntArray) -> Mapping[str, IntArray]:
    """Give the cost terms of the pairs (rows, columns), in tenths of a second.

    Both index arrays broadcast together, and so do the terms: (n, 1) with (1, m) prices every pair, (n, 1)
    with (n, k) some.
    """
    policy, cases, crews = sheet.policy, sheet.cases, sheet.crews
    eta = sheet.eta[rows, columns]
    weight = _column([policy.lateness_weight(case.priority) for case in cases])[rows]
    slack = _column([case.arrival_target_s - case.age_s for case in cases])[rows]
    offered = sheet.offered[rows]
    switched = (offered != _NOT_OFFERED) & (offered != columns)
    position_age = _column([crew.position_age_s or 0.0 for crew in crews])[columns]
    return {
        "travel": eta,
        "lateness": _tenths(weight * np.maximum(0.0, eta / TENTHS - slack)),
        "mutual_aid": np.where(sheet.outside[rows, columns], _tenth(policy.mutual_aid_s), 0),
        "fairness": _fairness(crews, policy)[columns],
        "switching": np.where(switched, _tenth(policy.switching_s), 0),
        "position_age": _tenths(policy.position_age_weight * position_age),
    }


def totals(sheet: Sheet) -> IntArray:
    """Give the cost (n, m) of every pair in tenths of a second, whether the crew may go or not."""
    rows = np.arange(len(sheet.cases))[:, None]
    columns = np.arange(len(sheet.crews))[None, :]
    total = np.zeros((len(sheet.cases), len(sheet.crews)), np.int64)
    for term in terms(sheet, rows, columns).values():
        total += term
    return total


def nobody(sheet: Sheet, total: IntArray, able: BoolArray) -> IntArray:
    """Give the cost (n,) of leaving each case without a crew, in tenths of a second.

    It is that of arriving `nobody_after_s` from now, and always more than that of the dearest able crew: a
    case does not wait while a crew that may go stands idle.
    """
    policy = sheet.policy
    weight = _column([policy.lateness_weight(case.priority) for case in sheet.cases])
    slack = _column([case.arrival_target_s - case.age_s for case in sheet.cases])
    late = _tenths(policy.nobody_after_s + weight * np.maximum(0.0, policy.nobody_after_s - slack))
    late += np.where(sheet.offered == _NOT_OFFERED, 0, _tenth(policy.switching_s))
    dearest = np.where(able, total, np.iinfo(np.int64).min).max(axis=1, initial=np.iinfo(np.int64).min)
    return np.where(able.any(axis=1), np.maximum(late, dearest + 1), late)


def _refuse_twins(ids: Sequence[str]) -> None:
    for one, next_one in pairwise(ids):
        if one == next_one:
            raise ValueError(f"{one} comes twice")


def _travel_seconds(
    cases: tuple[WaitingCase, ...], crews: tuple[CandidateCrew, ...], travel: TravelTimes, at: datetime
) -> FloatArray:
    """Ask for the times (n, m) of the crews whose position is known; NaN for the others."""
    seconds = np.full((len(cases), len(crews)), np.nan)
    placed = [(j, crew.lat, crew.lon) for j, crew in enumerate(crews) if None not in (crew.lat, crew.lon)]
    if not placed or not cases:
        return seconds
    origins = np.array([(lat, lon) for _, lat, lon in placed], np.float64)
    destinations = np.array([(case.lat, case.lon) for case in cases], np.float64)
    answer = np.asarray(travel.seconds(origins, destinations, at), np.float64)
    if answer.shape != (len(origins), len(destinations)):
        raise ValueError(
            f"travel times of shape {answer.shape}, asked for {len(origins)}, {len(destinations)}"
        )
    seconds[:, [j for j, _, _ in placed]] = answer.T
    return seconds


def _outside(cases: tuple[WaitingCase, ...], crews: tuple[CandidateCrew, ...]) -> BoolArray:
    codes: dict[str | None, int] = {None: NO_CREW}
    place = np.array([codes.setdefault(case.area, len(codes)) for case in cases], np.int64)
    home = np.array([codes.setdefault(crew.home_area, len(codes)) for crew in crews], np.int64)
    bounded: BoolArray = (place != NO_CREW)[:, None] & (home != NO_CREW)[None, :]
    bounded &= place[:, None] != home[None, :]
    return bounded


def _offered(cases: tuple[WaitingCase, ...], crews: tuple[CandidateCrew, ...]) -> IntArray:
    index = {crew.id: j for j, crew in enumerate(crews)}
    held = [
        _NOT_OFFERED if case.offered_to is None else index.get(case.offered_to, NO_CREW) for case in cases
    ]
    return np.array(held, np.int64)


def _fairness(crews: tuple[CandidateCrew, ...], policy: Policy) -> IntArray:
    on_shift = [crew.jobs_done for crew in crews if crew.on_shift]
    mean = sum(on_shift) / len(on_shift) if on_shift else 0.0
    jobs = _column([crew.jobs_done for crew in crews])
    return _tenths(policy.fairness_s_per_job * (jobs - mean))


def _column(values: Sequence[float]) -> FloatArray:
    return np.array(values, np.float64)


def _tenths(seconds: FloatArray) -> IntArray:
    return np.rint(seconds * TENTHS).astype(np.int64)


def _tenth(seconds: float) -> int:
    return round(seconds * TENTHS)
