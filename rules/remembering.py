"""What a window remembers for one key, and what it makes of each event: pure steps over plain data.

A state is plain data for JSON. Times are whole microseconds since 1970. A state sees its events one at a time
in the order of arrival; where its window has a tolerance it holds them back and takes them in the order of
their own times. `tests/support/window_oracle.py` says the same from the whole history at once.
"""

from bisect import insort
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rules.places import Place, distance_m
from rules.windows import FOREVER, LATE, Absence, Change, Count, Lasting, Pattern, Together, Window
from rules.windows import Sequence as Steps

State = dict[str, Any]
"""`frontier`, `waiting`, `memory`, `latched` and `evicted`; a key stands only where it is of use."""

ROWS = 1_000
"""Most events that one state remembers where their number is not bounded by what is asked."""
_Told = tuple[bool, dict[str, Any]]
SHOWN = 20
"""Most counted events that a trace names."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An event as one window sees it: the roles it plays, when, where, and the values that are asked.

    `ref` names it for people, `seq` in the store. One that does not decide was only near enough to be
    remembered here.
    """

    at: int
    ref: str
    arrived: int
    seq: int
    roles: frozenset[str]
    value: float | None = None
    different: str | None = None
    place: Place | None = None
    decides: bool = True

    def row(self) -> list[Any]:
        """Write it as plain data that sorts by time and name."""
        place = list(self.place) if self.place is not None else None
        return [
            self.at,
            self.ref,
            self.arrived,
            self.seq,
            sorted(self.roles),
            self.value,
            self.different,
            place,
            self.decides,
        ]

    @classmethod
    def of(cls, row: Sequence[Any]) -> "Occurrence":
        """Read it back."""
        at, ref, arrived, seq, roles, value, different, place, decides = row
        return cls(at, ref, arrived, seq, frozenset(roles), value, different, place and tuple(place), decides)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a window says of one event, at the time when that was clear, with its reasons."""

    seq: int
    ref: str
    at: int
    held: bool
    told: Mapping[str, Any]


def arrive(window: Window, state: State, occurrence: Occurrence) -> list[Outcome]:
    """Take in an event that has just come; answer what is decided now, of it and of those held back."""
    if not window.tolerance:
        return _apply(window, state, occurrence)
    if occurrence.at < state.get("frontier", occurrence.at):
        return _apply(window, state, occurrence)
    waiting = state.setdefault("waiting", [])
    insort(waiting, occurrence.row(), key=_order)
    outcomes = _release(window, state, waiting[-1][0] - window.tolerance)
    if len(waiting) > ROWS:
        state["evicted"] = state.get("evicted", 0) + 1
        outcomes += _release(window, state, waiting[0][0] + 1)
    if any(row[1] == occurrence.ref and row[0] == occurrence.at for row in waiting):
        told = {"waits_until": stamp(occurrence.arrived + window.tolerance)}
        outcomes.append(Outcome(occurrence.seq, occurrence.ref, occurrence.at, held=False, told=told))
    return outcomes


def pass_time(window: Window, state: State, now: int) -> list[Outcome]:
    """Let our own clock go on to `now`; answer what is decided by that."""
    outcomes: list[Outcome] = []
    ripe = [row[0] for row in state.get("waiting", ()) if row[2] + window.tolerance < now]
    if ripe:
        outcomes += _release(window, state, max(ripe) + 1)
    if isinstance(window.pattern, Absence):
        ends = _ends(window, window.pattern, state)
        if ends is not None and ends < now:
            outcomes += _overdue(window, window.pattern, state, None)
    return outcomes


def due(window: Window, state: State) -> int | None:
    """Answer the time of our own clock at which `pass_time` has something to decide, or None."""
    times = [row[2] + window.tolerance for row in state.get("waiting", ())]
    if isinstance(window.pattern, Absence):
        ends = _ends(window, window.pattern, state)
        times += [] if ends is None else [ends]
    return min(times) + 1 if times else None


def keep(window: Window, state: State) -> int:
    """Answer how long a state is worth keeping after its last event, in microseconds.

    One that holds nothing, because its condition failed, what was awaited came or it was cleared, only tells
    late events from others. What clears a rule that warns must find a state, so that is kept.
    """
    if "latched" in state or (window.clears and not window.latches):
        return FOREVER + window.tolerance
    memory = state.get("memory")
    span = LATE if window.pattern is None else window.pattern.span
    failed = isinstance(window.pattern, Lasting) and "since" not in (memory or ())
    return (span if memory and not failed else min(span, LATE)) + window.tolerance


def stamp(micros: int) -> str:
    """Write an instant for a trace."""
    return (_EPOCH + timedelta(microseconds=micros)).isoformat()


def micros(instant: datetime) -> int:
    """Count an aware instant in microseconds since 1970."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def _order(row: Sequence[Any]) -> tuple[int, str]:
    return row[0], row[1]


def _ends(window: Window, pattern: Absence, state: State) -> int | None:
    """When an absence is certain: unless something that came before its end still waits for its turn."""
    armed = state.get("memory")
    if not armed or any(row[0] <= armed["at"] + pattern.time for row in state.get("waiting", ())):
        return None
    return int(armed["arrived"]) + pattern.time + window.tolerance


def _release(window: Window, state: State, before: int) -> list[Outcome]:
    """Take what was held back and happened before an instant, in order; later ones of that time are late."""
    waiting = state["waiting"]
    outcomes: list[Outcome] = []
    while waiting and waiting[0][0] < before:
        outcomes += _apply(window, state, Occurrence.of(waiting.pop(0)))
    state["frontier"] = max(state.get("frontier", before), before)
    if not waiting:
        del state["waiting"]
    return outcomes


def _apply(window: Window, state: State, occurrence: Occurrence) -> list[Outcome]:
    """Take one event in its turn."""
    frontier = state.get("frontier", occurrence.at)
    late = occurrence.at < frontier
    state["frontier"] = now = max(frontier, occurrence.at)
    outcomes: list[Outcome] = []
    if isinstance(window.pattern, Absence):
        outcomes += _overdue(window, window.pattern, state, now)
    roles = occurrence.roles - {"clears"}
    told: dict[str, Any] = {}
    held = False
    if roles:
        step = _STEPS[type(window.pattern)]
        held, told = step(window.pattern, state, occurrence, now=now, late=late)
    if not occurrence.decides:
        return outcomes
    if late:
        told["late"] = True
    if "clears" in occurrence.roles and not late:
        held = False
        if state.pop("latched", None) is not None or not window.latches:
            told["cleared"] = True
    if roles or told:
        outcomes.append(_latched(window, state, occurrence.row(), occurrence.at, told, held=held))
    return outcomes


def _latched(
    window: Window, state: State, row: Sequence[Any], at: int, told: dict[str, Any], *, held: bool
) -> Outcome:
    """Let a rule that has held stay quiet until it is cleared, where its window says so."""
    if held and window.clears and window.latches:
        if "latched" in state:
            held, told["latched"] = False, state["latched"]
        else:
            state["latched"] = row[1]
    if "evicted" in state:
        told["evicted"] = state["evicted"]
    return Outcome(row[3], row[1], at, held, told)


def _overdue(window: Window, pattern: Absence, state: State, now: int | None) -> list[Outcome]:
    """Decide an absence whose time is over by `now`, or at any rate where that is None."""
    armed = state.get("memory")
    if not armed or (now is not None and now <= armed["at"] + pattern.time):
        return []
    del state["memory"]
    end = armed["at"] + pattern.time
    told = {"after": armed["ref"], "absent_until": stamp(end)}
    return [
        _latched(
            window, state, [armed["at"], armed["ref"], armed["arrived"], armed["seq"]], end, told, held=True
        )
    ]


def _threshold(_: None, __: State, occurrence: Occurrence, *, now: int, late: bool) -> _Told:
    """A rule with hysteresis alone holds when its `when` does."""
    del now
    return "when" in occurrence.roles and not late, {}


def _count(pattern: Count, state: State, occurrence: Occurrence, *, now: int, late: bool) -> _Told:
    del late
    rows = state.setdefault("memory", [])
    insort(rows, [occurrence.at, occurrence.ref, occurrence.different, _listed(occurrence)], key=_order)
    rows[:] = [row for row in rows if row[0] >= now - pattern.within]
    if pattern.radius_m is None:
        rows[:] = _newest(rows, pattern.at_least, by_value=pattern.different is not None)
    _bound(rows, state)
    if occurrence.at < now - pattern.within:
        return False, {}
    near = [row for row in rows if _is_near(row[3], occurrence.place, pattern.radius_m)]
    found = _newest(near, len(near), by_value=pattern.different is not None)
    return len(found) >= pattern.at_least, {
        "count": len(found),
        "counted": [row[1] for row in found[-SHOWN:]],
        "needs": {"more": max(0, pattern.at_least - len(found)), "since": stamp(now - pattern.within)},
    }


def _together(pattern: Together, state: State, occurrence: Occurrence, *, now: int, late: bool) -> _Told:
    del late
    rows = state.setdefault("memory", [])
    kinds = ["when", *(f"with:{index}" for index in range(pattern.others))]
    for role in kinds:
        if role in occurrence.roles:
            insort(rows, [occurrence.at, occurrence.ref, role, _listed(occurrence)], key=_order)
    rows[:] = [row for row in rows if row[0] >= now - pattern.within]
    if pattern.radius_m is None:
        rows[:] = _newest(rows, len(kinds), by_value=True)
    _bound(rows, state)
    if occurrence.at < now - pattern.within:
        return False, {}
    near = [row for row in rows if _is_near(row[3], occurrence.place, pattern.radius_m)]
    found = {row[2]: row[1] for row in near}
    lacking = [role for role in kinds if role not in found]
    return not lacking, {
        "count": len(found),
        "counted": [found[role] for role in kinds if role in found],
        "needs": {"roles": lacking, "since": stamp(now - pattern.within)},
    }


def _lasting(pattern: Lasting, state: State, occurrence: Occurrence, *, now: int, late: bool) -> _Told:
    del now
    if late:
        return False, {}
    memory = state.setdefault("memory", {})
    silent = pattern.gap is not None and "last" in memory and occurrence.at - memory["last"] > pattern.gap
    if silent or "while" not in occurrence.roles:
        memory.pop("since", None)
    memory["last"] = occurrence.at
    if "while" not in occurrence.roles:
        return False, {"needs": {"while": True}}
    since = memory.setdefault("since", [occurrence.at, occurrence.ref])
    lasted = occurrence.at - since[0]
    return lasted >= pattern.time, {
        "counted": [since[1]],
        "since": stamp(since[0]),
        "needs": {"until": stamp(since[0] + pattern.time)},
    }


def _change(pattern: Change, state: State, occurrence: Occurrence, *, now: int, late: bool) -> _Told:
    if late or occurrence.value is None:
        return False, {}
    rows = state.setdefault("memory", [])
    value = occurrence.value
    # A value that is no more extreme than a newer one is never again the farthest in any window.
    while rows and (rows[-1][2] - value) * pattern.sign >= 0:
        rows.pop()
    rows.append([occurrence.at, occurrence.ref, value])
    rows[:] = [row for row in rows if row[0] >= now - pattern.within]
    _bound(rows, state)
    farthest = rows[0]
    changed = (value - farthest[2]) * pattern.sign
    return changed >= pattern.by, {
        "counted": [farthest[1], occurrence.ref],
        "from": farthest[2],
        "to": value,
        "needs": {"changed": changed, "by": pattern.by},
    }


def _steps(pattern: Steps, state: State, occurrence: Occurrence, *, now: int, late: bool) -> _Told:
    if late:
        return False, {}
    chain = state.setdefault("memory", [None] * len(pattern.steps))
    held = False
    told: dict[str, Any] = {"needs": {"step": 0}}
    # The last step first, so that one event is not two steps of its own chain.
    for index in reversed(range(len(pattern.steps))):
        before = chain[index]
        if f"step:{index}" not in occurrence.roles or before is None:
            continue
        if now - before["at"] > pattern.steps[index]:
            continue
        reached = {"at": now, "refs": [*before["refs"], occurrence.ref]}
        if index + 1 == len(pattern.steps):
            held, told = True, {"counted": reached["refs"], "needs": {}}
        else:
            chain[index + 1] = reached
            told = {"counted": reached["refs"], "needs": {"step": index + 1}}
    if "when" in occurrence.roles:
        chain[0] = {"at": now, "refs": [occurrence.ref]}
    return held, told


def _absence(pattern: Absence, state: State, occurrence: Occurrence, *, now: int, late: bool) -> _Told:
    del now
    armed = state.get("memory")
    told: dict[str, Any] = {}
    if "absent" in occurrence.roles and armed and occurrence.at >= armed["at"]:
        del state["memory"]
        told["came_after"] = armed["ref"]
    if "when" in occurrence.roles and not late and "memory" not in state:
        state["memory"] = {
            "at": occurrence.at,
            "ref": occurrence.ref,
            "seq": occurrence.seq,
            "arrived": occurrence.arrived,
        }
        told["needs"] = {"absent_until": stamp(occurrence.at + pattern.time)}
    return False, told


def _listed(occurrence: Occurrence) -> list[float] | None:
    return None if occurrence.place is None else list(occurrence.place)


def _is_near(place: Sequence[float] | None, centre: Place | None, radius_m: float | None) -> bool:
    if radius_m is None:
        return True
    return place is not None and centre is not None and distance_m((place[0], place[1]), centre) <= radius_m


def _newest(rows: Sequence[list[Any]], most: int, *, by_value: bool) -> list[list[Any]]:
    """Keep the newest rows, or the newest row of each of the newest values."""
    if not by_value:
        return list(rows[-most:]) if most else []
    seen: set[Any] = set()
    kept = []
    for row in reversed(rows):
        if row[2] not in seen and len(seen) < most:
            seen.add(row[2])
            kept.append(row)
    return kept[::-1]


def _bound(rows: list[list[Any]], state: State) -> None:
    if len(rows) > ROWS:
        state["evicted"] = state.get("evicted", 0) + len(rows) - ROWS
        del rows[: len(rows) - ROWS]


_STEPS: Mapping[type[Pattern | None], Callable[..., _Told]] = {
    type(None): _threshold,
    Count: _count,
    Together: _together,
    Lasting: _lasting,
    Change: _change,
    Steps: _steps,
    Absence: _absence,
}
