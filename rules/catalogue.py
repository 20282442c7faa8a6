"""What the scenario packs say, read and checked: categories, policies, rules and messages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from rules.cards import AlarmLevel
from rules.conditions import Tree
from rules.fields import CORE_FIELDS, FactValue, FieldType
from rules.samples import Sample

Text = Mapping[str, str]
"""A text in every language of the product: `{"zh": ..., "en": ...}`."""


class Do(StrEnum):
    """What a rule may do."""

    OPEN_CASE = "open_case"
    EXTEND_CASE = "extend_case"
    NOTIFY = "notify"
    DISMISS = "dismiss"


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
    catalogue's messages); `dismiss` has `reason`.
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


@dataclass(frozen=True, slots=True)
class Example:
    """Facts that a rule's author gives, and the names of the actions expected of the rule."""

    given: Mapping[str, FactValue]
    expect: tuple[Do, ...]
    file: str
    line: int


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One rule as it was read; `version` is a hash of what it asks and does."""

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


def make_catalogue(
    *,
    packs: Iterable[Pack] = (),
    categories: Mapping[str, Category] | None = None,
    policies: Mapping[str, EscalationPolicy] | None = None,
    rules: Iterable[Rule] = (),
    messages: Mapping[str, Text] | None = None,
    fields: Mapping[str, Mapping[str, FieldType]] = CORE_FIELDS,
    fingerprint: str = "",
) -> Catalogue:
    """Put a catalogue together: rules in order of pack and id, and indexed by their event type."""
    ordered = tuple(sorted(rules, key=lambda rule: (rule.pack, rule.id)))
    indexed: dict[str, list[Rule]] = {}
    for rule in ordered:
        indexed.setdefault(rule.event, []).append(rule)
    return Catalogue(
        packs=tuple(sorted(packs, key=lambda pack: pack.id)),
        categories=MappingProxyType(dict(categories or {})),
        policies=MappingProxyType(dict(policies or {})),
        rules=ordered,
        messages=MappingProxyType(dict(messages or {})),
        fields=MappingProxyType({event: MappingProxyType(dict(own)) for event, own in fields.items()}),
        fingerprint=fingerprint,
        by_event=MappingProxyType({event: tuple(listed) for event, listed in indexed.items()}),
    )
