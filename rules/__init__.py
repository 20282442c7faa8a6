"""Declarative rules: scenario packs, compilation, matching, explanation."""

from rules.catalogue import (
    Action,
    Catalogue,
    Category,
    Do,
    EscalationPolicy,
    EscalationStep,
    Example,
    Grouping,
    Pack,
    Rule,
    Text,
)
from rules.errors import FactRefused, MatcherUnavailable, PackInvalid, Problem, RulesError
from rules.explanation import Decision, Trace, decide, explain
from rules.facts import project
from rules.fields import FactValue, FieldType, Kind
from rules.guess import guess_category
from rules.matcher import Matcher, build_matcher
from rules.packs import load_packs

__all__ = [
    "Action",
    "Catalogue",
    "Category",
    "Decision",
    "Do",
    "EscalationPolicy",
    "EscalationStep",
    "Example",
    "FactRefused",
    "FactValue",
    "FieldType",
    "Grouping",
    "Kind",
    "Matcher",
    "MatcherUnavailable",
    "Pack",
    "PackInvalid",
    "Problem",
    "Rule",
    "RulesError",
    "Text",
    "Trace",
    "build_matcher",
    "decide",
    "explain",
    "guess_category",
    "load_packs",
    "project",
]
