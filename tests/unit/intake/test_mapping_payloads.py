"""Foreign payloads through mappings: what each place gives, and what is refused before it is kept."""

import json
from zoneinfo import ZoneInfo

import pytest

from casework.domain import errors
from casework.services import mapping

ZONE = ZoneInfo("Asia/Shanghai")
TEXT = """
id: msg
type: {value: reading}
subject: {path: "topic[1]"}
time: {path: at, as: epoch_ms}
data:
  quantity: {path: kind, words: {WL: water_level, "true": flag}, default: unknown}
  value: {path: "values[0]", as: number, factor: 0.1}
  unit: {value: cm}
  place.name: where
"""


def mapped(text=TEXT):
    return mapping.parse(text, ZONE)


def test_every_kind_of_place_gives_its_part():
    payload = {"msg": 7, "at": 1_790_000_000_000, "kind": "WL", "values": ["123"], "where": "桥下"}

    (event,) = mapped().events(payload, "gauges", "city/WL-1/level")

    assert event == {
        "specversion": "1.0",
        "source": "gauges",
        "id": "7",
        "type": "reading",
        "subject": "WL-1",
        "time": "2026-09-21T14:13:20+00:00",
        "data": {"quantity": "water_level", "value": 12.3, "unit": "cm", "place": {"name": "桥下"}},
    }


def test_a_payload_of_many_readings_is_cut_into_events_that_still_see_the_whole():
    text = TEXT.replace("id: msg", "split: items\nid: msg").replace('"topic[1]"', "whole.gateway")

    found = mapped(text).events({"gateway": "G-1", "items": [{"msg": 1}, {"msg": 2}]}, "gauges")

    assert [(event["id"], event["subject"]) for event in found] == [("1", "G-1"), ("2", "G-1")]


def test_words_that_nobody_translates_take_the_default_or_stay():
    assert mapped().events({"msg": 1, "kind": "XX"}, "g")[0]["data"]["quantity"] == "unknown"
    plain = TEXT.replace(", default: unknown", "")
    assert mapped(plain).events({"msg": 1, "kind": "XX"}, "g")[0]["data"]["quantity"] == "XX"


def test_what_a_path_stumbles_over_is_named_by_its_field():
    text = TEXT.replace("values[0]", "sum(values)")

    with pytest.raises(errors.InvalidInput) as refused:
        mapped(text).events({"values": ["a"]}, "gauges")

    assert list(refused.value.errors) == ["data.value"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("id: msg", "idd: msg", "idd: is not known; did you mean 'id'?"),
        ("type: {value: reading}", "", "type: is missing"),
        ("path: at", "path: 'at['", "is no path"),
        ("path: at", "pth: at", "time: 'pth' is not known; did you mean 'path'?"),
        ("as: number", "as: numbr", "`as` must be one of"),
        ("factor: 0.1", "factor: .inf", "finite"),
        ("factor: 0.1", "factor: high", "finite"),
        ('"true": flag', "true: flag", "in quotes"),
        ("id: msg", "id: {path: a, column: b}", "needs one of"),
        ("id: msg", "id: msg: no", "line:2"),
        ("id: msg", "x: &a 1\ny: *a", "aliases"),
        ("path: at", "path: '[?kind == `WL`]'", "write a fixed word between"),
        ("path: at", "path: '" + "a" * 301 + "'", "1 to 300"),
        ("path: at", "path: '" + "(" * 250 + "a'", "is no path"),
        ("path: at", "path: '[@,@,@,@,@,@,@,@,@][].[@,@,@,@,@,@,@,@,@]'", "copies its input too often"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_where_and_what(before, after, said):
    with pytest.raises(mapping.MappingInvalid) as refused:
        mapped(TEXT.replace(before, after))

    assert said in str(refused.value)


def test_more_parts_than_a_batch_holds_are_refused():
    with pytest.raises(errors.InvalidInput):
        mapped(TEXT + "split: items\n").events({"items": [{}] * 1_001}, "gauges")


def test_the_paths_of_a_sample_lead_back_to_its_values():
    sample = {"a": {"b c": [1, 2]}, "水位": 3}

    for path, value in mapping.paths(sample):
        text = f"id: x\ntype: {{value: reading}}\ndata: {{value: {{path: {json.dumps(path)}}}}}"
        assert mapped(text).events(sample, "g")[0]["data"]["value"] == value


def test_a_mapping_tells_messages_apart_by_id_or_time():
    bare = "type: {value: reading}\ndata: {value: v}"

    assert not mapped(bare).is_told_apart()
    assert mapped("time: t\n" + bare).is_told_apart()
