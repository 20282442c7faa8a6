"""Why a rule did or did not hold, condition by condition, as data that is kept with the event."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rules import places
from rules.calendars import Span
from rules.catalogue import Action, Catalogue, Question, Rule
from rules.conditions import All, AnyOf, Condition, Not, Tree
from rules.fields import FactValue
from rules.matcher import Matcher
from rules.places import Spot
from rules.plain import rules_of
from rules.watching import Told

Trace = dict[str, Any]
"""Plain data for JSON; its shape is written down in docs/rules.md."""

SEEN_LIMIT = 200
"""Longest text that is repeated in a trace, in characters."""
UNMATCHED_LIMIT = 50
"""Most rules whose first failed condition one decision lists; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules make of one event, and why.

    `heard` are the questions of rules with a window that hold: their windows are asked next, in the order of
    the events, and what they say is added by `with_windows`.
    """

    matched: tuple[Rule, ...]
    actions: tuple[tuple[Rule, Action], ...]
    trace: Trace
    heard: tuple[Question, ...] = ()


def decide(
    matcher: Matcher, catalogue: Catalogue, event_type: str, facts: Mapping[str, FactValue]
) -> Decision:
    """Judge an event by every rule and keep the reasons, "nothing matched" included.

    Raises `FactRefused` when a fact is not of its field's declared type.
    """
    answers = matcher.answers(event_type, facts)
    heard = tuple(question for question in answers if question.rule.window is not None)
    matched = rules_of(question for question in answers if question.rule.window is None)
    held = {*matched, *rules_of(heard)}
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
    actions = tuple((rule, action) for rule in matched for action in rule.then)
    return Decision(matched, actions, trace, heard)


def with_windows(decision: Decision, told: Iterable[Told], facts: Mapping[str, FactValue]) -> Decision:
    """Add to a decision what the windows say of its event."""
    listed = list(told)
    held = [one for one in listed if one.outcome.held]
    matched = tuple(one.rule for one in held)
    trace = {
        **decision.trace,
        "nothing_matched": decision.trace["nothing_matched"] and not held,
        "matched": decision.trace["matched"] + [_windowed(one, facts) for one in held],
        "unmatched": decision.trace["unmatched"]
        + [_windowed(one, facts) for one in listed if not one.outcome.held],
    }
    actions = tuple((rule, action) for rule in matched for action in rule.then)
    return Decision(decision.matched + matched, decision.actions + actions, trace)


def _windowed(told: Told, facts: Mapping[str, FactValue]) -> Trace:
    return {**_named(told.rule), "when": _explained(told.rule.when, facts), "window": told.trace}


def differences(tree: Tree, facts: Mapping[str, FactValue]) -> list[Trace]:
    """Answer what would have to differ for conditions to hold: the fewest comparisons, or nothing if they do.

    Each is a comparison as in a trace, with `must` false where it holds and should not.
    """
    return [{**_leaf(leaf, facts), "must": must} for leaf, must in _changes(tree, facts, holds=True)]


def _changes(tree: Tree, facts: Mapping[str, FactValue], *, holds: bool) -> list[tuple[Condition, bool]]:
    if tree.holds(facts) is holds:
        return []
    match tree:
        case Condition():
            return [(tree, holds)]
        case Not(part):
            return _changes(part, facts, holds=not holds)
        case All(parts) | AnyOf(parts):
            ways = [_changes(part, facts, holds=holds) for part in parts]
            if isinstance(tree, All) is holds:
                return [change for way in ways for change in way]
            return min(ways, key=len, default=[])


def explain(rule: Rule, facts: Mapping[str, FactValue]) -> Trace:
    """Tell how each of a rule's conditions came out for these facts."""
    told = {**_named(rule), "held": rule.when.holds(facts), "when": _explained(rule.when, facts)}
    return told if told["held"] else {**told, "differ": differences(rule.when, facts)}


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
        "seen": _shown(places.place_of(facts) if leaf.operator == "near" else facts.get(leaf.field)),
        "held": leaf.holds(facts),
    }
    if leaf.other is not None:
        told["wanted_field"] = leaf.other
    return told


def _shown(value: object) -> object:
    if isinstance(value, str) and len(value) > SEEN_LIMIT:
        return value[:SEEN_LIMIT] + "…"
    if isinstance(value, Span):
        return value.shown()
    if isinstance(value, Spot):
        return {"lat": value.lat, "lon": value.lon, "radius_m": value.radius_m}
    return list(value) if isinstance(value, tuple) else value
