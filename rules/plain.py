"""The matcher in plain Python: the oracle that durable-rules is compared with, and the exit from it."""

from collections.abc import Mapping

from rules import conditions
from rules.catalogue import Catalogue, Rule
from rules.facts import check
from rules.fields import FactValue, FieldType


class PlainMatcher:
    """Judges the rules of an event's type one by one."""

    name = "plain"

    def __init__(self, catalogue: Catalogue) -> None:
        self._rules = catalogue.by_event
        self._fields = {event: used_fields(event, catalogue) for event in self._rules}

    def match(self, event_type: str, facts: Mapping[str, FactValue]) -> tuple[Rule, ...]:
        """Answer every rule that holds, by pack and id."""
        rules = self._rules.get(event_type)
        if rules is None:
            return ()
        check(facts, self._fields[event_type])
        return tuple(rule for rule in rules if rule.when.holds(facts))

    def close(self) -> None:
        """Nothing is held."""


def used_fields(event: str, catalogue: Catalogue) -> Mapping[str, FieldType]:
    """Answer the declared fields that the rules of an event type ask about."""
    declared = catalogue.fields.get(event, {})
    asked = {name for rule in catalogue.by_event[event] for name in asked_by(rule)}
    return {name: declared[name] for name in sorted(asked & declared.keys())}


def asked_by(rule: Rule) -> set[str]:
    """Answer the names of the fields that a rule's conditions ask about."""
    found = set()
    for leaf in conditions.leaves(rule.when):
        found.update({leaf.field} if leaf.other is None else {leaf.field, leaf.other})
    return found
