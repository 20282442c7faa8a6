"""Telephone numbers: one written form, a masked form for logs, and the ranges that reach nobody.

Numbers that can never ring, for demo, drill and tests:

- `+86 26 0000 NNNN` to `+86 26 0009 NNNN`: area code 026 is not assigned in China's numbering plan and no
  subscriber number begins with 0, so the number is invalid twice over. China sets no official range apart
  for fiction.
- `+1 AAA 555 01NN`: set apart for fiction by the North American Numbering Plan (NANPA, 555 line numbers).
- `+1 500 555 00NN`: the provider's own test numbers (Twilio, "Test Credentials: magic numbers").
- `+44 7700 900NNN`: set apart for drama by Ofcom ("Telephone numbers for drama use").
"""

import re
from collections.abc import Iterable

import phonenumbers

DEFAULT_REGION = "CN"
_DRILL_PREFIX = "+862600"
_DRILL_NUMBERS = 10_000
_UNROUTABLE = re.compile(
    r"\+86 26000\d{5} | \+1\d{3}55501\d\d | \+150055500\d\d | \+447700900\d{3}", re.VERBOSE
)
_MAX_WRITTEN = 40
_SHOWN_AHEAD, _SHOWN_BEHIND = 3, 4
_MIN_MASKABLE = 9


class UnusableNumber(ValueError):
    """This is not a telephone number that a text can be sent to."""


class RealNumber(ValueError):
    """A drill may only write to numbers that can never ring."""


def normalise(written: str, region: str = DEFAULT_REGION) -> str:
    """Answer a number in E.164, reading one without country code as of `region`.

    Raises `UnusableNumber` unless it is valid by the numbering plans or in one of the ranges that reach
    nobody.
    """
    if len(written) > _MAX_WRITTEN:
        raise UnusableNumber("a telephone number is not that long")
    try:
        parsed = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException as error:
        raise UnusableNumber("this does not read as a telephone number") from error
    number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if is_unroutable(number) or phonenumbers.is_valid_number(parsed):
        return number
    raise UnusableNumber("no numbering plan knows this number")


def mask(number: str) -> str:
    """Answer a number fit for a log, such as `+86 138****0001`; what does not read as one is hidden whole."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return "****"
    digits = phonenumbers.national_significant_number(parsed)
    if len(digits) < _MIN_MASKABLE:
        return f"+{parsed.country_code} ****{digits[-2:]}"
    return f"+{parsed.country_code} {digits[:_SHOWN_AHEAD]}****{digits[-_SHOWN_BEHIND:]}"


def drill_number(index: int) -> str:
    """Answer the `index`-th number (0 to 9,999) of the range that demo and tests give to people.

    Raises `ValueError` outside the range.
    """
    if not 0 <= index < _DRILL_NUMBERS:
        raise ValueError(f"there are {_DRILL_NUMBERS} drill numbers, and {index} is none of them")
    return f"{_DRILL_PREFIX}00{index:04d}"


def is_unroutable(number: str) -> bool:
    """Tell whether an E.164 number lies in a range that can never reach a person."""
    return _UNROUTABLE.fullmatch(number) is not None


def refuse_real_numbers(numbers: Iterable[str]) -> None:
    """Raise `RealNumber` if any of these E.164 numbers could reach a person."""
    for number in numbers:
        if not is_unroutable(number):
            raise RealNumber(f"{mask(number)} could reach a person; a drill may not write to it")
