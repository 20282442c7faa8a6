"""A process that judges events one by one and says so, until it is done or killed."""

import sys
from dataclasses import replace
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

import cast  # noqa: E402  (the path must be known first)

from casework.services import triage  # noqa: E402
from rules.matcher import build_matcher  # noqa: E402
from rules.packs import load_packs  # noqa: E402


def main(url: str, folder: str) -> None:
    """Judge what waits in a town's database by its own rules and those of a further pack."""
    with cast.open_town(url, populate=False) as town:
        catalogue = load_packs([cast.SMALL_TOWN, Path(folder)])
        matcher = build_matcher(catalogue, prefer="plain")
        house = replace(town.house, catalogue=catalogue, matcher=matcher)
        while triage.judge_waiting(town.uows, house, town.clock, limit=1):
            sys.stdout.write("judged\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
