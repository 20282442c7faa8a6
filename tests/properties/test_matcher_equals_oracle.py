"""Durable-rules and plain Python must answer the same rules for any rules and any event."""

from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from rules.calendars import Span
from rules.catalogue import Rule, make_catalogue
from rules.clauses import Clause, Feature, Literal, TooManyClauses, clauses
from rules.conditions import All, AnyOf, Condition, Not, Tree
from rules.fields import FactValue, FieldType, Kind
from rules.matcher import build_matcher
from rules.places import Spot

pytest.importorskip("durable_rules_engine")

NUMBERS = ("value", "asset.threshold", "lat")
TEXTS = ("quantity", "asset.kind", "text")
FIELDS = {
    **{name: FieldType(Kind.NUMBER) for name in NUMBERS},
    **{name: FieldType(Kind.TEXT) for name in TEXTS},
    "raining": FieldType(Kind.FLAG),
    "lon": FieldType(Kind.NUMBER),
    "local_time": FieldType(Kind.TEXT),
    "media": FieldType(Kind.TEXTS),
}

close_numbers = st.sampled_from([0, -0.0, 1, 1.0, 30, 29.9])
odd_numbers = st.sampled_from([0.1, 1e-7, 5e-324, 1e16 / 2, 2**53, -(2**53), -12.5])
any_numbers = st.floats(-(2.0**53), 2.0**53) | st.integers(-(2**53), 2**53)
numbers = st.one_of(close_numbers, close_numbers, close_numbers, odd_numbers, any_numbers)
close_words = st.sampled_from(["积水", "a", "ab"])
odd_words = st.sampled_from(['quo"te', "back\\slash", "井盖 🕳", "1", "true", "null", "\x00", "x" * 513])
any_words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
texts = st.one_of(close_words, close_words, odd_words, any_words)
literals = texts.filter(lambda text: len(text) <= 512)


def on_numbers() -> st.SearchStrategy[Condition]:
    names = st.sampled_from(NUMBERS)
    orders = st.sampled_from(["equals", "not_equals", "at_least", "more_than", "at_most", "less_than"])
    return st.one_of(
        st.builds(Condition, names, orders, numbers),
        st.builds(Condition, names, orders, st.just(True), names),
        st.builds(
            Condition,
            names,
            st.just("between"),
            st.tuples(numbers, numbers).map(lambda two: tuple(sorted(two))),
        ),
        st.builds(Condition, names, st.just("in"), st.lists(numbers, min_size=1, max_size=12).map(tuple)),
    )


def on_places_and_times() -> st.SearchStrategy[Condition]:
    spots = st.builds(Spot, st.sampled_from([0.0, 30.0]), st.just(0.0), st.sampled_from([10.0, 5e6]))
    spans = st.builds(
        Span, st.sampled_from([(), ((0, 720),), ((1320, 360),)]), st.frozensets(st.integers(0, 6), max_size=3)
    )
    return st.one_of(
        st.builds(Condition, st.just("lat"), st.just("near"), spots),
        st.builds(Condition, st.just("local_time"), st.just("during"), spans),
    )


def on_texts() -> st.SearchStrategy[Condition]:
    names = st.sampled_from(TEXTS)
    return st.one_of(
        st.builds(Condition, names, st.sampled_from(["equals", "not_equals", "contains"]), literals),
        st.builds(Condition, names, st.just("in"), st.lists(literals, min_size=1, max_size=12).map(tuple)),
        st.builds(
            Condition, names, st.just("matches"), st.sampled_from(["^a", "积.?水", "[0-9]+", "(a|b)*$"])
        ),
        st.builds(Condition, st.just("media"), st.just("contains"), literals),
        st.builds(Condition, st.just("raining"), st.sampled_from(["equals", "not_equals"]), st.booleans()),
    )


def trees() -> st.SearchStrategy[Tree]:
    presence = st.builds(Condition, st.sampled_from(sorted(FIELDS)), st.sampled_from(["exists", "missing"]))
    return st.recursive(
        on_numbers() | on_texts() | on_places_and_times() | presence,
        lambda part: st.one_of(
            st.builds(All, st.lists(part, max_size=3).map(tuple)),
            st.builds(AnyOf, st.lists(part, min_size=1, max_size=3).map(tuple)),
            st.builds(Not, part),
        ),
        max_leaves=5,
    )


facts = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(NUMBERS, numbers),
        **dict.fromkeys(TEXTS, texts),
        "raining": st.booleans(),
        "lon": st.sampled_from([0.0, 0.00001, 60.0]),
        "local_time": st.sampled_from(
            ["2026-11-20T23:00", "2026-11-21T05:59", "2026-11-21T12:00", "no time"]
        ),
        "media": st.lists(texts, max_size=3).map(tuple),
    },
)


def fits(tree: Tree) -> bool:
    try:
        return len(clauses(tree)) >= 0
    except TooManyClauses:
        return False


def make_rules(conditions: list[Tree]) -> list[Rule]:
    nothing = MappingProxyType({"zh": "", "en": ""})
    return [
        Rule(f"r{index}", "", nothing, "", "pack", "reading", tree, (), (), "rules.yaml", index)
        for index, tree in enumerate(conditions)
    ]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
@given(st.lists(trees().filter(fits), min_size=4, max_size=12), st.lists(facts, min_size=10, max_size=20))
def test_durable_rules_answers_what_plain_python_answers(
    conditions: list[Tree], events: list[dict[str, FactValue]]
) -> None:
    catalogue = make_catalogue(rules=make_rules(conditions), fields={"reading": FIELDS})
    durable, plain = build_matcher(catalogue), build_matcher(catalogue, prefer="plain")
    assume(durable.name == "durable")

    answers = [durable.match("reading", event) for event in events]
    expected = [plain.match("reading", event) for event in events]
    durable.close()

    assert [[rule.id for rule in answer] for answer in answers] == [
        [rule.id for rule in answer] for answer in expected
    ]


@settings(max_examples=300)
@given(trees().filter(fits), facts)
def test_the_clauses_of_a_tree_mean_the_tree(tree: Tree, event: dict[str, FactValue]) -> None:
    def holds(clause: Clause) -> bool:
        return all(literal_holds(literal) for literal in clause)

    def literal_holds(literal: Literal | Feature) -> bool:
        if hasattr(literal, "condition"):
            return literal.condition.holds(event) is literal.wanted
        names = {"=": "equals", "$neq": "not_equals", "$gt": "more_than", "$gte": "at_least"}
        names |= {"$lt": "less_than", "$lte": "at_most", "$ex": "exists", "$nex": "missing"}
        return Condition(literal.field, names[literal.operator], literal.value).holds(event)

    assert any(holds(clause) for clause in clauses(tree)) is tree.holds(event)
