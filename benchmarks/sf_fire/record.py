"""The fire service's record, row by row into calls and units; shares no code with the count in `count.py`."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean
from zoneinfo import ZoneInfo

FILE = Path("01_dispatch_sf_fire") / "sf_fire_calls_2020-04-07_20.csv"
ZONE = ZoneInfo("America/Los_Angeles")
Row = Mapping[str, str]
Place = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call with the unit that was sent first; None where the record has no such instant.

    `crew` is the unit, or its second self (`E32/2`) where the unit had not yet been cleared from an earlier
    call: the record knows such calls, a crew of ours has one case at a time.
    """

    number: str
    kind: str
    nature: str
    place: Place
    unit: str
    crew: str
    filed_at: datetime
    dispatched_at: datetime | None
    en_route_at: datetime | None
    on_scene_at: datetime | None
    done_at: datetime | None

    @property
    def instants(self) -> list[datetime]:
        """Every instant of the call that the record has."""
        known = (self.filed_at, self.dispatched_at, self.en_route_at, self.on_scene_at, self.done_at)
        return [instant for instant in known if instant is not None]


@dataclass(frozen=True, slots=True)
class Record:
    """The calls in the order of filing, every unit's kind and first place, and where it was sent when."""

    calls: Sequence[Call]
    kinds: Mapping[str, str]
    starts: Mapping[str, Place]
    sent: Mapping[str, Sequence[tuple[datetime, Place]]]

    @property
    def begins_at(self) -> datetime:
        """When the first call is filed."""
        return self.calls[0].filed_at

    @property
    def ends_at(self) -> datetime:
        """The last instant of any call: what is still open then is counted up to it."""
        return max(instant for call in self.calls for instant in call.instants)

    def whereabouts(self, unit: str, before: datetime) -> Place:
        """Answer the place that a unit was last sent to before an instant, whatever its part in that call."""
        known = [place for at, place in self.sent[unit] if at < before]
        return known[-1] if known else self.starts[unit]


def read(file: Path, days: int, hours: float | None = None, zone: ZoneInfo = ZONE) -> Record:
    """Read the calls of the first days (by `Call Date`); times without zone are those of San Francisco.

    With `hours` only the calls filed in the first hours of the first day.
    """
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    dates = sorted({row["Call Date"] for row in rows}, key=lambda day: datetime.strptime(day, "%m/%d/%Y"))  # noqa: DTZ007  (a date)
    wanted = set(dates[:days])
    by_call: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_call[row["Call Number"]].append(row)
    calls = [_call(units, zone) for units in by_call.values() if units[0]["Call Date"] in wanted]
    if hours is not None:
        midnight = datetime.strptime(dates[0], "%m/%d/%Y").replace(tzinfo=zone)
        calls = [call for call in calls if call.filed_at < midnight + timedelta(hours=hours)]
    return Record(
        calls=sorted(_with_second_selves(calls), key=lambda call: (call.filed_at, call.number)),
        kinds={row["Unit ID"]: slug(row["Unit Type"]) for row in rows},
        starts=_starts(rows, zone),
        sent=_sent(rows, zone),
    )


def slug(kind: str) -> str:
    """Write a kind of unit as categories and capabilities do."""
    return kind.lower().replace(" ", "_")


def _call(rows: Iterable[Row], zone: ZoneInfo) -> Call:
    first = min(rows, key=_turn)
    filed = _required(first, "Entry DtTm", zone)
    dispatched = _not_before(_instant(first, "Dispatch DtTm", zone), filed)
    en_route, on_scene, done = (
        _not_before(_instant(first, f"{name} DtTm", zone), dispatched)
        for name in ("Response", "On Scene", "Available")
    )
    if on_scene and done and on_scene > done:
        on_scene = None
    ended = on_scene or done
    if en_route and ended and en_route > ended:
        en_route = None
    return Call(
        number=first["Call Number"],
        kind=slug(first["Unit Type"]),
        nature=first["Call Type"],
        place=_place(first),
        unit=first["Unit ID"],
        crew=first["Unit ID"],
        filed_at=filed,
        dispatched_at=dispatched,
        en_route_at=en_route,
        on_scene_at=on_scene,
        done_at=done,
    )


def _turn(row: Row) -> tuple[bool, datetime, int, str]:
    """Order the units of a call: the earliest dispatched, by sequence, by name; undispatched last."""
    at = row["Dispatch DtTm"]
    return (not at, _local(at or "01/01/2000 12:00:00 AM"), int(row[_SEQUENCE]), row["Unit ID"])


_SEQUENCE = "Unit sequence in call dispatch"


def _local(text: str) -> datetime:
    return datetime.strptime(text, "%m/%d/%Y %I:%M:%S %p")  # noqa: DTZ007  (the zone is put on by the caller)


def _instant(row: Row, column: str, zone: ZoneInfo) -> datetime | None:
    text = row[column]
    return _local(text).replace(tzinfo=zone).astimezone(UTC) if text else None


def _required(row: Row, column: str, zone: ZoneInfo) -> datetime:
    instant = _instant(row, column, zone)
    if instant is None:
        raise ValueError(f"call {row['Call Number']} has no {column}")
    return instant


def _not_before(instant: datetime | None, earlier: datetime | None) -> datetime | None:
    """Take an instant at its predecessor's where it lies before; without a predecessor there is none."""
    return None if instant is None or earlier is None else max(instant, earlier)


def _place(row: Row) -> Place:
    lat, lon = row["Location"].strip("()").split(",")
    return float(lat), float(lon)


def _with_second_selves(calls: Iterable[Call]) -> list[Call]:
    """Give each call a crew that is clear of its earlier calls: the unit, else its second self, third ..."""
    clear: dict[str, list[datetime | None]] = defaultdict(list)
    named = []
    for call in sorted(calls, key=lambda call: (call.dispatched_at or call.filed_at, call.number)):
        if call.dispatched_at is None:
            named.append(call)
            continue
        selves = clear[call.unit]
        free = (i for i, at in enumerate(selves) if at is not None and at < call.dispatched_at)
        index = next(free, len(selves))
        selves[index : index + 1] = [call.done_at]
        named.append(replace(call, crew=call.unit if index == 0 else f"{call.unit}/{index + 1}"))
    return named


def _starts(rows: Sequence[Row], zone: ZoneInfo) -> dict[str, Place]:
    """Let each unit begin at the middle of the battalion that it is first seen in."""
    places: dict[str, list[Place]] = defaultdict(list)
    battalions: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: _required(row, "Entry DtTm", zone)):
        places[row["Battalion"]].append(_place(row))
        battalions.setdefault(row["Unit ID"], row["Battalion"])
    middle = {
        name: (fmean(lat for lat, _ in found), fmean(lon for _, lon in found))
        for name, found in places.items()
    }
    return {unit: middle[battalion] for unit, battalion in battalions.items()}


def _sent(rows: Iterable[Row], zone: ZoneInfo) -> dict[str, list[tuple[datetime, Place]]]:
    sent: dict[str, list[tuple[datetime, Place]]] = defaultdict(list)
    for row in rows:
        at = _instant(row, "Dispatch DtTm", zone)
        if at is not None:
            sent[row["Unit ID"]].append((at, _place(row)))
    return {unit: sorted(moves) for unit, moves in sent.items()}
