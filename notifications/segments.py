"""How many SMS a text becomes, which is what it costs and whether a Chinese text arrives in one piece.

Alphabet, escape table and sizes after 3GPP TS 23.038 (GSM 03.38), 6.2.1, and TS 23.040, 9.2.3.24.1.
"""

from dataclasses import dataclass
from typing import Literal

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = frozenset("\f^{}\\[~]|€")
_ESCAPED_UNITS = 2
_GSM7_SINGLE, _GSM7_PART = 160, 153
_UCS2_SINGLE, _UCS2_PART = 70, 67
_LAST_OF_BASIC_PLANE = "\uffff"


@dataclass(frozen=True, slots=True)
class Segments:
    """`characters` are counted as the network does: septets for gsm7, UTF-16 units for ucs2."""

    encoding: Literal["gsm7", "ucs2"]
    characters: int
    segments: int
    per_segment: int


def count(body: str) -> Segments:
    """Count the segments of a body; an empty body is one segment.

    A character of two units (an escaped one, or one outside the basic plane) is never cut in two, so a long
    text may need a segment more than its length divided by the size.
    """
    if _BASIC.issuperset(body):
        return _cut("gsm7", len(body), _GSM7_SINGLE, _GSM7_PART)
    units = _gsm7_units(body)
    if units is not None:
        return _split("gsm7", units, _GSM7_SINGLE, _GSM7_PART)
    if max(body) <= _LAST_OF_BASIC_PLANE:
        return _cut("ucs2", len(body), _UCS2_SINGLE, _UCS2_PART)
    wide = [1 if char <= _LAST_OF_BASIC_PLANE else 2 for char in body]
    return _split("ucs2", wide, _UCS2_SINGLE, _UCS2_PART)


def _cut(encoding: Literal["gsm7", "ucs2"], total: int, single: int, part: int) -> Segments:
    """Cut characters of one unit each, as nearly every text has them: no need to look at each."""
    return Segments(encoding, total, 1 if total <= single else -(-total // part), single)


def _gsm7_units(body: str) -> list[int] | None:
    units = []
    for char in body:
        if char in _BASIC:
            units.append(1)
        elif char in _ESCAPED:
            units.append(_ESCAPED_UNITS)
        else:
            return None
    return units


def _split(encoding: Literal["gsm7", "ucs2"], units: list[int], single: int, part: int) -> Segments:
    total = sum(units)
    if total <= single:
        return Segments(encoding, total, 1, single)
    segments, used = 1, 0
    for size in units:
        if used + size > part:
            segments, used = segments + 1, 0
        used += size
    return Segments(encoding, total, segments, part)
