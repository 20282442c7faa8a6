"""Checks that need all packs together: names that one pack uses and another defines."""

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from rules import titles
from rules.catalogue import Catalogue, Rule
from rules.errors import Problem, nearest
from rules.fields import History
from rules.yaml_lines import Document

_OWN_MESSAGES = ("crew_", "resident_", "escalation_", "ask_place", "unknown_case", "nobody_able")
"""What the service sends without an event at hand."""

_SLUG = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_FIELD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*(\.[a-z][a-z0-9]*(_[a-z0-9]+)*)*")
_BRACES = re.compile(r"\{([^{}]*)\}")
_NAME_LIMIT = 100

Whereabouts = Mapping[tuple[str, str], tuple[str, int]]
"""File and line of each definition, by its kind and name."""


def is_slug(name: str) -> bool:
    """Tell whether a name is a lower-case slug."""
    return len(name) <= _NAME_LIMIT and _SLUG.fullmatch(name) is not None


def is_field_name(name: str) -> bool:
    """Tell whether a name can be a field's: slugs joined by dots, no doubled underscore."""
    return len(name) <= _NAME_LIMIT and _FIELD.fullmatch(name) is not None


def message_problems(
    name: str, text: Mapping[str, str], document: Document, fields: AbstractSet[str]
) -> Iterator[Problem]:
    """Find parameters of a message that nobody fills in, and braces that are left over.

    A message that rules send may name the fields of their events.
    """
    known = titles.PARAMETERS if name.startswith(_OWN_MESSAGES) else titles.PARAMETERS | fields
    for language, template in text.items():
        for parameter in _BRACES.findall(template):
            if parameter not in known:
                what = f"unknown parameter '{{{parameter}}}'"
                yield document.problem((name, language), what, nearest(parameter, known))
        if re.search(r"[{}]", _BRACES.sub("", template)):
            yield document.problem((name, language), "a brace stands alone", "parameters look like {code}")


def problems(catalogue: Catalogue, whereabouts: Whereabouts) -> Iterator[Problem]:
    """Find names that nothing defines: required packs, policies, categories, messages; and doubled rules."""
    known = {pack.id for pack in catalogue.packs}
    for pack in catalogue.packs:
        for required in pack.requires:
            if required not in known:
                yield _at(whereabouts["pack", pack.id], f"requires the pack '{required}'", required, known)
    for category in catalogue.categories.values():
        if category.escalation not in catalogue.policies:
            what = f"unknown escalation policy '{category.escalation}'"
            yield _at(whereabouts["category", category.code], what, category.escalation, catalogue.policies)
    for history in catalogue.histories.values():
        yield from _history_problems(history, catalogue, whereabouts["look-up", history.name])
    seen: dict[tuple[str, str], Rule] = {}
    for rule in catalogue.rules:
        first = seen.setdefault((rule.pack, rule.id), rule)
        if first is not rule:
            what = f"the rule '{rule.id}' stands in {first.file}:{first.line} already"
            yield Problem(rule.file, rule.line, what)
        yield from _rule_problems(rule, catalogue)


def _history_problems(history: History, catalogue: Catalogue, where: tuple[str, int]) -> Iterator[Problem]:
    if history.category is not None and history.category not in catalogue.categories:
        what = f"unknown category '{history.category}'"
        yield _at(where, what, history.category, catalogue.categories)
    known = set().union(*catalogue.fields.values())
    if history.of is not None and history.of not in known:
        yield _at(where, f"unknown field '{history.of}'", history.of, known)


def _rule_problems(rule: Rule, catalogue: Catalogue) -> Iterator[Problem]:
    where = (rule.file, rule.line)
    fields = catalogue.fields[rule.event]
    for action in rule.then:
        if action.category is not None and action.category not in catalogue.categories:
            what = f"rule '{rule.id}': unknown category '{action.category}'"
            yield _at(where, what, action.category, catalogue.categories)
        if action.message is not None and action.message not in catalogue.messages:
            what = f"rule '{rule.id}': unknown message '{action.message}'"
            yield _at(where, what, action.message, catalogue.messages)
        for name in titles.names(action.title or {}):
            if name not in fields:
                yield _at(where, f"rule '{rule.id}': unknown field '{{{name}}}' in a title", name, fields)
        for name in titles.names(dict(action.body)):
            if name not in fields:
                yield _at(where, f"rule '{rule.id}': unknown field '{{{name}}}' in a body", name, fields)


def _at(where: tuple[str, int], what: str, name: str, known: Mapping[str, object] | set[str]) -> Problem:
    return Problem(where[0], where[1], what, nearest(name, known))
