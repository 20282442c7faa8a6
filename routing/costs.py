"""What each pair of case and crew costs, term by term, over whole arrays."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.problem import CandidateCrew, Policy, WaitingCase
from routing.travel import LONGEST_S, TravelTimes, sources

IntArray = NDArray[np.int64]
TenthsArray = NDArray[np.int32]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

TENTHS = 10  # costs are whole tenths of a second, so that sums are exact
NO_CREW = -1
FAR = np.int32(1 << 30)  # dearer than any pair; with a price of as much again it still fits 32 bits
_NOT_OFFERED = -2
_BLOCK = 1 << 16  # pairs priced at once: what fits the processor's cache
_MOST = 1 << 26  # tenths, 78 days, that one of a crew's own terms may reach


@dataclass(frozen=True, slots=True)
class Cases:
    """What the price of a pair takes from the case: vectors (n,) in the order of the rows."""

    weight: FloatArray
    slack: FloatArray
    place: IntArray
    offered: IntArray
    switch: FloatArray

    def at(self, index: Any) -> "Cases":  # noqa: ANN401 - whatever numpy takes for an index
        """Give the same vectors at some rows."""
        return Cases(*(getattr(self, name)[index] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Crews:
    """What the price of a pair takes from the crew: vectors (m,) in the order of the columns."""

    number: IntArray
    home: IntArray
    queue: IntArray
    fairness: IntArray
    preemption: IntArray
    coverage: IntArray
    position_age: IntArray

    def at(self, index: Any) -> "Crews":  # noqa: ANN401 - whatever numpy takes for an index
        """Give the same vectors at some columns."""
        return Crews(*(getattr(self, name)[index] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Sheet:
    """All pairs of n tasks and m crews, both in the order of their ids.

    A case that wants several crews stands in as many rows, `slot` (n,) telling them apart. `eta` (n, m) is
    the time to arrival in tenths of a second, 0 where not `known` (n, m).
    """

    cases: tuple[WaitingCase, ...]
    slot: tuple[int, ...]
    crews: tuple[CandidateCrew, ...]
    policy: Policy
    eta: TenthsArray
    known: BoolArray
    of_cases: Cases
    of_crews: Crews
    eta_sources: tuple[str, ...]


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
    wanted, crews = sorted(cases, key=lambda case: case.id), tuple(sorted(crews, key=lambda crew: crew.id))
    _refuse_twins([case.id for case in wanted])
    _refuse_twins([crew.id for crew in crews])
    tasks = [task for case in wanted for task in _tasks(case)]
    rows = tuple(case for case, _ in tasks)
    eta, known = _arrivals(rows, crews, travel, at)
    codes: dict[str | None, int] = {None: NO_CREW}
    return Sheet(
        cases=rows,
        slot=tuple(slot for _, slot in tasks),
        crews=crews,
        policy=policy,
        eta=eta,
        known=known,
        of_cases=_of_cases(rows, crews, policy, codes),
        of_crews=_of_crews(crews, policy, codes),
        eta_sources=_eta_sources(rows, travel, at),
    )


def terms(sheet: Sheet, rows: IntArray, columns: IntArray) -> Mapping[str, IntArray]:
    """Give the cost terms of the pairs (rows, columns), in tenths of a second; both arrays broadcast."""
    rows, columns = np.broadcast_arrays(rows, columns)
    return _terms(sheet.eta[rows, columns], sheet.of_cases.at(rows), sheet.of_crews.at(columns), sheet.policy)


def base(sheet: Sheet) -> IntArray:
    """Give the part (n,) of each row's cost that no crew can help: the lateness that is there already."""
    return _tenths(sheet.of_cases.weight * np.maximum(0.0, -sheet.of_cases.slack))


def totals(sheet: Sheet, able: BoolArray) -> TenthsArray:
    """Give the cost (n, m) of every pair above its row's `base`, in tenths; FAR where the crew may not go."""
    total = np.empty(sheet.eta.shape, np.int32)
    lowest = base(sheet)
    crews = sheet.of_crews.at(None)
    for rows in blocks(*sheet.eta.shape):
        cases = sheet.of_cases.at((rows, None))
        parts = iter(_terms(sheet.eta[rows], cases, crews, sheet.policy).values())
        block = next(parts) - lowest[rows, None]
        for part in parts:
            block += part
        total[rows] = np.where(able[rows], block, FAR)
    return total


def nobody(sheet: Sheet, total: TenthsArray) -> IntArray:
    """Give the cost (n,) of leaving each row without a crew above its `base`, in tenths of a second.

    It is that of arriving `nobody_after_s` from now, and always more than that of the dearest able crew: a
    case does not wait while a crew that may go stands idle.
    """
    policy, cases = sheet.policy, sheet.of_cases
    after = policy.nobody_after_s * TENTHS
    late = _tenths(after + cases.weight * np.maximum(0.0, after - cases.slack)) - base(sheet)
    late += np.where(cases.offered == _NOT_OFFERED, 0, _tenths(cases.switch))
    dearest = np.where(total < FAR, total, np.int32(-FAR)).max(axis=1, initial=-FAR).astype(np.int64)
    cost: IntArray = np.maximum(late, dearest + 1)
    return cost


def blocks(n: int, m: int) -> Iterator[slice]:
    """Cut n rows of m pairs into slices that fit the cache."""
    step = max(1, _BLOCK // max(1, m))
    return (slice(start, min(n, start + step)) for start in range(0, n, step))


def _tasks(case: WaitingCase) -> Iterator[tuple[WaitingCase, int]]:
    """Give the rows of a case: its first crew, which may be one that it has already, and the further ones."""
    yield case, 0
    for slot, capabilities in enumerate(case.also, start=1):
        yield replace(case, capabilities=capabilities, offered_to=None, under_way=False), slot


def _terms(eta: TenthsArray, cases: Cases, crews: Crews, policy: Policy) -> Mapping[str, IntArray]:
    """Price pairs whose vectors broadcast together; `eta` has the shape of the result."""
    late = np.maximum(eta - cases.slack, 0.0)
    late *= cases.weight
    bounded = (cases.place != NO_CREW) & (crews.home != NO_CREW)
    switched = (cases.offered != _NOT_OFFERED) & (cases.offered != crews.number)
    # A crew that stays with its own case interrupts nothing.
    interrupts = cases.offered != crews.number
    return {
        "travel": eta - crews.queue,
        "queue": crews.queue,
        "lateness": np.rint(late).astype(np.int64),
        "mutual_aid": (bounded & (cases.place != crews.home)) * np.int64(_tenth(policy.mutual_aid_s)),
        "fairness": crews.fairness,
        "switching": switched * _tenths(cases.switch),
        "preemption": interrupts * crews.preemption,
        "coverage": crews.coverage,
        "position_age": crews.position_age,
    }


def _of_cases(
    rows: tuple[WaitingCase, ...],
    crews: tuple[CandidateCrew, ...],
    policy: Policy,
    codes: dict[str | None, int],
) -> Cases:
    index = {crew.id: j for j, crew in enumerate(crews)}
    held = [_NOT_OFFERED if case.offered_to is None else index.get(case.offered_to, NO_CREW) for case in rows]
    return Cases(
        weight=_column([policy.lateness_weight(case.priority) for case in rows]),
        slack=np.rint(_column([case.arrival_target_s - case.age_s for case in rows]) * TENTHS),
        place=np.array([codes.setdefault(case.area, len(codes)) for case in rows], np.int64),
        offered=np.array(held, np.int64),
        switch=_column([policy.diversion_s if case.under_way else policy.switching_s for case in rows]),
    )


def _of_crews(crews: tuple[CandidateCrew, ...], policy: Policy, codes: dict[str | None, int]) -> Crews:
    on_shift = [crew.jobs_done for crew in crews if crew.on_shift]
    mean = sum(on_shift) / len(on_shift) if on_shift else 0.0
    called_away = [
        0.0 if crew.works_on is None else math.sqrt(policy.lateness_weight(crew.works_on)) for crew in crews
    ]
    return Crews(
        number=np.arange(len(crews)),
        home=np.array([codes.setdefault(crew.home_area, len(codes)) for crew in crews], np.int64),
        queue=_queue(crews),
        fairness=_own(
            "fairness", policy.fairness_s_per_job * (_column([crew.jobs_done for crew in crews]) - mean)
        ),
        preemption=_tenths(policy.preemption_s * _column(called_away)),
        coverage=_own("coverage", policy.coverage_weight * _column([crew.coverage_s for crew in crews])),
        position_age=_own("position", policy.position_age_weight * _position_age(crews, policy)),
    )


def _refuse_twins(ids: Sequence[str]) -> None:
    for one, next_one in pairwise(ids):
        if one == next_one:
            raise ValueError(f"{one} comes twice")


def _arrivals(
    rows: tuple[WaitingCase, ...], crews: tuple[CandidateCrew, ...], travel: TravelTimes, at: datetime
) -> tuple[TenthsArray, BoolArray]:
    """Ask for the times (n, m) of the crews whose position is known, their queues included."""
    eta = np.zeros((len(rows), len(crews)), np.int32)
    known = np.zeros(eta.shape, np.bool_)
    placed = [(j, crew.lat, crew.lon) for j, crew in enumerate(crews) if None not in (crew.lat, crew.lon)]
    if not placed or not rows:
        return eta, known
    origins = np.array([(lat, lon) for _, lat, lon in placed], np.float64)
    destinations = np.array([(case.lat, case.lon) for case in rows], np.float64)
    answer = np.asarray(travel.seconds(origins, destinations, at), np.float64)
    if answer.shape != (len(origins), len(destinations)):
        raise ValueError(
            f"travel times of shape {answer.shape}, asked for {len(origins)}, {len(destinations)}"
        )
    columns = np.array([j for j, _, _ in placed])
    return _in_tenths(answer, _queue(crews)[columns], columns, eta, known)


def _eta_sources(rows: tuple[WaitingCase, ...], travel: TravelTimes, at: datetime) -> tuple[str, ...]:
    """Say what the times of each row rest on; asked after them, because a service may have been away."""
    places = np.array([(case.lat, case.lon) for case in rows], np.float64).reshape(-1, 2)
    return tuple(sources(travel, places, at))


def _in_tenths(
    answer: FloatArray, queue: IntArray, columns: IntArray, eta: TenthsArray, known: BoolArray
) -> tuple[TenthsArray, BoolArray]:
    every = len(columns) == eta.shape[1]
    for rows in blocks(*eta.shape):
        seconds = answer[:, rows].T
        reached = (seconds >= 0) & (seconds <= LONGEST_S - queue / TENTHS)
        tenths = np.where(reached, np.rint(seconds * TENTHS) + queue, 0)
        where = (rows, slice(None)) if every else (np.arange(rows.start, rows.stop)[:, None], columns)
        eta[where], known[where] = tenths, reached
    return eta, known


def _queue(crews: tuple[CandidateCrew, ...]) -> IntArray:
    return _tenths(np.clip(_column([crew.free_in_s for crew in crews]), 0.0, LONGEST_S))


def _position_age(crews: tuple[CandidateCrew, ...], policy: Policy) -> FloatArray:
    """Give the ages (m,); beyond what is used at all they cost no more."""
    return np.minimum(_column([crew.position_age_s or 0.0 for crew in crews]), policy.stale_position_s)


def _column(values: Sequence[float]) -> FloatArray:
    return np.array(values, np.float64)


def _tenths(seconds: FloatArray) -> IntArray:
    return np.rint(seconds * TENTHS).astype(np.int64)


def _own(name: str, seconds: FloatArray) -> IntArray:
    """Give a term that is the crew's alone; one that would drown all others is refused."""
    tenths = np.rint(seconds * TENTHS)
    if tenths.size and not np.abs(tenths).max() <= _MOST:
        raise ValueError(f"a crew whose {name} costs more than {_MOST // TENTHS} s is a mistake")
    return tenths.astype(np.int64)


def _tenth(seconds: float) -> int:
    return round(seconds * TENTHS)
