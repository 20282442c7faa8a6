"""What a message costs, by provider and address, as data; amounts are exact: millionths of the currency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import yaml

MICROS = 1_000_000
_FIELDS = {"provider", "prefix", "per", "amount", "currency"}
_CURRENCY = 3


class BadPrices(ValueError):
    """The file of prices cannot be used."""


@dataclass(frozen=True, slots=True)
class Price:
    """What `provider` takes for each message or segment to addresses that begin with `prefix`."""

    provider: str
    prefix: str
    per: Literal["message", "segment"]
    micros: int
    currency: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What one message cost."""

    micros: int
    currency: str


Prices = Sequence[Price]


def cost(prices: Prices, provider: str, address: str, segments: int) -> Cost | None:
    """Answer what a message cost, or None where nothing is known of the provider."""
    fitting = [one for one in prices if one.provider == provider and address.startswith(one.prefix)]
    if not fitting:
        return None
    price = max(fitting, key=lambda one: len(one.prefix))
    return Cost(price.micros * (segments if price.per == "segment" else 1), price.currency)


@cache
def shipped() -> Prices:
    """Answer the example prices that come with the product."""
    return read(resources.files("notifications").joinpath("data/prices.yaml").read_text(encoding="utf-8"))


def load(path: Path) -> Prices:
    """Read the office's own prices; raises `BadPrices` with the row."""
    try:
        return read(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadPrices(f"{path.name} cannot be read") from error


def read(written: str) -> Prices:
    """Read a file of prices; raises `BadPrices` with the row that is wrong."""
    try:
        rows = yaml.safe_load(written)
    except yaml.YAMLError as error:
        raise BadPrices("the prices are not YAML") from error
    if not isinstance(rows, list):
        raise BadPrices("the prices are a list of rows")
    return tuple(_price(number, row) for number, row in enumerate(rows, 1))


def _price(number: int, row: object) -> Price:
    if not isinstance(row, Mapping) or set(row) != _FIELDS:
        raise BadPrices(f"row {number}: needs exactly {', '.join(sorted(_FIELDS))}")
    values: Mapping[str, Any] = row
    if values["per"] not in {"message", "segment"}:
        raise BadPrices(f"row {number}: `per` is message or segment")
    if len(str(values["currency"])) != _CURRENCY:
        raise BadPrices(f"row {number}: `currency` has three letters, like CNY")
    try:
        amount = Decimal(str(values["amount"]))
    except InvalidOperation as error:
        raise BadPrices(f"row {number}: `amount` is no number") from error
    if not 0 <= amount < MICROS:
        raise BadPrices(f"row {number}: `amount` is from 0 to a million")
    return Price(
        str(values["provider"]),
        str(values["prefix"]),
        values["per"],
        int(amount * MICROS),
        str(values["currency"]),
    )
