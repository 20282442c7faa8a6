"""The matcher on durable-rules: its C module alone, single events, one lock, every rule that holds."""

import threading
from collections.abc import Mapping
from types import ModuleType

import structlog

from rules import compilation
from rules.catalogue import Catalogue, Question, Rule
from rules.compilation import Plan
from rules.errors import MatcherUnavailable
from rules.facts import check
from rules.fields import FactValue
from rules.plain import PlainMatcher, rules_of, used_fields

log = structlog.get_logger(__name__)

_LOCK = threading.Lock()
"""One for the process: without it, matches of one event are attributed to another."""


class DurableMatcher:
    """Judges events with durable-rules, within the part of it that was measured to be exact and safe."""

    name = "durable"

    def __init__(self, catalogue: Catalogue) -> None:
        """Compile every rule; raise `MatcherUnavailable` where the C module cannot be imported."""
        self._engine = _import_engine()
        self._errors = (self._engine.error, MemoryError, ValueError, TypeError)
        self._exit = PlainMatcher(catalogue)
        self._questions = catalogue.questions
        self._fields = {event: used_fields(event, catalogue) for event in self._questions}
        plans = {event: compilation.plan(asked) for event, asked in self._questions.items()}
        self._closed = False
        with _LOCK:
            self._handles = {
                event: [_Handle(self._engine, one) for one in planned] for event, planned in plans.items()
            }

    def match(self, event_type: str, facts: Mapping[str, FactValue]) -> tuple[Rule, ...]:
        """Answer every rule whose `when` holds, by pack and id."""
        return rules_of(self.answers(event_type, facts))

    def answers(self, event_type: str, facts: Mapping[str, FactValue]) -> tuple[Question, ...]:
        """Answer every question of a rule that holds, by pack and id.

        An error inside durable-rules throws its handle away, makes a new one, is logged, and
        leaves this one event to the plain matcher: no event is lost to it.
        """
        questions = self._questions.get(event_type)
        if questions is None:
            return ()
        check(facts, self._fields[event_type])
        try:
            held = self._held(event_type, facts)
        except _Closed:
            return self._exit.answers(event_type, facts)
        except self._errors as failure:
            log.exception("durable_match_failed", event_type=event_type, cause=repr(failure))
            return self._exit.answers(event_type, facts)
        return tuple(questions[index] for index in sorted(held))

    def close(self) -> None:
        """Free every handle; a match that comes too late is left to the plain matcher.

        So a thread that still holds the matcher of before a reload loses no event.
        """
        with _LOCK:
            handles = [] if self._closed else [handle for made in self._handles.values() for handle in made]
            self._closed = True
            for handle in handles:
                handle.free()

    def _held(self, event_type: str, facts: Mapping[str, FactValue]) -> set[int]:
        held: set[int] = set()
        encoded: dict[str, str] = {}
        handles = self._handles[event_type]
        for position, handle in enumerate(tuple(handles)):
            text = compilation.event_text(handle.plan, facts, encoded)
            with _LOCK:
                if self._closed:
                    raise _Closed
                try:
                    held.update(handles[position].match(text))
                except self._errors:
                    # The broken handle is left as it is: to free damaged memory may end the process.
                    handles[position] = _Handle(self._engine, handle.plan)
                    raise
        return held


class _Closed(Exception):
    """The handles are freed."""


class _Handle:
    """One ruleset of the C module; used under the lock only."""

    def __init__(self, engine: ModuleType, plan: Plan) -> None:
        self._engine = engine
        self.plan = plan
        self._number = engine.create_ruleset("rules", plan.definition)
        self._run('{"id":"w","_warm":1}', '{"id":"w"}')

    def match(self, text: str) -> set[int]:
        """Answer the indexes of the rules whose clauses hold for an event's text."""
        return {int(name) for name in self._run(text, '{"id":"1"}')}

    def free(self) -> None:
        """Give the memory back; the state first, or 2.6 MB stay behind for 200 rules."""
        self._engine.delete_state(self._number, None)
        self._engine.delete_ruleset(self._number)

    def _run(self, text: str, key: str) -> list[str]:
        """Assert a fact, which every matching rule sees (an event only the first), and retract it."""
        nothing, state = self._engine.assert_fact(self._number, text)
        if nothing:
            return []
        found = []
        try:
            started = self._engine.start_action_for_state(self._number, state)
            frame = started and started[1]
            while frame:
                found.append(frame[2 : frame.index("~", 2)])
                frame = self._engine.complete_and_start_action(self._number, state)
        finally:
            self._engine.retract_fact(self._number, key)
        return found


def _import_engine() -> ModuleType:
    try:
        import durable_rules_engine  # noqa: PLC0415  (it may be missing, and then the plain matcher serves)
    except ImportError as missing:
        raise MatcherUnavailable(str(missing)) from missing
    engine: ModuleType = durable_rules_engine
    return engine
