"""The provider's numbers as data: what each means, whether to try again, and what a person should do."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml

Concerns = Literal["address", "person", "content", "account", "network"]
_CLIENT_ERRORS = range(400, 500)
_ALWAYS_TEMPORARY = frozenset({401, 403, 408, 425, 429})


@dataclass(frozen=True, slots=True)
class ProviderCode:
    """One row: `meaning` and `what_to_do` hold "zh" and "en"; `source` is where the provider says so.

    `retries` is how often a text is sent again that was taken and then lost with a temporary number.
    """

    code: str
    permanent: bool
    concerns: Concerns
    meaning: Mapping[str, str]
    what_to_do: Mapping[str, str]
    source: str
    retries: int = 1


@cache
def twilio_codes() -> Mapping[str, ProviderCode]:
    """Answer the table of Twilio's numbers, by number as text."""
    return _table("twilio_codes.yaml")


@cache
def vendor_codes() -> Mapping[str, ProviderCode]:
    """Answer the table of all other vendors and of our own words, by `vendor:word`."""
    return _table("vendor_codes.yaml")


def _table(name: str) -> Mapping[str, ProviderCode]:
    raw = resources.files("notifications").joinpath(f"data/{name}").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = yaml.safe_load(raw)
    return {row["code"]: ProviderCode(**row) for row in rows}


def find(code: str | None) -> ProviderCode | None:
    """Answer the row of a number, or None for one that the tables do not have."""
    return (twilio_codes().get(code) or vendor_codes().get(code)) if code else None


def is_permanent(code: str, http_status: int | None = None) -> bool:
    """Tell whether the same text would fail again.

    A number that the table lacks is judged by the HTTP status it came with: a 4xx is permanent unless it
    speaks of credentials or pace. Without a status (a delivery report) an unknown number is temporary, and
    retries are counted.
    """
    row = find(code)
    if row is not None:
        return row.permanent
    return http_status in _CLIENT_ERRORS and http_status not in _ALWAYS_TEMPORARY
