"""Reading foreign lists row by row: what cannot be read is handed on with its line, never dropped."""

import codecs
import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

ENCODINGS = ("utf-8", "gb18030")
_HALVES = re.compile("[\udc80-\udcff]")


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


class Form(StrEnum):
    """How a list is written."""

    CSV = "csv"
    JSON_LINES = "json lines"
    GEOJSON = "geojson"


def form_of(name: str) -> Form:
    """Tell a list's form by its name's suffix; JSON lines where it says nothing else."""
    suffix = Path(name).suffix.lower()
    return {".csv": Form.CSV, ".geojson": Form.GEOJSON}.get(suffix, Form.JSON_LINES)


def read(file: Path, encoding: str, advanced: Callable[[int], object]) -> Iterator[Row | Unreadable]:
    """Read a file in the form that its suffix tells; `advanced` is told of every byte read."""
    with file.open("rb") as opened:
        yield from read_lines(opened, form_of(file.name), encoding, advanced)


def read_lines(
    given: Iterable[bytes], form: Form, encoding: str, advanced: Callable[[int], object] = lambda _bytes: None
) -> Iterator[Row | Unreadable]:
    """Read a list from its lines."""
    lines = _decoded(given, encoding, advanced)
    if form is Form.GEOJSON:
        return _geojson(lines, encoding)
    return _csv(lines, encoding) if form is Form.CSV else _json(lines, encoding)


def is_csv(file: Path) -> bool:
    """Tell whether a file is taken for CSV."""
    return form_of(file.name) is Form.CSV


def header(file: Path, encoding: str) -> list[str]:
    """Read the names of a CSV file's columns."""
    with file.open("rb") as opened:
        return next(csv.reader(_decoded(opened, encoding, lambda _bytes: None)), [])


def _decoded(given: Iterable[bytes], encoding: str, advanced: Callable[[int], object]) -> Iterator[str]:
    for number, line in enumerate(given):
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


def _geojson(lines: Iterable[str], encoding: str) -> Iterator[Row | Unreadable]:
    """Walk the features of a collection one by one, each with the line on which it begins."""
    walk = _Walk("".join(lines))
    try:
        walk.take("{")
        while not walk.ends("}"):
            name = walk.value()
            walk.take(":")
            if name != "features":
                value = walk.value()
                wrong = _other_datum(value) if name == "crs" else None
                if wrong:
                    yield Unreadable(walk.line, "", wrong)
                    return
            else:
                walk.take("[")
                while not walk.ends("]"):
                    line, text, found = walk.line, walk.at, walk.value()
                    feature = _feature(found)
                    if _torn(walk.text[text : walk.at]):
                        yield Unreadable(line, walk.text[text : walk.at], _not_in(encoding))
                    elif isinstance(feature, str):
                        yield Unreadable(line, walk.text[text : walk.at], feature)
                    else:
                        yield Row(line, feature)
                    walk.comma("]")
            walk.comma("}")
    except (ValueError, RecursionError) as error:
        yield Unreadable(
            walk.line,
            walk.text[walk.at : walk.at + 200],
            f"is no GeoJSON from here on, nothing after it was read: {error}",
        )


class _Walk:
    """A place in a JSON text that moves on value by value, and knows its line."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._at = 0
        self._counted = (0, 1)
        self._decode = json.JSONDecoder().raw_decode

    @property
    def at(self) -> int:
        """The next place that is no blank."""
        while self._at < len(self.text) and self.text[self._at] in " \t\r\n":
            self._at += 1
        return self._at

    @property
    def line(self) -> int:
        """The line of that place."""
        seen, line = self._counted
        self._counted = (self.at, line + self.text.count("\n", seen, self._at))
        return self._counted[1]

    def take(self, mark: str) -> None:
        """Step over a mark that must stand here."""
        if not self.text.startswith(mark, self.at):
            raise ValueError(f"{mark!r} is missing")
        self._at += len(mark)

    def ends(self, mark: str) -> bool:
        """Step over a closing mark, if it stands here."""
        if not self.text.startswith(mark, self.at):
            return False
        self._at += len(mark)
        return True

    def comma(self, closing: str) -> None:
        """Step over the comma between two values, unless the closing mark follows."""
        if not self.text.startswith(closing, self.at):
            self.take(",")

    def value(self) -> Any:  # noqa: ANN401  (whatever stands here)
        """Read the value that stands here."""
        found, self._at = self._decode(self.text, self.at)
        return found


_WORLD = ("CRS84", "4326")


def _other_datum(told: object) -> str | None:
    """Say what is wrong with a reference system that is not the one GeoJSON asks for."""
    if told is None or any(known in json.dumps(told) for known in _WORLD):
        return None
    return f"is not in WGS 84 (EPSG:4326): {json.dumps(told)[:200]}; convert it first"


def _feature(found: object) -> dict[str, Any] | str:
    """Make a row of a feature: its properties, its id, and one point of its geometry."""
    if not isinstance(found, dict) or found.get("type") != "Feature":
        return "is no Feature"
    own = found.get("properties")
    row: dict[str, Any] = dict(own) if isinstance(own, dict) else {}
    if "id" not in row and isinstance(found.get("id"), str | int):
        row["id"] = str(found["id"])
    geometry = found.get("geometry")
    if geometry is None:
        return row
    points = list(_points(geometry.get("coordinates"))) if isinstance(geometry, dict) else []
    if not points:
        return "has a geometry without points"
    longitudes, latitudes = [point[0] for point in points], [point[1] for point in points]
    row["lon"] = (min(longitudes) + max(longitudes)) / 2
    row["lat"] = (min(latitudes) + max(latitudes)) / 2
    return row


def _points(coordinates: object, depth: int = 4) -> Iterator[tuple[float, float]]:
    if not isinstance(coordinates, list) or not coordinates or depth < 0:
        return
    if isinstance(coordinates[0], int | float):
        if len(coordinates) > 1 and isinstance(coordinates[1], int | float):
            yield float(coordinates[0]), float(coordinates[1])
        return
    for inner in coordinates:
        yield from _points(inner, depth - 1)


def _torn(text: str) -> bool:
    return not text.isascii() and _HALVES.search(text) is not None


def _not_in(encoding: str) -> str:
    others = " or ".join(other for other in ENCODINGS if other != encoding)
    return f"is not written in {encoding}; `--encoding {others}` may be right"
