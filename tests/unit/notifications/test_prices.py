from pathlib import Path

import pytest

from notifications import prices

MINE = """
- {provider: aliyun, prefix: "", per: segment, amount: "0.1", currency: CNY}
- {provider: aliyun, prefix: "+8626", per: segment, amount: "0.045", currency: CNY}
- {provider: voice, prefix: "", per: message, amount: 0.2, currency: CNY}
"""


def test_the_longest_prefix_counts_and_segments_multiply() -> None:
    read = prices.read(MINE)

    assert prices.cost(read, "aliyun", "+862600000001", 2) == prices.Cost(90_000, "CNY")
    assert prices.cost(read, "aliyun", "+10000000000", 1) == prices.Cost(100_000, "CNY")
    assert prices.cost(read, "voice", "+862600000001", 3) == prices.Cost(200_000, "CNY")
    assert prices.cost(read, "twilio", "+862600000001", 1) is None


def test_the_shipped_prices_can_be_read() -> None:
    assert prices.cost(prices.shipped(), "aliyun", "+862600000001", 1) is not None


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("x: 1", "list"),
        ("[", "YAML"),
        ("- {provider: a}", "row 1"),
        (MINE.replace("0.045", "abc"), "row 2: `amount`"),
        (MINE.replace("0.045", "-1"), "row 2: `amount`"),
        (MINE.replace("message", "minute"), "row 3: `per`"),
        (MINE.replace("CNY", "yuan"), "row 1: `currency`"),
    ],
)
def test_a_wrong_row_is_named(written: str, says: str) -> None:
    with pytest.raises(prices.BadPrices, match=says):
        prices.read(written)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(prices.BadPrices, match=r"prices\.yaml"):
        prices.load(tmp_path / "prices.yaml")
