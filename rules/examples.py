"""Run the examples that rule authors wrote beside their rules."""

from collections.abc import Iterable, Iterator

from rules.catalogue import Catalogue, Example, Rule
from rules.errors import Problem
from rules.matcher import Matcher


def failures(catalogue: Catalogue, matcher: Matcher | None = None) -> tuple[Problem, ...]:
    """Answer the examples that come out otherwise than expected, with file and line.

    Judged by the rule's own conditions, or by a matcher where one is given, so that the compiled
    rules are held to the same examples.
    """
    return tuple(_failures(catalogue.rules, matcher))


def _failures(rules: Iterable[Rule], matcher: Matcher | None) -> Iterator[Problem]:
    for rule in rules:
        for example in rule.examples:
            done = [action.do for action in rule.then] if _holds(rule, example, matcher) else []
            if sorted(done) != sorted(example.expect):
                what = f"rule '{rule.id}': expected {_words(example.expect)}, came to {_words(done)}"
                yield Problem(example.file, example.line, what, "mend the example or the conditions")


def _holds(rule: Rule, example: Example, matcher: Matcher | None) -> bool:
    if matcher is None:
        return rule.when.holds(example.given)
    return rule in matcher.match(rule.event, example.given)


def _words(actions: Iterable[str]) -> str:
    return "[" + ", ".join(str(action) for action in actions) + "]"
