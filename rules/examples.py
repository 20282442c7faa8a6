"""Run the examples that rule authors wrote beside their rules."""

from collections.abc import Iterable, Iterator, Sequence

from rules.catalogue import Catalogue, Do, Example, Rule
from rules.errors import Problem
from rules.matcher import Matcher
from rules.plain import PlainMatcher
from rules.watching import Stamp, Told, Windows
from rules.windows import MICRO, Absence


def failures(catalogue: Catalogue, matcher: Matcher | None = None) -> tuple[Problem, ...]:
    """Answer the examples that come out otherwise than expected, with file and line.

    Judged by the rule's own conditions, or by a matcher where one is given, so that the compiled
    rules are held to the same examples.
    """
    return tuple(_failures(catalogue, matcher or PlainMatcher(catalogue)))


def _failures(catalogue: Catalogue, matcher: Matcher) -> Iterator[Problem]:
    for rule in catalogue.rules:
        for example in rule.examples:
            if rule.window is not None:
                yield from _played(catalogue, rule, example, matcher)
                continue
            done = (
                [action.do for action in rule.then]
                if rule in matcher.match(rule.event, example.given)
                else []
            )
            yield from _compared(rule, example.line, done, example.expect)


def _played(catalogue: Catalogue, rule: Rule, example: Example, matcher: Matcher) -> Iterator[Problem]:
    """Play an example of several events, and let the time pass that it names."""
    windows = Windows(catalogue)
    held_at: set[int] = set()
    for index, moment in enumerate(example.moments):
        now = round(moment.at_s * MICRO)
        held_at.update(_held(rule, windows.pass_time(now), index))
        if moment.given is not None:
            answers = [one for one in matcher.answers(moment.event, moment.given) if one.rule is rule]
            stamp = Stamp(now, now, f"{index:03}", index)
            held_at.update(_held(rule, windows.hear(answers, moment.given, stamp), index))
    held_at.update(_held(rule, _waited(rule, example, windows), len(example.moments) - 1))
    for index, moment in enumerate(example.moments):
        done = [action.do for action in rule.then] if index in held_at else []
        yield from _compared(rule, moment.line, done, moment.expect)


def _waited(rule: Rule, example: Example, windows: Windows) -> list[Told]:
    """Let the tolerance pass for the events at the end; an absence must be given its time by an entry."""
    if rule.window is None or isinstance(rule.window.pattern, Absence):
        return []
    return windows.pass_time(round(example.moments[-1].at_s * MICRO) + rule.window.tolerance + 1)


def _held(rule: Rule, told: Iterable[Told], index: int) -> Iterator[int]:
    """Answer where a rule held: at the event's own entry, or for an absence the one that let it end."""
    absence = rule.window is not None and isinstance(rule.window.pattern, Absence)
    for one in told:
        if one.rule is rule and one.outcome.held:
            yield index if absence else one.outcome.seq


def _compared(rule: Rule, line: int, done: Sequence[Do], expect: Sequence[Do]) -> Iterator[Problem]:
    if sorted(done) != sorted(expect):
        what = f"rule '{rule.id}': expected {_words(expect)}, came to {_words(done)}"
        yield Problem(rule.file, line, what, "mend the example or the conditions")


def _words(actions: Iterable[str]) -> str:
    return "[" + ", ".join(str(action) for action in actions) + "]"
