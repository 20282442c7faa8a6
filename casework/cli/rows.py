"""Reading foreign files row by row: what cannot be read is handed on with its line, never dropped."""

import codecs
import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ENCODINGS = ("utf-8", "gb18030")


@dataclass(frozen=True, slots=True)
class Row:
    """A row that was read, and the line on which it ends."""

    line: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A stretch of the file that is no row: its text and the reason."""

    line: int
    text: str
    reason: str


def read(file: Path, encoding: str, advanced: Callable[[int], object]) -> Iterator[Row | Unreadable]:
    """Read CSV with a header, or JSON lines, by the file's suffix; `advanced` is told of every byte read."""
    lines = _lines(file, encoding, advanced)
    return _csv(lines, encoding) if is_csv(file) else _json(lines, encoding)


def is_csv(file: Path) -> bool:
    """Tell whether a file is taken for CSV."""
    return file.suffix.lower() == ".csv"


def header(file: Path, encoding: str) -> list[str]:
    """Read the names of a CSV file's columns."""
    return next(csv.reader(_lines(file, encoding, lambda _bytes: None)), [])


def _lines(file: Path, encoding: str, advanced: Callable[[int], object]) -> Iterator[str]:
    with file.open("rb") as opened:
        for number, line in enumerate(opened):
            advanced(len(line))
            text = line.removeprefix(codecs.BOM_UTF8) if number == 0 else line
            yield text.decode(encoding, "surrogateescape")


def _csv(lines: Iterable[str], encoding: str) -> Iterator[Row | Unreadable]:
    taken: list[str] = []

    def remembered() -> Iterator[str]:
        for line in lines:
            taken.append(line)
            yield line

    reader = csv.reader(remembered(), strict=True)
    names = next(reader, [])
    while True:
        taken.clear()
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Unreadable(reader.line_num, "".join(taken), f"is no CSV: {error}")
            continue
        if cells is None:
            return
        if not cells:
            continue
        text = "".join(taken)
        if len(cells) != len(names):
            reason = f"has {len(cells)} fields where the header has {len(names)}"
            yield Unreadable(reader.line_num, text, reason)
        elif _torn(text):
            yield Unreadable(reader.line_num, text, _not_in(encoding))
        else:
            yield Row(reader.line_num, dict(zip(names, cells, strict=True)))


def _json(lines: Iterable[str], encoding: str) -> Iterator[Row | Unreadable]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if _torn(line):
            yield Unreadable(number, line, _not_in(encoding))
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield Unreadable(number, line, f"is no JSON: {error}")
            continue
        if isinstance(values, dict):
            yield Row(number, values)
        else:
            yield Unreadable(number, line, "is no JSON object")


def _torn(text: str) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in text)


def _not_in(encoding: str) -> str:
    others = " or ".join(other for other in ENCODINGS if other != encoding)
    return f"is not written in {encoding}; `--encoding {others}` may be right"
