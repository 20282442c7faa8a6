"""Why a rule did or did not hold, condition by condition, as data that is kept with the event."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rules.catalogue import Action, Catalogue, Rule
from rules.conditions import All, AnyOf, Condition, Not, Tree
from rules.fields import FactValue
from rules.matcher import Matcher

Trace = dict[str, Any]
"""Plain data for JSON; its shape is written down in docs/rules.md."""

SEEN_LIMIT = 200
"""Longest text that is repeated in a trace, in characters."""
UNMATCHED_LIMIT = 50
"""Most rules whose first failed condition one decision lists; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules make of one event, and why."""

    matched: tuple[Rule, ...]
    actions: tuple[tuple[Rule, Action], ...]
    trace: Trace


def decide(
    matcher: Matcher, catalogue: Catalogue, event_type: str, facts: Mapping[str, FactValue]
) -> Decision:
    """Judge an event by every rule and keep the reasons, "nothing matched" included.

    Raises `FactRefused` when a fact is not of its field's declared type.
    """
    matched = matcher.match(event_type, facts)
    held = frozenset(matched)
    asked = [rule for rule in catalogue.by_event.get(event_type, ()) if rule not in held]
    trace: Trace = {
        "event_type": event_type,
        "matcher": matcher.name,
        "catalogue": catalogue.fingerprint,
        "nothing_matched": not matched,
        "matched": [explain(rule, facts) for rule in matched],
        "unmatched": [_refusal(rule, facts) for rule in asked[:UNMATCHED_LIMIT]],
        "unlisted": max(0, len(asked) - UNMATCHED_LIMIT),
    }
    return Decision(matched, tuple((rule, action) for rule in matched for action in rule.then), trace)


def explain(rule: Rule, facts: Mapping[str, FactValue]) -> Trace:
    """Tell how each of a rule's conditions came out for these facts."""
    return {**_named(rule), "held": rule.when.holds(facts), "when": _explained(rule.when, facts)}


def _refusal(rule: Rule, facts: Mapping[str, FactValue]) -> Trace:
    return {**_named(rule), "failed": _first_failed(rule.when, facts)}


def _named(rule: Rule) -> Trace:
    return {"rule": rule.id, "version": rule.version, "pack": rule.pack}


def _first_failed(tree: Tree, facts: Mapping[str, FactValue]) -> Trace:
    """Find the first part that kept a tree from holding: a leaf, or a whole `any` or `not`."""
    if isinstance(tree, All):
        for part in tree.parts:
            if not part.holds(facts):
                return _first_failed(part, facts)
    return _explained(tree, facts)


def _explained(tree: Tree, facts: Mapping[str, FactValue]) -> Trace:
    match tree:
        case Condition():
            return _leaf(tree, facts)
        case Not(part):
            return {"not": _explained(part, facts), "held": tree.holds(facts)}
        case All(parts):
            return {"all": [_explained(part, facts) for part in parts], "held": tree.holds(facts)}
        case AnyOf(parts):
            return {"any": [_explained(part, facts) for part in parts], "held": tree.holds(facts)}


def _leaf(leaf: Condition, facts: Mapping[str, FactValue]) -> Trace:
    told: Trace = {
        "field": leaf.field,
        "operator": leaf.operator,
        "wanted": _shown(leaf.wanted if leaf.other is None else facts.get(leaf.other)),
        "seen": _shown(facts.get(leaf.field)),
        "held": leaf.holds(facts),
    }
    if leaf.other is not None:
        told["wanted_field"] = leaf.other
    return told


def _shown(value: object) -> object:
    if isinstance(value, str) and len(value) > SEEN_LIMIT:
        return value[:SEEN_LIMIT] + "…"
    return list(value) if isinstance(value, tuple) else value
