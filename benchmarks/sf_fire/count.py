"""The same figures counted straight from the file with pandas; shares no code with the replay."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

TARGETS = {"dispatch": 60.0, "arrival": 300.0, "resolution": 1200.0}
_ZONE = "America/Los_Angeles"
_TIMES = ("Entry", "Dispatch", "Response", "On Scene", "Available")
_PERCENTS = (50, 80, 90, 95)


@dataclass(frozen=True, slots=True)
class Count:
    """One clock over all calls: how many, how many over the target, percentiles of those that got there."""

    n: int
    reached: int
    breaches: int
    percentiles: tuple[float, ...]


def count(file: Path, days: int, hours: float | None = None) -> dict[str, Count]:
    """Count breaches of the three clocks over the first days, by the rules of docs/benchmarks.md."""
    first = _first_units(file, days)
    if hours is not None:
        midnight = pd.to_datetime(first["Call Date"], format="%m/%d/%Y").min().tz_localize(_ZONE)
        first = first[first["Entry"] < midnight + pd.Timedelta(hours=hours)]
    entry = first["Entry"]
    dispatch = _not_before(first["Dispatch"], entry)
    done = _not_before(first["Available"], dispatch)
    seen = _not_before(first["On Scene"], dispatch)
    seen = seen.mask(seen > done)
    response = _not_before(first["Response"], dispatch)
    response = response.mask(response > seen.fillna(done))
    end = pd.concat([entry, dispatch, response, seen, done]).max()
    sent = dispatch.notna()
    return {
        "dispatch": _count("dispatch", dispatch - entry, dispatch.fillna(end) - entry),
        "arrival": _count(
            "arrival",
            (seen - dispatch)[sent],
            (seen.fillna(done).fillna(end) - dispatch)[sent],
        ),
        "resolution": _count("resolution", done - entry, done.fillna(end) - entry),
    }


def _not_before(instants: pd.Series, earlier: pd.Series) -> pd.Series:
    """Take instants at their predecessors' where they lie before; without a predecessor there is none."""
    return instants.mask(instants < earlier, earlier).where(earlier.notna())


def _first_units(file: Path, days: int) -> pd.DataFrame:
    rows = pd.read_csv(file, dtype=str)
    date = pd.to_datetime(rows["Call Date"], format="%m/%d/%Y")
    rows = rows[date.isin(date.drop_duplicates().nsmallest(days))].copy()
    for name in _TIMES:
        local = pd.to_datetime(rows[f"{name} DtTm"], format="%m/%d/%Y %I:%M:%S %p")
        rows[name] = local.dt.tz_localize(_ZONE).dt.tz_convert("UTC")
    rows["turn"] = rows["Unit sequence in call dispatch"].astype(int)
    ordered = rows.sort_values(["Dispatch", "turn", "Unit ID"], na_position="last")
    return ordered.drop_duplicates("Call Number")


def _count(clock: str, reached: pd.Series, passed: pd.Series) -> Count:
    """Count what passed, in seconds, against the target; one that never got there counts with what passed."""
    seconds = reached.dt.total_seconds().dropna()
    return Count(
        n=len(passed),
        reached=len(seconds),
        breaches=int((passed.dt.total_seconds() > TARGETS[clock]).sum()),
        percentiles=tuple(float(seconds.quantile(percent / 100)) for percent in _PERCENTS),
    )
