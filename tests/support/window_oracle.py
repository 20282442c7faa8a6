"""What windows mean, said slowly: every decision from the whole history at once, in the order of time."""

from collections.abc import Iterator, Sequence

from rules.places import distance_m
from rules.remembering import Occurrence
from rules.windows import Absence, Change, Count, Lasting, Pattern, Together, Window
from rules.windows import Sequence as Steps


def decisions(window: Window, history: Sequence[Occurrence]) -> list[tuple[str, int]]:
    """Answer the name of each event for which the window holds, with the instant of it."""
    events = sorted(history, key=lambda one: (one.at, one.ref))
    if isinstance(window.pattern, Absence):
        held = sorted(_absences(window.pattern, events), key=lambda pair: pair[1])
    else:
        held = [
            (one.ref, one.at) for index, one in enumerate(events) if _holds(window.pattern, events, index)
        ]
    return list(_until_cleared(window, events, held)) if window.clears else held


def _until_cleared(
    window: Window, events: Sequence[Occurrence], held: Sequence[tuple[str, int]]
) -> Iterator[tuple[str, int]]:
    order = {one.ref: index for index, one in enumerate(events)}
    by_end = isinstance(window.pattern, Absence)
    quiet_since: int | None = None
    for ref, at in held:
        # An absence is certain before the first event after its end is looked at.
        here = sum(one.at <= at for one in events) if by_end else order[ref]
        clearing = [index for index, one in enumerate(events) if "clears" in one.roles]
        if not by_end and here in clearing:
            continue
        if quiet_since is None or any(quiet_since <= index < here for index in clearing):
            quiet_since = here if by_end else here + 1
            yield ref, at


def _holds(pattern: Pattern | None, events: Sequence[Occurrence], index: int) -> bool:
    here = events[index]
    before = events[: index + 1]
    is_when = "when" in here.roles
    whens = [one for one in before if "when" in one.roles]
    held = is_when
    match pattern:
        case Count():
            near = [one for one in whens if _counts(one, here, pattern.within, pattern.radius_m)]
            values = {one.different if pattern.different else one.ref for one in near}
            held = is_when and len(values) >= pattern.at_least
        case Together():
            roles = {"when", *(f"with:{number}" for number in range(pattern.others))}
            near = [one for one in before if _counts(one, here, pattern.within, pattern.radius_m)]
            held = bool(here.roles & roles) and roles <= {role for one in near for role in one.roles}
        case Lasting():
            held = is_when and _lasts(pattern, whens)
        case Change():
            recent = [one for one in whens if one.at >= here.at - pattern.within]
            held = is_when and any(_differ(one, here) * pattern.sign >= pattern.by for one in recent)
        case Steps():
            held = _reached(pattern.steps, events, index, len(pattern.steps) - 1)
    return held


def _differ(one: Occurrence, here: Occurrence) -> float:
    assert one.value is not None
    assert here.value is not None
    return here.value - one.value


def _counts(one: Occurrence, here: Occurrence, within: int, radius_m: float | None) -> bool:
    near = radius_m is None or (
        one.place is not None and here.place is not None and distance_m(one.place, here.place) <= radius_m
    )
    return near and one.at >= here.at - within


def _lasts(pattern: Lasting, samples: Sequence[Occurrence]) -> bool:
    start = None
    for one, after in zip(reversed(samples), [None, *reversed(samples)], strict=False):
        silent = after is not None and pattern.gap is not None and after.at - one.at > pattern.gap
        if "while" not in one.roles or silent:
            break
        start = one
    return start is not None and samples[-1].at - start.at >= pattern.time


def _reached(steps: Sequence[int], events: Sequence[Occurrence], index: int, step: int) -> bool:
    """Tell whether some chain of events ends with this event as this step."""
    here = events[index]
    if step < 0:
        return "when" in here.roles
    return f"step:{step}" in here.roles and any(
        here.at - events[earlier].at <= steps[step] and _reached(steps, events, earlier, step - 1)
        for earlier in range(index)
    )


def _absences(pattern: Absence, events: Sequence[Occurrence]) -> Iterator[tuple[str, int]]:
    index = 0
    while index < len(events):
        start = events[index]
        if "when" not in start.roles:
            index += 1
            continue
        end = start.at + pattern.time
        came = next(
            (later for later in range(index + 1, len(events)) if "absent" in events[later].roles), len(events)
        )
        if came < len(events) and events[came].at <= end:
            index = came
            continue
        yield start.ref, end
        index = next(
            (later for later in range(index + 1, len(events)) if events[later].at > end), len(events)
        )
