"""The matcher in plain Python: the oracle that durable-rules is compared with, and the exit from it."""

from collections.abc import Iterable, Mapping

from rules import conditions
from rules.catalogue import Catalogue, Question, Rule
from rules.conditions import Tree
from rules.facts import check
from rules.fields import FactValue, FieldType


class PlainMatcher:
    """Judges the rules of an event's type one by one."""

    name = "plain"

    def __init__(self, catalogue: Catalogue) -> None:
        self._questions = catalogue.questions
        self._fields = {event: used_fields(event, catalogue) for event in self._questions}

    def answers(self, event_type: str, facts: Mapping[str, FactValue]) -> tuple[Question, ...]:
        """Answer every question of a rule that holds, by pack and id."""
        questions = self._questions.get(event_type)
        if questions is None:
            return ()
        check(facts, self._fields[event_type])
        return tuple(question for question in questions if question.when.holds(facts))

    def match(self, event_type: str, facts: Mapping[str, FactValue]) -> tuple[Rule, ...]:
        """Answer every rule whose `when` holds, by pack and id."""
        return rules_of(self.answers(event_type, facts))

    def close(self) -> None:
        """Nothing is held."""


def rules_of(answers: Iterable[Question]) -> tuple[Rule, ...]:
    """Answer the rules whose `when` is among the questions that hold."""
    return tuple(question.rule for question in answers if question.part.role == "when")


def used_fields(event: str, catalogue: Catalogue) -> Mapping[str, FieldType]:
    """Answer the declared fields that the rules of an event type ask about."""
    declared = catalogue.fields.get(event, {})
    asked = {name for question in catalogue.questions[event] for name in asked_by(question.when)}
    return {name: declared[name] for name in sorted(asked & declared.keys())}


def asked_by(tree: Tree) -> set[str]:
    """Answer the names of the fields that conditions ask about."""
    found = set()
    for leaf in conditions.leaves(tree):
        found.update({leaf.field} if leaf.other is None else {leaf.field, leaf.other})
    return found
