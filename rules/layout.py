"""Which files a scenario pack may hold: the same list for reading, exporting and importing."""

import re
from pathlib import Path

FILES = frozenset(
    {
        "pack.yaml",
        "categories.yaml",
        "escalation.yaml",
        "messages.yaml",
        "events.yaml",
        "calendars.yaml",
        "overlay.yaml",
        "icon.svg",
        "README.md",
        "sample/stream.jsonl",
        "sample/places.yaml",
        "sample/expect.yaml",
    }
)
"""Everything but the rules, by its path inside the pack."""

_RULES = re.compile(r"rules/[A-Za-z0-9][A-Za-z0-9_-]{0,99}\.yaml")


def is_known(path: str) -> bool:
    """Tell whether a path inside a pack, written with slashes, is one that means something."""
    return path in FILES or _RULES.fullmatch(path) is not None


def strays(folder: Path) -> list[str]:
    """Find what would be left out in silence, such as a rule beside its folder or one named .yml.

    Hidden files are an editor's or a system's own and are nobody's mistake.
    """
    found = (
        path.relative_to(folder).as_posix()
        for path in (*folder.glob("*.*"), *(folder / "rules").glob("*"), *(folder / "sample").glob("*"))
        if not path.name.startswith(".")
    )
    return sorted(path for path in found if not is_known(path) or not (folder / path).is_file())


def files(folder: Path) -> list[str]:
    """List a pack's files, sorted, by their path inside it."""
    inside = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in inside if is_known(path))
