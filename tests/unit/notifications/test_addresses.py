import phonenumbers
import pytest

from notifications import addresses


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("138 1234 0001", "+8613812340001"),
        ("+86 138-1234-0001", "+8613812340001"),
        ("008613812340001", "+8613812340001"),
        ("(0571) 8517 0001", "+8657185170001"),
        ("+1 (415) 555-2671", "+14155552671"),
        ("+86 26 0000 0001", "+862600000001"),
    ],
)
def test_a_number_has_one_written_form(written: str, number: str) -> None:
    assert addresses.normalise(written) == number


@pytest.mark.parametrize(
    "written", ["", "call me", "110", "+86 1", "+999 123456789", "1" * 41, "+8613", "+86 26 8000 0001"]
)
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(addresses.UnusableNumber):
        addresses.normalise(written)


def test_a_number_in_a_log_hides_its_middle() -> None:
    assert addresses.mask("+8613812340001") == "+86 138****0001"
    assert addresses.mask("+1415555") == "+1 ****55"
    assert addresses.mask("13812340001") == "****"


@pytest.mark.parametrize("index", [0, 1, 9_999])
def test_a_drill_number_is_invalid_by_the_numbering_plan_and_accepted_here(index: int) -> None:
    number = addresses.drill_number(index)

    assert not phonenumbers.is_valid_number(phonenumbers.parse(number))
    assert addresses.is_unroutable(number)
    assert addresses.normalise(number) == number


def test_there_are_ten_thousand_drill_numbers() -> None:
    with pytest.raises(ValueError, match="10000"):
        addresses.drill_number(10_000)


@pytest.mark.parametrize("number", ["+12125550100", "+15005550006", "+447700900123", "+862600091610"])
def test_ranges_set_apart_for_fiction_reach_nobody(number: str) -> None:
    assert addresses.is_unroutable(number)


@pytest.mark.parametrize(
    "number", ["+12125550200", "+8613812340001", "+862601000000", "+8626000000011", "+12125550100\n"]
)
def test_all_other_numbers_may_ring(number: str) -> None:
    assert not addresses.is_unroutable(number)


def test_a_drill_refuses_a_real_number_without_writing_it_out() -> None:
    with pytest.raises(addresses.RealNumber) as caught:
        addresses.refuse_real_numbers([addresses.drill_number(1), "+8613812340001"])

    assert "13812340001" not in str(caught.value)
