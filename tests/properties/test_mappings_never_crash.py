"""Whatever a mapping says and a payload holds: events, or a refusal in words, in bounded time."""

import json
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from casework.domain import errors
from casework.services import mapping

ZONE = ZoneInfo("Asia/Shanghai")
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
payloads = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcde"), inner, max_size=4),
    max_leaves=12,
)
paths = st.sampled_from(
    ["a", "a.b", "a[0]", "a[*].b", "[0]", "@", "a || b", "sum(a)", "length(a)", "to_number(a)", "a[?b > `1`]"]
) | st.text(alphabet="ab.[]*@|&`(){}?,0", max_size=12)
places = st.one_of(
    st.sampled_from("abcde"),
    st.builds(
        lambda path, form, factor: {"path": path, "as": form, "factor": factor},
        paths,
        st.sampled_from(["text", "number", "time", "epoch_s", "epoch_ms"]),
        st.floats(-1e6, 1e6, allow_nan=False),
    ),
    st.builds(lambda value: {"value": value}, scalars),
)


@given(
    payload=payloads,
    told=st.fixed_dictionaries(
        {"type": places, "data": st.dictionaries(st.sampled_from(["x", "y.z"]), places, min_size=1)},
        optional={"id": places, "subject": places, "time": places, "split": paths},
    ),
)
def test_a_mapping_makes_events_or_says_what_is_wrong(payload, told):
    try:
        mapped = mapping.parse(json.dumps(told), ZONE)
        events = mapped.events(payload, "source", "a/b")
    except (mapping.MappingInvalid, errors.InvalidInput) as refusal:
        events, said = [], str(refusal)
    else:
        said = "taken"

    assert said
    for event in events:
        assert event["source"] == "source"
        assert event["id"]
        assert isinstance(event["data"], dict)
        json.dumps(event)


@given(text=st.text(max_size=200))
def test_any_text_is_a_mapping_or_is_refused_in_words(text):
    said = "taken"
    try:
        mapping.parse(text, ZONE)
    except mapping.MappingInvalid as refusal:
        said = str(refusal)

    assert said


@given(payload=payloads)
def test_the_same_payload_is_the_same_event(payload):
    mapped = mapping.parse("time: a\ntype: {value: reading}\ndata: {x: b}", ZONE)

    assert mapped.events(payload, "s") == mapped.events(payload, "s")
