"""The child process of a rehearsal: takes its order by standard input, tells how far it is, and reports."""

import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import rules
from casework.services import rehearsing
from casework.services.rehearsing import Script
from casework.store.archive import Archive
from casework.store.area_index import AreaIndex, AreaTree
from casework.store.database import Database

_NICE = 10
"""Whatever serves people goes first."""


def main() -> None:
    """Carry out one order."""
    os.nice(_NICE)
    order = json.loads(sys.stdin.readline())
    database = Database(order["url"], pool_size=1)
    archive = Archive(database)
    areas = archive.areas()
    report = rehearsing.rehearse(
        script_of(order),
        archive,
        locate=AreaIndex(areas).locate,
        lineage=AreaTree(areas).path,
        progress=_tell,
    )
    _say({"report": report})
    database.close()


def script_of(order: dict[str, Any]) -> Script:
    """Read the script out of an order; the parent has tried both sets of rules."""
    start, end = datetime.fromisoformat(order["from"]), datetime.fromisoformat(order["to"])
    offset = start.astimezone(ZoneInfo(order["zone"])).utcoffset()
    return Script(
        live=rules.load_packs([Path(order["live"])]),
        draft=rules.load_packs([Path(order["draft"])]),
        start=start,
        end=end,
        focus=frozenset({(order["key"][0], order["key"][1])}),
        price=order["price"],
        offset_s=offset.total_seconds() if offset else 0.0,
        matcher=order["matcher"],
    )


def _tell(part: float, events: int) -> None:
    _say({"part": part, "events": events})


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
