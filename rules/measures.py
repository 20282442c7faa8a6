"""Units of measurement: what can be converted into what, by the pint library's registry."""

import math
import re
from functools import cache, lru_cache
from typing import Any

from rules.errors import RulesError, nearest

_COUNTED = frozenset({"NTU", "FTU", "pH", "dB", "dBA", "AQI"})
"""Units of one kind each: they are kept as they are, and converted into nothing else."""
_COMMON = (
    "mm",
    "cm",
    "m",
    "km",
    "m/s",
    "km/h",
    "mm/h",
    "°C",
    "K",
    "%",
    "ppm",
    "µg/m³",
    "mg/m³",
    "mg/L",
    "Pa",
    "kPa",
    "V",
    "A",
    "W",
    "kW",
    "lx",
    "s",
    "min",
    "h",
    "degree",
    "kg",
    "t",
    "m³/h",
    "L/s",
    *_COUNTED,
)
_WRITTEN = re.compile(r"[A-Za-zµμΩ°%]{1,16}[²³]?(\^[1-3])?([/·*][A-Za-zµμΩ°]{1,16}[²³]?(\^[1-3])?){0,3}")
"""How a unit is written. Anything else is kept from pint, whose parser computes: m**9**9**9 never ends."""


class UnitRefused(RulesError):
    """A unit is unknown, or measures something else."""


def convert(value: float, unit: str, wanted: str) -> float:
    """Convert a value; raise `UnitRefused` where the units do not measure the same.

    Every conversion between units is affine (°C and °F too); its factor and offset are asked of pint
    once.
    """
    if unit == wanted:
        return value
    factor, offset = _affine(unit, wanted)
    converted = value * factor + offset
    return round(converted, 12)


def convertible(unit: str, wanted: str) -> bool:
    """Tell whether the units measure the same."""
    try:
        convert(0.0, unit, wanted)
    except UnitRefused:
        return False
    return True


def is_known(unit: str) -> bool:
    """Tell whether a text names a unit."""
    return unit in _COUNTED or _dimension(unit) is not None


def hint(unit: str) -> str:
    """Name the common unit most like a wrong one."""
    return nearest(unit, _COMMON) or "like cm, km/h, °C, %, mg/m³"


@lru_cache(maxsize=4096)
def _affine(unit: str, wanted: str) -> tuple[float, float]:
    source, target = _dimension(unit), _dimension(wanted)
    if source is None or target is None or source.dimensionality != target.dimensionality:
        raise UnitRefused(f"'{unit[:32]}' cannot be converted to {wanted}")
    quantity = _registry().Quantity
    zero, one, two = (float(quantity(point, source).to(target).magnitude) for point in (0.0, 1.0, 2.0))
    if not math.isclose(two - one, one - zero, rel_tol=1e-9):
        raise UnitRefused(f"'{unit}' is a logarithm, which is not converted to {wanted}")
    return one - zero, zero


@lru_cache(maxsize=4096)
def _dimension(unit: str) -> Any:  # noqa: ANN401  (a pint.Unit of the registry's own class)
    """Read a unit that can be converted, or answer None."""
    if unit in _COUNTED or _WRITTEN.fullmatch(unit) is None:
        return None
    registry = _registry()
    try:
        return registry.Unit(unit)
    except (ValueError, AttributeError, TypeError):
        return None


@cache
def _registry() -> Any:  # noqa: ANN401  (pint makes its registry's class at run time)
    import pint  # noqa: PLC0415  (a third of a second that a house without declared units does without)

    return pint.UnitRegistry()
