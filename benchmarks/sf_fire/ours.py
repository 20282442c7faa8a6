"""The same calls with our own dispatch choosing the crews, whose drives and work are modelled."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import numpy as np

from casework.domain.clocks import ClockKind, Outcome
from routing.travel import DistanceTravelTimes
from sf_fire import figures
from sf_fire.house import House
from sf_fire.outside import Outside
from sf_fire.record import ZONE, Call, Place, Record
from sf_fire.stage import Stage

TRACKED = 12
"""So many free crews of the kind, the nearest ones, say where they are when a call is filed ..."""
FRESH = timedelta(minutes=1)
"""... unless they have said so within this time."""
TRAVEL = DistanceTravelTimes(ZONE)
MODELLED = """
modelled  Every drive takes what the service's own estimator says (straight distance x 1.35 / speed by
          hour + 60 s), for our crews from where they are, for the recorded ones from the place they were
          last sent to. Crews accept and set out at once, work as long as the recorded crew did at that
          call, and wait at its place. A call takes one crew of the recorded kind. The further units that
          the record sent along (10,410 units to 5,292 calls) are not taken from us: our crews are free
          more often than the real ones were.
"""


@dataclass(slots=True)
class Crew:
    """Where a crew is and whether it is free."""

    code: str
    kind: str
    place: Place
    said_at: datetime
    free: bool = True


@dataclass(slots=True)
class Fleet:
    """All crews, and what each does once it is told."""

    house: House
    outside: Outside
    stage: Stage = field(init=False)
    crews: dict[str, Crew] = field(default_factory=dict)
    unnumbered: list[Call] = field(default_factory=list)
    calls: dict[int, Call] = field(default_factory=dict)
    cases: dict[str, Call] = field(default_factory=dict)
    went: dict[str, str] = field(default_factory=dict)

    def file(self, call: Call) -> None:
        """Let a call come in, and the crews that may be sent say where they are."""
        now = self.house.clock()
        able = [crew for crew in self.crews.values() if crew.free and crew.kind == call.kind]
        for crew in sorted(able, key=lambda crew: drive_s(crew.place, call.place, now))[:TRACKED]:
            if now - crew.said_at > FRESH:
                self.outside.report_position(crew.code, crew.place)
                crew.said_at = now
        self.outside.report(call)
        self.unnumbered.append(call)

    def read_texts(self) -> None:
        """Let every crew that was told go."""
        for code, number in self.outside.read_texts():
            self._go(self.crews[code], self._call(number))

    def _call(self, number: int) -> Call:
        if number not in self.calls:
            for call in self.unnumbered:
                case_id = self.outside.case_of(call)
                self.cases[case_id] = call
                self.calls[self.outside.case_number(case_id)] = call
            self.unnumbered.clear()
        return self.calls[number]

    def _go(self, crew: Crew, call: Call) -> None:
        now = self.house.clock()
        crew.free = False
        self.went[call.number] = crew.code
        arrives = now + timedelta(seconds=drive_s(crew.place, call.place, now))
        ends = _ends(call, now, arrives)
        self.stage.plan(now, partial(self.outside.tap, crew.code, "accept"))
        self.stage.plan(now, partial(self.outside.tap, crew.code, "en_route"))
        if ends is None or arrives <= ends:
            self.stage.plan(arrives, partial(self._arrive, crew, call))
        if ends is not None:
            self.stage.plan(ends, partial(self._finish, crew))

    def _arrive(self, crew: Crew, call: Call) -> None:
        crew.place = call.place
        self.outside.tap(crew.code, "on_scene", crew.place)

    def _finish(self, crew: Crew) -> None:
        self.outside.tap(crew.code, "done", crew.place)
        crew.free, crew.said_at = True, self.house.clock()


def _ends(call: Call, sent: datetime, arrives: datetime) -> datetime | None:
    """Say when a crew is clear: after the recorded work, or when the recorded crew was called off."""
    if call.done_at is None or call.dispatched_at is None:
        return None
    if call.on_scene_at is None:
        return sent + (call.done_at - call.dispatched_at)
    return arrives + (call.done_at - call.on_scene_at)


def drive_s(here: Place, there: Place, at: datetime) -> float:
    """Answer how many seconds a drive takes by the service's own estimator."""
    return float(TRAVEL.seconds(np.array([here]), np.array([there]), at)[0, 0])


def replay(house: House, record: Record, *, progress: bool = False) -> Fleet:
    """Play the calls and let our dispatch choose."""
    fleet = Fleet(house, Outside(house))
    fleet.stage = Stage(house, after_work=fleet.read_texts)
    fleet.crews = {
        unit: Crew(unit, kind, record.starts[unit], record.begins_at) for unit, kind in record.kinds.items()
    }
    for call in record.calls:
        fleet.stage.plan(call.filed_at, partial(fleet.file, call))
    fleet.stage.play(record.ends_at, progress=progress)
    return fleet


def print_comparison(house: House, record: Record, *, progress: bool = False) -> None:
    """Print both arrival distributions over the calls at which both arrived."""
    fleet = replay(house, record, progress=progress)
    clocks = figures.timed(house.tables, record.ends_at)
    arrival = {
        fleet.cases[clock.case_id].number: clock.elapsed_s
        for clock in clocks
        if clock.kind is ClockKind.ARRIVAL and clock.outcome is Outcome.REACHED
    }
    both = [call for call in record.calls if call.on_scene_at is not None and call.number in arrival]
    real = {call.number: _recorded_s(call) for call in both}
    modelled = {call.number: _modelled_s(record, call) for call in both}
    print(f"\narrival, sent to on scene, in seconds, over the {len(both)} calls at which both arrived")
    print(
        f"{'':44}{'mean':>8}" + "".join(f"{f'p{percent}':>8}" for percent in figures.PERCENTS) + " in 300 s"
    )
    _print_line("our choice, modelled drive", (arrival[call.number] for call in both))
    _print_line("recorded choice, the same modelled drive", modelled.values())
    _print_line("recorded choice, recorded drive", real.values())
    _print_pairs(both, fleet.went, arrival, modelled)
    dispatch = figures.attained(clocks, ClockKind.DISPATCH)
    print(
        f"dispatch, filed to text handed over: {dispatch.reached} of {dispatch.n},"
        f" {dispatch.breaches} over 60 s"
    )
    print(MODELLED)


def _recorded_s(call: Call) -> float:
    assert call.on_scene_at is not None
    assert call.dispatched_at is not None
    return (call.on_scene_at - call.dispatched_at).total_seconds()


def _modelled_s(record: Record, call: Call) -> float:
    assert call.dispatched_at is not None
    return drive_s(record.whereabouts(call.unit, call.dispatched_at), call.place, call.dispatched_at)


def _print_line(name: str, seconds: Iterable[float]) -> None:
    values = np.array(list(seconds))
    shown = "".join(f"{np.percentile(values, percent):8.0f}" for percent in figures.PERCENTS)
    print(f"{name:44}{values.mean():8.0f}{shown}{np.mean(values <= 300):9.1%}")  # noqa: PLR2004  (the target)


def _print_pairs(
    calls: list[Call], went: Mapping[str, str], ours: Mapping[str, float], theirs: Mapping[str, float]
) -> None:
    same = sum(went[call.number] == call.unit for call in calls)
    nearer = sum(ours[call.number] < theirs[call.number] for call in calls)
    print(f"the same crew in {same} calls; ours is nearer by the same estimate in {nearer} of {len(calls)}")
