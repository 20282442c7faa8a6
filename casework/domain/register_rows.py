"""One row of a foreign register becomes an asset, a device, a party or a source, or says what is wrong."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from casework.domain import errors
from casework.domain.places import PartyKind
from casework.ids import AreaId

Locate = Callable[[float, float], AreaId | None]
LONGEST_ID, LONGEST_NAME, MOST_ATTRIBUTES, LONGEST_VALUE = 128, 200, 40, 500
LONGEST_INTERVAL_S = 366 * 86_400.0
_KIND = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_PARTY_KINDS = frozenset(kind.value for kind in PartyKind)
_UNHOLDABLE = re.compile("[\0\ud800-\udfff]")


ASSET = ("id", "kind", "name", "name_zh", "name_en", "lat", "lon", "area", "senses")
DEVICE = (*ASSET, "source", "owner", "interval_s", "rate_per_s")
PARTY = ("id", "kind", "name", "name_zh", "name_en", "belongs_to", "lat", "lon", "area")
SOURCE = ("name", "title", "owner", "rate_per_s", "burst", "interval_s")


class Reading:
    """Takes fields out of one row, and collects what is wrong with them."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self._row = row
        self.wrong: dict[str, list[str]] = {}

    def text(self, name: str, longest: int, *, required: bool = False) -> str | None:
        """Take a text; None where it is empty and may be."""
        value = self._row.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            if required:
                self.say(name, "is missing")
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.say(name, "must be a text")
            return None
        said = str(value).strip()
        if len(said) > longest:
            self.say(name, f"must have at most {longest} characters, not {len(said)}")
        elif _UNHOLDABLE.search(said):
            self.say(name, "holds NUL or half a character")
        return said

    def number(self, name: str, low: float, high: float, *, required: bool = False) -> float | None:
        """Take a number within bounds; None where it is empty and may be."""
        value = self._row.get(name)
        if value is None or value == "":
            if required:
                self.say(name, "is missing")
            return None
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not low <= number <= high:
            self.say(name, f"must be a number from {low:g} to {high:g}, not {str(value)[:40]!r}")
            return None
        return number

    def kind(self) -> str:
        """Take the kind."""
        said = self.text("kind", 64, required=True) or ""
        if said and not _KIND.fullmatch(said):
            self.say("kind", f"must be small letters, digits, - and _, like manhole_cover, not {said[:40]!r}")
        return said

    def names(self, fallback: str) -> tuple[str, str]:
        """Take the names in both languages: one stands in for the other, and the id for both."""
        common = self.text("name", LONGEST_NAME)
        chinese, english = self.text("name_zh", LONGEST_NAME), self.text("name_en", LONGEST_NAME)
        zh = chinese or common or english or fallback
        return zh, english or common or chinese or fallback

    def attributes(self, own: tuple[str, ...]) -> dict[str, object]:
        """Take every further column that says something, as it stands."""
        found: dict[str, object] = {}
        for name, value in self._row.items():
            if name in own or value is None or value == "":
                continue
            if _UNHOLDABLE.search(str(name)):
                self.say("row", "has a column whose name holds NUL or half a character")
                continue
            if isinstance(value, float) and not math.isfinite(value):
                self.say(str(name), "must be a finite number")
            elif isinstance(value, bool | int | float) or (
                isinstance(value, str) and len(value) <= LONGEST_VALUE and not _UNHOLDABLE.search(value)
            ):
                found[name] = value
            else:
                self.say(str(name)[:64], f"must be a text of at most {LONGEST_VALUE} characters or a number")
        if len(found) > MOST_ATTRIBUTES or any(len(name) > LONGEST_NAME for name in found):
            self.say("row", f"has more than {MOST_ATTRIBUTES} further columns, or one with too long a name")
        return found

    def say(self, name: str, sentence: str) -> None:
        """Note what is wrong with a field."""
        self.wrong.setdefault(name, []).append(sentence)

    def finish(self) -> None:
        """Refuse the row if something is wrong with it."""
        if self.wrong:
            raise errors.InvalidInput(self.wrong)


def asset(row: Mapping[str, Any], locate: Locate) -> dict[str, Any]:
    """Read the values of an asset; its area is looked up where the row names none."""
    return _placed(Reading(row), ASSET, locate)


def device(row: Mapping[str, Any], locate: Locate) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read a device: what stands in the register of assets, and what is declared of its working."""
    reading = Reading(row)
    works = {
        "source": reading.text("source", 200),
        "owner": reading.text("owner", 200) or "",
        "interval_s": reading.number("interval_s", 1, LONGEST_INTERVAL_S),
        "rate_per_s": reading.number("rate_per_s", 1e-6, 1e6),
    }
    stands = _placed(reading, DEVICE, locate)
    if works["source"]:
        stands["attributes"]["source"] = works["source"]
    return stands, {"id": stands["id"], **works}


def _placed(reading: Reading, own: tuple[str, ...], locate: Locate) -> dict[str, Any]:
    name = reading.text("id", LONGEST_ID, required=True) or ""
    zh, en = reading.names(name)
    lat = reading.number("lat", -90, 90, required=True)
    lon = reading.number("lon", -180, 180, required=True)
    area = reading.text("area", 64)
    values = {
        "id": name,
        "kind": reading.kind(),
        "name_zh": zh,
        "name_en": en,
        "lat": lat,
        "lon": lon,
        "senses": reading.text("senses", LONGEST_ID),
        "attributes": reading.attributes(own),
    }
    reading.finish()
    return values | {"area_id": area or locate(lat or 0.0, lon or 0.0)}


def party(row: Mapping[str, Any], locate: Locate) -> dict[str, Any]:
    """Read the values of a company, vehicle or site."""
    reading = Reading(row)
    name = reading.text("id", LONGEST_ID, required=True) or ""
    zh, en = reading.names(name)
    kind = reading.text("kind", 32, required=True)
    if kind and kind not in _PARTY_KINDS:
        reading.say("kind", f"must be one of {', '.join(PartyKind)}, not {kind[:40]!r}")
    lat, lon = reading.number("lat", -90, 90), reading.number("lon", -180, 180)
    if (lat is None) != (lon is None):
        reading.say("lon", "comes with its other half: lat and lon go together")
    area = reading.text("area", 64)
    values = {
        "id": name,
        "name_zh": zh,
        "name_en": en,
        "belongs_to": reading.text("belongs_to", LONGEST_ID),
        "lat": lat,
        "lon": lon,
        "attributes": reading.attributes(PARTY),
    }
    reading.finish()
    located = locate(lat, lon) if lat is not None and lon is not None else None
    return values | {"kind": PartyKind(kind or ""), "area_id": area or located}


def source(row: Mapping[str, Any]) -> dict[str, Any]:
    """Read what is declared of a source; its keys are made by hand, one by one, and never imported."""
    reading = Reading(row)
    name = reading.text("name", LONGEST_NAME, required=True) or ""
    burst = reading.number("burst", 1, 1_000_000)
    values = {
        "name": name,
        "title": reading.text("title", LONGEST_NAME) or name,
        "owner": reading.text("owner", LONGEST_NAME) or "",
        "rate_per_s": reading.number("rate_per_s", 1e-6, 1e6) or 100.0,
        "burst": 1000 if burst is None else int(burst),
        "interval_s": reading.number("interval_s", 1, LONGEST_INTERVAL_S),
    }
    for column in sorted(set(map(str, row)) - set(SOURCE)):
        reading.say(column[:64], f"is not known; known are {', '.join(SOURCE)}")
    reading.finish()
    return values
