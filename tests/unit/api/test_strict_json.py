import math

import pytest

from casework.domain import errors
from casework.web.api import strict_json


@pytest.mark.parametrize(
    "body", [b"", b"{", b"nul", b"\xff\xfe{}", b'{"a":1}x', b"\xef\xbb\xbf{}", b'{"a":\x00}', b"'a'"]
)
def test_what_is_not_json_is_malformed(body):
    with pytest.raises(errors.MalformedBody):
        strict_json.read(body)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "9" * 5000, "-" + "9" * 5000])
def test_numbers_out_of_range_come_through_for_the_schema_to_refuse_by_name(number):
    value = strict_json.read(f'{{"a": {number}}}'.encode())["a"]

    assert not math.isfinite(value)


def test_a_name_given_twice_is_refused_by_name():
    with pytest.raises(errors.InvalidInput) as refused:
        strict_json.read(b'{"data": {"lat": 1, "lat": 2}}')

    assert refused.value.errors == {"lat": ["is given twice"]}


def test_nesting_without_end_is_refused():
    with pytest.raises(errors.InvalidInput):
        strict_json.read(b"[" * 200_000)


def test_texts_that_no_database_holds_are_refused_by_name():
    with pytest.raises(errors.InvalidInput) as refused:
        strict_json.refuse_unholdable({"a": "x\0", "b": "\ud800", "c": {"d": "\0"}, "e": "武林路", "f": 1})

    assert set(refused.value.errors) == {"a", "b", "c"}


def test_half_a_character_goes_back_as_its_escape():
    assert strict_json.write({"id": "\ud800"}) == '{"id":"\\ud800"}'
