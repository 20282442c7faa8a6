"""Which crews may go to which cases at all, and the first hard reason where one may not."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from routing.costs import TENTHS, BoolArray, Sheet
from routing.plan import HARD_REASONS

ABLE = 0  # other codes are 1 + the place in HARD_REASONS

CodeArray = NDArray[np.uint8]


def reason_codes(sheet: Sheet) -> CodeArray:
    """Give (n, m) ABLE or the code of the first hard reason why the crew may not go to the case."""
    codes = np.full(sheet.eta.shape, ABLE, np.uint8)
    for slug, holds in reversed(list(_checks(sheet))):
        codes[np.broadcast_to(holds, codes.shape)] = HARD_REASONS.index(slug) + 1
    return codes


def _checks(sheet: Sheet) -> Iterator[tuple[str, BoolArray]]:
    """Give each hard reason with the pairs for which it holds: (m,) for a crew, (n, m) for a pair."""
    crews, policy = sheet.crews, sheet.policy
    reconsidered = Counter(case.offered_to for case in sheet.cases)
    yield "no_capability", _lacks_capability(sheet)
    yield "off_shift", np.array([not crew.on_shift for crew in crews], np.bool_)
    left_s = np.array([np.inf if crew.shift_ends_in_s is None else crew.shift_ends_in_s for crew in crews])
    yield "shift_ends", sheet.eta / TENTHS + policy.work_before_shift_end_s > left_s
    # A crew whose open offer is being reconsidered here is as free as one that has none.
    yield (
        "not_available",
        np.array(
            [
                crew.status != "available" and not (crew.status == "notified" and reconsidered[crew.id])
                for crew in crews
            ],
            np.bool_,
        ),
    )
    yield "busy", np.array([crew.load - reconsidered[crew.id] >= crew.capacity for crew in crews], np.bool_)
    yield "no_position", np.array([crew.lat is None or crew.lon is None for crew in crews], np.bool_)
    yield (
        "stale_position",
        np.array(
            [crew.position_age_s is None or crew.position_age_s > policy.stale_position_s for crew in crews],
            np.bool_,
        ),
    )
    yield "out_of_area", sheet.outside & np.array([not crew.mutual_aid for crew in crews], np.bool_)
    yield "refused", _refused(sheet)
    yield "unreachable", ~sheet.known


def _lacks_capability(sheet: Sheet) -> BoolArray:
    names = sorted({name for case in sheet.cases for name in case.capabilities})
    wants = np.array([[name in case.capabilities for name in names] for case in sheet.cases], np.float32)
    lacks = np.array([[name not in crew.capabilities for name in names] for crew in sheet.crews], np.float32)
    shape = (len(sheet.cases), len(names)), (len(names), len(sheet.crews))
    missing: BoolArray = wants.reshape(shape[0]) @ lacks.reshape(shape[1][::-1]).T > 0
    return missing


def _refused(sheet: Sheet) -> BoolArray:
    index = {crew.id: j for j, crew in enumerate(sheet.crews)}
    refused = np.zeros((len(sheet.cases), len(sheet.crews)), np.bool_)
    for i, case in enumerate(sheet.cases):
        refused[i, [index[crew_id] for crew_id in case.refused_by if crew_id in index]] = True
    return refused
