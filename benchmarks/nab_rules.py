"""Print how well declared rules find the labelled anomalies of the Numenta benchmark, and a plain threshold.

    python benchmarks/nab_rules.py --data FOLDER [--fence 3]

Nothing is fitted to the labels. The first part of each series (15 %, at most 750 readings, the benchmark's
own probation) gives its quartiles; the limits lie `--fence` quartile ranges outside of them (3: Tukey's "far
out"). What a series measures decides which rules judge it; they stand in benchmarks/nab/declared and read the
limits as attributes of the asset. Three ways are compared: every reading outside (`plain`), a second one
within half an hour (`confirmed`, a count), and outside for a while (`lasting`); the latter two are quiet
until readings are usual again. Only readings after the first part are scored, and windows that end after it.
Each time that a rule acts is joined to the case of its series as the rule groups. A case is right when it is
opened in a labelled window; a window is found when a rule acts in it. Fails when a rule with a window opens
two cases in one day on real traffic.
"""

import argparse
import json
import statistics
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.replay_nab import FOLDER, PACK, ROOT, Reading, read_series
from rules.catalogue import Catalogue
from rules.fields import FactValue
from rules.matcher import Matcher, build_matcher
from rules.packs import load_packs
from rules.plain import rules_of
from rules.remembering import micros
from rules.watching import Stamp, Windows

DECLARED = ROOT / "benchmarks" / "nab" / "declared"
PROBATION, PROBATION_MOST = 0.15, 750
KINDS = {
    "TravelTime": "travel_time",
    "occupancy": "occupancy",
    "speed": "speed",
    "machine": "temperature",
    "art": "level",
}
TRAFFIC = frozenset({"travel_time", "occupancy", "speed"})
DAY = timedelta(days=1)
WAYS = ("plain", "confirmed", "lasting")
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Score:
    """What one way of judging came to: acts, when cases were opened and how many rightly, windows found."""

    acts: int
    opened: tuple[datetime, ...]
    right: int
    windows: int
    found: int

    def __add__(self, other: "Score") -> "Score":
        """Take two together."""
        return Score(
            self.acts + other.acts,
            self.opened + other.opened,
            self.right + other.right,
            self.windows + other.windows,
            self.found + other.found,
        )

    def __str__(self) -> str:
        """Write it as a row."""
        precision = f"{self.right / len(self.opened):.2f}" if self.opened else "-"
        recall = f"{self.found / self.windows:.2f}" if self.windows else "-"
        return (
            f"{self.acts:5} acts {len(self.opened):4} cases {self.right:4} right, precision {precision:>4};"
            f" {self.found} of {self.windows} windows, recall {recall:>4}"
        )


NOTHING = Score(0, (), 0, 0, 0)


def main(arguments: list[str] | None = None) -> None:
    """Judge every series and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="the public data")
    parser.add_argument("--fence", type=float, default=3.0, help="quartile ranges from the quartiles")
    wanted = parser.parse_args(arguments)
    folder = wanted.data / FOLDER
    labels = json.loads((folder / "combined_windows.json").read_text(encoding="utf-8"))
    catalogue = load_packs([PACK, DECLARED])
    matcher = build_matcher(catalogue)
    totals: dict[tuple[str, str], Score] = {}
    for file in sorted(folder.glob("*/*.csv")):
        readings = list(read_series(file))
        first = min(int(len(readings) * PROBATION), PROBATION_MOST)
        start = readings[first].at
        kind = KINDS[file.stem.partition("_")[0]]
        limits = limits_of([reading.value for reading in readings[:first]], wanted.fence)
        spans = [span for span in _spans(labels[f"{file.parent.name}/{file.name}"]) if span[1] > start]
        days = (readings[-1].at - start) / DAY
        print(f"{file.stem}: {kind}, {len(readings)} readings, {days:.1f} days scored")
        acts = judge(catalogue, matcher, readings, {"asset.kind": kind, **limits})
        for way in WAYS:
            times = [at for at in acts[way] if at >= start]
            score = scored(times, spans, _grouping(catalogue, way, kind))
            busiest = max(Counter(at.date() for at in score.opened).values(), default=0)
            print(f"  {way:10}{score}; {len(score.opened) / days:.2f} cases a day, most {busiest}")
            assert way == "plain" or kind not in TRAFFIC or busiest <= 1, "more than one case a day"
            for part in ("real traffic" if kind in TRAFFIC else "machine and generated", "all"):
                totals[part, way] = totals.get((part, way), NOTHING) + score
    for (part, way), score in sorted(totals.items()):
        print(f"{part:22}{way:10}{score}")


def limits_of(values: Sequence[float], fence: float) -> dict[str, FactValue]:
    """Answer the quartiles, and the limits so many quartile ranges outside of them."""
    lower, _, upper = statistics.quantiles(values, n=4, method="inclusive")
    span = upper - lower
    return {
        "asset.low": lower - fence * span,
        "asset.lower": lower,
        "asset.upper": upper,
        "asset.high": upper + fence * span,
    }


def judge(
    catalogue: Catalogue, matcher: Matcher, readings: Sequence[Reading], asset: Mapping[str, FactValue]
) -> dict[str, list[datetime]]:
    """Let the rules judge a series; answer the times at which those of each way act."""
    windows = Windows(catalogue)
    acts: dict[str, list[datetime]] = {way: [] for way in WAYS}
    for reading in readings:
        at = micros(reading.at)
        # The pack of limits set by hand judges by `subject`; another name keeps it out.
        facts = {"subject": f"{reading.series}/declared", "value": reading.value, **asset}
        answers = matcher.answers("reading", facts)
        told = windows.hear(answers, facts, Stamp(at, at, str(reading.index), reading.index))
        acting = {rule.id for rule in rules_of(answers) if rule.window is None}
        acting |= {one.rule.id for one in told if one.outcome.held}
        for way in {name.partition("-")[0] for name in acting}:
            acts[way].append(reading.at)
    return acts


def scored(acts: Sequence[datetime], spans: Sequence[Span], within: timedelta) -> Score:
    """Join acts into cases and hold them against the labelled windows."""
    opened = [at for index, at in enumerate(acts) if not index or at - acts[index - 1] > within]
    right = sum(_inside(at, spans) for at in opened)
    found = sum(any(_inside(at, [span]) for at in acts) for span in spans)
    return Score(len(acts), tuple(opened), right, len(spans), found)


def _inside(at: datetime, spans: Sequence[Span]) -> bool:
    return any(start <= at <= end for start, end in spans)


def _grouping(catalogue: Catalogue, way: str, kind: str) -> timedelta:
    names = {"speed": "slow", "travel_time": "congestion", "occupancy": "congestion"}
    wanted = f"{way}-{names.get(kind, 'machine')}"
    (action,) = next(rule.then for rule in catalogue.rules if rule.id == wanted)
    within = getattr(action, "group_within_s", None)
    return timedelta(seconds=within or catalogue.categories["machine"].grouping.within_s)


def _spans(labelled: Sequence[Sequence[str]]) -> Iterator[Span]:
    for start, end in labelled:
        yield (
            datetime.fromisoformat(start).replace(tzinfo=UTC),
            datetime.fromisoformat(end).replace(tzinfo=UTC),
        )


if __name__ == "__main__":
    main()
