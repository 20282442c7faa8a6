"""What the form makes is the same YAML, and what YAML says stands in the form: both ways without loss."""

from hypothesis import given, settings
from hypothesis import strategies as st

from casework.services import rule_texts, workshop
from casework.settings import ROOT
from rules.fields import CORE_FIELDS
from rules.packs import pack_folders

FIELDS = CORE_FIELDS["reading"]
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn", "Co")), min_size=1, max_size=12
).map(str.strip).filter(bool)  # fmt: skip
AWKWARD = st.sampled_from(
    ["on", "yes", "no", "null", "~", "1", "1.5", "1e3", "true", "a: b", "#x", "- a", "{x}", "a,b", "'", '"',
     "*a", "&a", "!x", "%", "@", "`", "0x1F", "12:30", "2026-01-01", "=", "?", "|", ">", "积水", ".inf", "<<"]
)  # fmt: skip
TEXTS = WORDS | AWKWARD
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9, allow_nan=False).map(lambda value: value + 0.0)
LEAVES = st.one_of(
    st.fixed_dictionaries({"field": st.just("value"), "at_least": NUMBERS}),
    st.fixed_dictionaries({"field": st.just("quantity"), "equals": TEXTS}),
    st.fixed_dictionaries({"field": st.just("quantity"), "in": st.lists(TEXTS, min_size=1, max_size=3)}),
    st.fixed_dictionaries({"field": st.just("value"), "between": st.lists(NUMBERS, min_size=2, max_size=2)}),
    st.fixed_dictionaries({"field": st.just("lat"), "missing": st.just(True)}),
    st.fixed_dictionaries({"field": st.just("value"), "less_than_field": st.just("asset.threshold")}),
    st.fixed_dictionaries({"count": NUMBERS, "within": TEXTS, "by": st.lists(TEXTS, max_size=2)}),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=6,
)
LOOSE = TEXTS | NUMBERS | st.booleans() | st.lists(TEXTS, max_size=2)
ACTIONS = st.dictionaries(WORDS, LOOSE, min_size=1, max_size=5) | st.fixed_dictionaries(
    {"do": st.sampled_from(["open_case", "extend_case", "notify", "dismiss", "warn"])},
    optional={
        "category": LOOSE,
        "priority": LOOSE,
        "group_within": LOOSE,
        "title": LOOSE | st.dictionaries(st.sampled_from(["zh", "en", "fr"]), LOOSE, max_size=3),
        "reason": st.fixed_dictionaries({"zh": TEXTS, "en": TEXTS}),
        "role": LOOSE,
        "cooldown": LOOSE,
    },
)
RULES = st.builds(
    lambda title, tree, given_, extra: {
        "id": "a-rule",
        "title": {"zh": title, "en": title},
        "when": {"event": "reading", **tree},
        "then": [{"do": "open_case", "category": "flooding", "group_by": ["asset.id"]}, *extra],
        "examples": [{"given": {"value": given_}, "expect": ["open_case"]}, {"given": {}, "expect": []}],
    },
    TEXTS,
    TREES,
    NUMBERS,
    st.lists(ACTIONS, max_size=2),
)


def _inputs(rule):
    """What a browser sends of the form as it is shown."""
    sent = {
        "f:title/zh": str(rule["title"]["zh"]),
        "f:title/en": str(rule["title"]["en"]),
        "f:when/event": rule["when"]["event"],
    }
    sent.update({f"y:{place}": text for place, text in workshop.pieces(rule, "examples")})
    for act in workshop.actions(rule):
        sent.update({f"f:{act.place}/{name}": value for name, value in act.fields.items()})
        sent.update({f"y:{place}": text for place, text in act.rest})
    waiting = [node] if (node := workshop.tree(rule, FIELDS)) else []
    while waiting:
        node = waiting.pop()
        waiting.extend(node.parts)
        if node.kind == "leaf":
            sent |= {f"f:{node.place}/field": node.field, f"o:{node.place}": node.word}
            sent[f"v:{node.place}"] = node.value
        elif node.kind == "yaml" and node.place != "when":
            sent[f"y:{node.place}"] = node.value
    return sent


@settings(deadline=None)
@given(RULES)
def test_what_the_form_writes_reads_back_as_the_same_rule(rule):
    assert workshop.read(workshop.write(rule)) == rule


@settings(deadline=None)
@given(RULES)
def test_a_form_that_is_sent_back_as_it_was_shown_leaves_the_text_untouched(rule):
    text = workshop.write(rule) + "# a remark of the author\n"

    assert workshop.changed(text, _inputs(rule), FIELDS) == text


@settings(deadline=None)
@given(RULES, TEXTS)
def test_a_changed_title_changes_nothing_else(rule, title):
    text = workshop.changed(workshop.write(rule), _inputs(rule) | {"f:title/en": title}, FIELDS)

    assert workshop.read(text) == rule | {"title": rule["title"] | {"en": title}}


def test_every_rule_that_is_shipped_goes_through_the_form_and_back():
    texts = rule_texts.on_disk((ROOT / "scenarios",))

    assert len(texts) >= len(pack_folders((ROOT / "scenarios",)))
    for text in texts.values():
        data = workshop.read(text)
        assert workshop.read(workshop.write(data)) == data
        assert workshop.changed(text, _inputs(data), CORE_FIELDS.get(data["when"]["event"], {})) == text


def test_an_action_gets_what_is_filled_in_and_loses_what_is_emptied():
    text = "id: x\nthen: [{do: open_case, category: a, priority: 2}]\n"
    filled = {"f:then/0/title/zh": "水", "f:then/0/title/en": "Water", "f:then/0/priority": ""}

    one = workshop.changed(text, filled, FIELDS)
    two = workshop.changed(
        one, {"f:then/0/title/zh": "", "f:then/0/title/en": "", "f:then/0/priority": "1"}, FIELDS
    )

    assert workshop.read(one)["then"] == [
        {"do": "open_case", "category": "a", "title": {"zh": "水", "en": "Water"}}
    ]
    assert workshop.read(two)["then"] == [{"do": "open_case", "category": "a", "priority": 1}]


def test_conditions_are_added_changed_and_taken_out_again():
    text = "id: x\ntitle: {zh: x, en: x}\nwhen: {event: reading, field: value, at_least: 3}\nthen: []\n"

    two = workshop.added(text, "when", "leaf", FIELDS)
    nested = workshop.added(two, "when", "any", FIELDS)
    values = {"f:when/all/1/field": "quantity", "o:when/all/1": "equals", "v:when/all/1": "level"}
    changed = workshop.changed(nested, values, FIELDS)
    without = workshop.removed(workshop.removed(changed, "when/all/2/any/0"), "when/all/0")

    assert workshop.read(changed)["when"]["all"][:2] == [
        {"field": "value", "at_least": 3},
        {"field": "quantity", "equals": "level"},
    ]
    assert workshop.read(without)["when"] == {
        "event": "reading",
        "all": [{"field": "quantity", "equals": "level"}],
    }


def test_a_real_event_becomes_an_example_with_nested_facts():
    text = "id: x\nthen: [{do: open_case, category: flooding}]\n"

    one = workshop.with_example(text, {"value": 31.5, "asset.kind": "underpass"}, matches=True)
    two = workshop.with_example(one, {"value": 3}, matches=False)

    assert workshop.read(two)["examples"] == [
        {"given": {"value": 31.5, "asset": {"kind": "underpass"}}, "expect": ["open_case"]},
        {"given": {"value": 3}, "expect": []},
    ]
