"""Reading JSON that strangers sent: never an unforeseen error, and a field's name wherever there is one."""

import json
from typing import Any

from casework.domain import errors

_TOO_LONG = float("inf")
"""Stands for a number of thousands of digits: not finite, so that its field is refused by name."""


class _Doubled(ValueError):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def read(body: bytes) -> Any:  # noqa: ANN401  (whatever JSON holds)
    """Read a body as JSON in UTF-8.

    NaN, the infinities and numbers out of range come through as floats that are not finite, for the schema
    to refuse by name; raises `MalformedBody` for what is no JSON, `InvalidInput` for a name given twice.
    """
    try:
        return _DECODER.decode(body.decode())
    except UnicodeDecodeError as error:
        raise errors.MalformedBody("the body is not UTF-8") from error
    except RecursionError as error:
        raise errors.InvalidInput({"body": ["is nested too deeply"]}) from error
    except json.JSONDecodeError as error:
        raise errors.MalformedBody(f"the body is not JSON: {error}") from error
    except _Doubled as error:
        raise errors.InvalidInput({error.name: ["is given twice"]}) from error
    except ValueError:
        return _read_long_numbers(body)


def _read_long_numbers(body: bytes) -> Any:  # noqa: ANN401
    """Read again what holds an integer longer than Python reads by default."""
    try:
        return json.loads(body.decode(), object_pairs_hook=_once, parse_int=_bounded)
    except _Doubled as error:
        raise errors.InvalidInput({error.name: ["is given twice"]}) from error
    except (ValueError, RecursionError) as error:
        raise errors.MalformedBody("the body is not JSON") from error


def _bounded(digits: str) -> float:
    return int(digits) if len(digits) < 100 else _TOO_LONG  # noqa: PLR2004  (beyond any number that is taken)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _Doubled(name.encode(errors="replace").decode()[:200])
            seen.add(name)
    return made


_DECODER = json.JSONDecoder(object_pairs_hook=_once)


def refuse_unholdable(value: object) -> None:
    """Refuse, by the field's name, texts that no database holds: NUL, and half characters."""
    if not isinstance(value, dict):
        return
    wrong = {}
    for name, inner in value.items():
        text = inner if isinstance(inner, str) else json.dumps(inner, ensure_ascii=False)
        if "\0" in text or "\\u0000" in text:
            wrong[str(name)] = ["must not hold the NUL character"]
        elif not _is_whole(text):
            wrong[str(name)] = ["holds half a character (a lone surrogate)"]
    if wrong:
        raise errors.InvalidInput(wrong)


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def write(value: object) -> str:
    """Write JSON for an answer in plain ASCII: half a character sent to us goes back as its escape."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
