"""What the scenario packs say, read and checked: categories, policies, rules and messages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from rules.calendars import Calendar
from rules.cards import AlarmLevel
from rules.conditions import Tree, leaves
from rules.fields import CORE_FIELDS, FactValue, FieldType, History
from rules.samples import Sample
from rules.windows import Part, Window

Text = Mapping[str, str]
"""A text in every language of the product: `{"zh": ..., "en": ...}`."""


class Do(StrEnum):
    """What a rule may do."""

    OPEN_CASE = "open_case"
    EXTEND_CASE = "extend_case"
    NOTIFY = "notify"
    DISMISS = "dismiss"
    WARN = "warn"
    SET_ASSET_STATE = "set_asset_state"
    WEBHOOK = "webhook"
    START_PLAN = "start_plan"
    ADD_POINTS = "add_points"


@dataclass(frozen=True, slots=True)
class Grouping:
    """How near and how recent an open case must be to take a new event in."""

    radius_m: float
    within_s: float


@dataclass(frozen=True, slots=True)
class Category:
    """A class of case: who can handle it, how fast, and how duplicates are found.

    `targets` are seconds by clock kind; `warn_at` is the part of a target after which the case
    counts as near its breach; `mode` is "suggest", "automatic" or "manual"; `card` is its response card.
    """

    code: str
    title: Text
    icon: str
    priority: int
    capabilities: frozenset[str]
    mode: str
    targets: Mapping[str, float]
    warn_at: float
    offer_timeout_s: float
    grouping: Grouping
    escalation: str
    keywords: Mapping[str, tuple[str, ...]]
    verify: bool
    pack: str
    card: tuple[AlarmLevel, ...] = ()


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """Tell a role, some seconds after a clock came near its target or went over it."""

    after_s: float
    notify: str
    of: str
    kind: str


@dataclass(frozen=True, slots=True)
class EscalationPolicy:
    """The chain of people who hear of a case that runs late."""

    id: str
    steps: tuple[EscalationStep, ...]
    pack: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a rule does; which fields are set follows from `do`.

    `open_case` and `extend_case` have `category`, and may narrow its priority, grouping (seconds,
    metres, fields that must be equal) and title; `notify` has `role` and `message` (a key of the
    catalogue's messages); `dismiss` has `reason`; `warn` has `to` (the field with the number),
    `message`, `wait_s` and `look_s`; `set_asset_state` has `state`; `webhook` has `hook` and `body`;
    `start_plan` has `plan`; `add_points` has `to` (the field with the party) and `points`.
    """

    do: Do
    category: str | None = None
    priority: int | None = None
    group_within_s: float | None = None
    group_radius_m: float | None = None
    group_by: tuple[str, ...] = ()
    title: Text | None = None
    role: str | None = None
    message: str | None = None
    reason: Text | None = None
    to: str | None = None
    wait_s: float = 0.0
    look_s: float = 0.0
    state: str | None = None
    hook: str | None = None
    body: tuple[tuple[str, str], ...] = ()
    plan: str | None = None
    points: int = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry of an example of several events: its time from the beginning in seconds, and what comes.

    `given` is None where only time passes.
    """

    at_s: float
    event: str
    given: Mapping[str, FactValue] | None
    expect: tuple[Do, ...]
    line: int


@dataclass(frozen=True, slots=True)
class CoolDown:
    """Act at most once in so many seconds for the same values of some fields."""

    for_s: float
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """Open at most so many cases in so many seconds; a rule that wants more pauses itself."""

    cases: int
    within_s: float


@dataclass(frozen=True, slots=True)
class Example:
    """Facts that a rule's author gives, and the names of the actions expected of the rule.

    An example of a rule with a window has `moments` instead, in the order of their times.
    """

    given: Mapping[str, FactValue]
    expect: tuple[Do, ...]
    file: str
    line: int
    moments: tuple[Moment, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One rule as it was read; `version` is a hash of what it asks and does.

    `memory` names what its window remembers: a hash of what the rule asks, without what it does. `parts` are
    its questions by event type; one "when" of its own type where it has no window.
    """

    id: str
    version: str
    title: Text
    owner: str
    pack: str
    event: str
    when: Tree
    then: tuple[Action, ...]
    examples: tuple[Example, ...]
    file: str
    line: int
    window: Window | None = None
    memory: str = ""
    others: tuple[Part, ...] = ()
    cool_down: CoolDown | None = None
    limit: Limit | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every question of the rule, `when` first."""
        return (Part("when", self.event, self.when), *self.others)


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A part of a rule, as the matchers are asked it."""

    rule: Rule
    part: Part

    @property
    def when(self) -> Tree:
        """The conditions."""
        return self.part.when


@dataclass(frozen=True, slots=True)
class Layer:
    """How a pack's cases and the parts of the city of these kinds are drawn on a map."""

    title: Text
    colour: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pack:
    """A scenario: a folder of YAML with an owner; `icon` is clean SVG, empty where it has none."""

    id: str
    title: Text
    owner: str
    requires: tuple[str, ...]
    folder: str
    layer: Layer | None = None
    icon: str = ""
    sample: Sample | None = None


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What all packs share besides: units by quantity, what is counted by look-up, and named days."""

    quantities: Mapping[str, str] = field(default_factory=dict)
    histories: Mapping[str, History] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """Everything that the loaded packs say together; `fingerprint` changes when any of it does."""

    packs: tuple[Pack, ...]
    categories: Mapping[str, Category]
    policies: Mapping[str, EscalationPolicy]
    rules: tuple[Rule, ...]
    messages: Mapping[str, Text]
    fields: Mapping[str, Mapping[str, FieldType]]
    fingerprint: str
    by_event: Mapping[str, tuple[Rule, ...]]
    questions: Mapping[str, tuple[Question, ...]]
    watching: Mapping[str, Rule]
    quantities: Mapping[str, str]
    histories: Mapping[str, History]
    calendars: Mapping[str, Calendar]
    counted: Mapping[str, tuple[History, ...]]

    @property
    def windowed_events(self) -> frozenset[str]:
        """The event types whose events must be judged in the order of acceptance."""
        return frozenset(part.event for rule in self.watching.values() for part in rule.parts)


def make_catalogue(
    *,
    packs: Iterable[Pack] = (),
    categories: Mapping[str, Category] | None = None,
    policies: Mapping[str, EscalationPolicy] | None = None,
    rules: Iterable[Rule] = (),
    messages: Mapping[str, Text] | None = None,
    fields: Mapping[str, Mapping[str, FieldType]] = CORE_FIELDS,
    fingerprint: str = "",
    vocabulary: Vocabulary | None = None,
) -> Catalogue:
    """Put a catalogue together: rules in order of pack and id, and indexed by their event type.

    `questions` are what the matchers are asked by event type, `counted` what is counted for them; `watching`
    are the rules with a window, by the name of their memory.
    """
    words = vocabulary or Vocabulary()
    ordered = tuple(sorted(rules, key=lambda rule: (rule.pack, rule.id)))
    indexed: dict[str, list[Rule]] = {}
    asked: dict[str, list[Question]] = {}
    for rule in ordered:
        indexed.setdefault(rule.event, []).append(rule)
        for part in rule.parts:
            asked.setdefault(part.event, []).append(Question(rule, part))
    return Catalogue(
        packs=tuple(sorted(packs, key=lambda pack: pack.id)),
        categories=MappingProxyType(dict(categories or {})),
        policies=MappingProxyType(dict(policies or {})),
        rules=ordered,
        messages=MappingProxyType(dict(messages or {})),
        fields=MappingProxyType({event: MappingProxyType(dict(own)) for event, own in fields.items()}),
        fingerprint=fingerprint,
        by_event=MappingProxyType({event: tuple(listed) for event, listed in indexed.items()}),
        questions=MappingProxyType({event: tuple(listed) for event, listed in asked.items()}),
        watching=MappingProxyType({rule.memory: rule for rule in ordered if rule.window is not None}),
        quantities=MappingProxyType(dict(words.quantities)),
        histories=MappingProxyType(dict(words.histories)),
        calendars=MappingProxyType(dict(words.calendars)),
        counted=MappingProxyType(
            {event: _counted(listed, words.histories) for event, listed in asked.items()}
        ),
    )


def _counted(questions: Iterable[Question], histories: Mapping[str, History]) -> tuple[History, ...]:
    """Answer what must be counted before the questions of one event type can be asked."""
    names = {
        name for question in questions for leaf in leaves(question.when) for name in (leaf.field, leaf.other)
    }
    return tuple(history for name, history in sorted(histories.items()) if name in names)
