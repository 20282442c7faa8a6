"""A decision names every rule that held and, for each other rule, what kept it from holding."""

import json

from rules.catalogue import Catalogue
from rules.explanation import decide, explain
from rules.facts import project
from rules.fields import FactValue
from rules.matcher import Matcher


def water(value: float, **asset: object) -> dict[str, FactValue]:
    return project(
        {"type": "reading", "data": {"quantity": "water_level", "value": value}},
        {"asset": {"kind": "underpass", **asset}},
    )


def test_a_flooded_underpass_opens_a_case_and_tells_the_shift_lead(
    matcher: Matcher, catalogue: Catalogue
) -> None:
    decision = decide(matcher, catalogue, "reading", water(31))

    assert [rule.id for rule in decision.matched] == ["underpass-flooding"]
    assert [(rule.id, action.do) for rule, action in decision.actions] == [
        ("underpass-flooding", "open_case"),
        ("underpass-flooding", "notify"),
    ]
    assert decision.actions[0][1].group_by == ("asset.id",)
    assert decision.trace["nothing_matched"] is False


def test_nothing_matched_is_kept_with_the_condition_that_failed(
    matcher: Matcher, catalogue: Catalogue
) -> None:
    decision = decide(matcher, catalogue, "reading", water(10))

    assert decision.actions == ()
    assert decision.trace["nothing_matched"] is True
    refused = {entry["rule"]: entry["failed"] for entry in decision.trace["unmatched"]}
    assert refused["underpass-rising"] == {
        "field": "value",
        "operator": "at_least",
        "wanted": 15,
        "seen": 10,
        "held": False,
    }


def test_an_event_that_no_rule_asks_about_is_explained_too(matcher: Matcher, catalogue: Catalogue) -> None:
    trace = decide(matcher, catalogue, "unheard_of", {"party": "truck"}).trace

    assert (trace["nothing_matched"], trace["matched"], trace["unmatched"]) == (True, [], [])


def test_a_trace_is_plain_data_that_json_takes(matcher: Matcher, catalogue: Catalogue) -> None:
    trace = decide(matcher, catalogue, "report", {"text": "救命" * 1000, "media": ("a",)}).trace

    again = json.loads(json.dumps(trace))

    assert again == trace
    assert len(json.dumps(trace)) < 20_000


def test_a_comparison_with_a_field_tells_both_values(catalogue: Catalogue) -> None:
    rule = next(rule for rule in catalogue.rules if rule.id == "underpass-flooding")

    told = explain(rule, water(31, threshold=30))

    leaf = told["when"]["all"][2]["any"][0]
    assert (leaf["seen"], leaf["wanted"], leaf["wanted_field"], leaf["held"]) == (
        31,
        30,
        "asset.threshold",
        True,
    )
    assert told["version"] == rule.version
