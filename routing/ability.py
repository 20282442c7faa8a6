"""Which crews may go to which cases at all, and the first hard reason where one may not."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from routing.costs import TENTHS, BoolArray, IntArray, Sheet
from routing.plan import HARD_REASONS

ABLE = 0  # other codes are 1 + the place in HARD_REASONS

CodeArray = NDArray[np.uint8]

_MOVABLE = frozenset({"notified", "acknowledged", "en_route"})
_AT_WORK = _MOVABLE | {"on_scene"}


def reason_codes(sheet: Sheet) -> CodeArray:
    """Give (n, m) ABLE or the code of the first hard reason why the crew may not go to the case."""
    codes = np.full(sheet.eta.shape, ABLE, np.uint8)
    for slug, holds in reversed(list(_checks(sheet))):
        np.copyto(codes, np.uint8(HARD_REASONS.index(slug) + 1), where=holds)
    return codes


def _checks(sheet: Sheet) -> Iterator[tuple[str, BoolArray]]:
    """Give each hard reason with the pairs for which it holds: (m,) for a crew, (n, m) for a pair."""
    crews, policy = sheet.crews, sheet.policy
    # A crew whose assignment is being reconsidered here is as free as one that has none.
    reconsidered = Counter(case.offered_to for case in sheet.cases)
    called = _may_be_called_away(sheet)
    yield "no_capability", _lacks_capability(sheet)
    yield "off_shift", np.array([not crew.on_shift for crew in crews], np.bool_)
    yield "shift_ends", sheet.eta > _last_arrival(sheet)
    away = [
        crew.status != "available"
        and not (crew.status in _MOVABLE and reconsidered[crew.id])
        and not (crew.status in _AT_WORK and 0 < crew.load < crew.capacity)
        for crew in crews
    ]
    yield "not_available", np.array(away, np.bool_) & ~called
    full = [crew.load - reconsidered[crew.id] >= crew.capacity for crew in crews]
    yield "busy", np.array(full, np.bool_) & ~called
    yield "no_position", np.array([crew.lat is None or crew.lon is None for crew in crews], np.bool_)
    stale = [crew.position_age_s is None or crew.position_age_s > policy.stale_position_s for crew in crews]
    yield "stale_position", np.array(stale, np.bool_)
    yield "out_of_area", _outside(sheet) & np.array([not crew.mutual_aid for crew in crews], np.bool_)
    yield "refused", _refused(sheet)
    yield "unreachable", ~sheet.known
    yield "not_to_be_turned", _settled(sheet)


def _lacks_capability(sheet: Sheet) -> BoolArray:
    """Compare each distinct wish with each crew once."""
    wishes = {wish: number for number, wish in enumerate({case.capabilities: None for case in sheet.cases})}
    lacks = [[not wish <= crew.capabilities for crew in sheet.crews] for wish in wishes]
    table = np.array(lacks, np.bool_).reshape(len(wishes), len(sheet.crews))
    missing: BoolArray = table[[wishes[case.capabilities] for case in sheet.cases]]
    return missing


def _last_arrival(sheet: Sheet) -> IntArray:
    """Give the latest arrival (m,) in tenths that leaves each crew enough of its shift."""
    left_s = np.array(
        [np.inf if crew.shift_ends_in_s is None else crew.shift_ends_in_s for crew in sheet.crews]
    )
    latest = np.floor((left_s - sheet.policy.work_before_shift_end_s) * TENTHS)
    return np.clip(latest, -1, np.iinfo(np.int32).max).astype(np.int32)


def _may_be_called_away(sheet: Sheet) -> BoolArray:
    """Tell where (n, m) a case is urgent enough to call the crew away from lesser work on scene."""
    urgent = [case.priority if case.priority <= sheet.policy.preempts else 99 for case in sheet.cases]
    works_on = [0 if crew.works_on is None else crew.works_on for crew in sheet.crews]
    called: BoolArray = np.array(urgent)[:, None] < np.array(works_on)[None, :]
    return called


def _outside(sheet: Sheet) -> BoolArray:
    place, home = sheet.of_cases.place[:, None], sheet.of_crews.home[None, :]
    outside: BoolArray = (place != home) & (place >= 0) & (home >= 0)
    return outside


def _refused(sheet: Sheet) -> BoolArray:
    index = {crew.id: j for j, crew in enumerate(sheet.crews)}
    refused = np.zeros(sheet.eta.shape, np.bool_)
    for i, case in enumerate(sheet.cases):
        if case.refused_by:
            refused[i, [index[crew_id] for crew_id in case.refused_by if crew_id in index]] = True
    return refused


def _settled(sheet: Sheet) -> BoolArray:
    """Tell where (n, m) a crew on the road, or a case with one, is not to be turned any more.

    Either has been turned too often, or the crew is about to arrive. Both keep each other.
    """
    policy = sheet.policy
    settled = np.zeros(sheet.eta.shape, np.bool_)
    for i, j in enumerate(sheet.of_cases.offered.tolist()):
        if j < 0 or not sheet.cases[i].under_way:
            continue
        turned = max(sheet.cases[i].diversions, sheet.crews[j].diversions)
        soon = sheet.known[i, j] and sheet.eta[i, j] < policy.freeze_s * TENTHS
        if soon or turned >= policy.most_diversions:
            settled[i], settled[:, j] = True, True
            settled[i, j] = False
    return settled
