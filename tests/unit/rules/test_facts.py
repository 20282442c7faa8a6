"""Events become flat facts, and what no rule can judge is refused by its field."""

import pytest

from rules.errors import FactRefused
from rules.facts import project
from rules.fields import FieldType, Kind

UNDERPASS = {"asset": {"id": "a1", "kind": "underpass", "threshold": 25}, "area": {"level": "street"}}


def reading(**data: object) -> dict[str, object]:
    return {"type": "reading", "source": "/gauges", "subject": "g7", "data": data}


def test_attributes_data_and_lookups_stand_side_by_side_under_dotted_names() -> None:
    facts = project(reading(quantity="water_level", value=31.5, unit=None), UNDERPASS)

    assert facts == {
        "type": "reading",
        "source": "/gauges",
        "subject": "g7",
        "quantity": "water_level",
        "value": 31.5,
        "asset.id": "a1",
        "asset.kind": "underpass",
        "asset.threshold": 25,
        "area.level": "street",
    }


def test_a_reporter_is_flattened_and_media_become_a_tuple() -> None:
    event = {"type": "report", "data": {"reporter": {"channel": "chat"}, "media": ["https://a/1.jpg"]}}

    facts = project(event, {})

    assert facts["reporter.channel"] == "chat"
    assert facts["media"] == ("https://a/1.jpg",)


def test_the_data_cannot_pretend_to_be_a_look_up_or_an_attribute() -> None:
    facts = project(reading(type="alert", asset={"kind": "river"}), UNDERPASS)

    assert facts["type"] == "reading"
    assert facts["asset.kind"] == "underpass"


def test_an_unknown_field_of_no_use_is_left_out() -> None:
    assert "trace" not in project(reading(trace=[{"x": 1}]), {})


@pytest.mark.parametrize(
    ("field", "value", "what"),
    [
        ("value", "31", "must be a number"),
        ("value", True, "must be a number"),
        ("value", [1], "must be a number"),
        ("value", float("nan"), "must be a finite number"),
        ("value", float("inf"), "must be a finite number"),
        ("value", 2**53 + 1, "must lie between"),
        ("value", -1e300, "must lie between"),
        ("quantity", 7, "must be a text"),
        ("quantity", "x" * 10_001, "must not be longer than 10000"),
        ("quantity", "\ud83d", "lone surrogate"),
        ("anything", float("-inf"), "must be a finite number"),
    ],
)
def test_a_wrong_value_is_refused_by_its_field(field: str, value: object, what: str) -> None:
    with pytest.raises(FactRefused, match=what) as refused:
        project(reading(**{field: value}), {})

    assert refused.value.field == field


def test_data_that_is_no_object_is_refused() -> None:
    with pytest.raises(FactRefused, match="data: must be an object"):
        project({"type": "reading", "data": "31"}, {})


def test_nesting_without_end_is_refused() -> None:
    nested: dict[str, object] = {}
    for _ in range(50):
        nested = {"a": nested}

    with pytest.raises(FactRefused, match="nested too deeply"):
        project(reading(**nested), {})


def test_a_pack_may_declare_fields_of_its_own() -> None:
    with pytest.raises(FactRefused, match=r"asset\.threshold: must be a text"):
        project(reading(), UNDERPASS, {"asset.threshold": FieldType(Kind.TEXT)})
