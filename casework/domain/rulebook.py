"""What is written down of rules: versions that never change, what was put in force, drafts and trials."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

RuleKey = tuple[str, str]
"""A rule's pack and id: what stays the same from version to version."""


class Why(StrEnum):
    """What brought a version into force, or took a rule out of it."""

    IMPORT = "import"
    PUBLISH = "publish"
    ROLL_BACK = "roll_back"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVersion:
    """One text of one rule, for ever; `version` hashes what it asks and does, `digest` the text itself."""

    id: str
    pack: str
    rule_id: str
    version: str
    digest: str
    text: str
    title: Mapping[str, str]
    at: datetime
    by: str

    @property
    def key(self) -> RuleKey:
        """The rule's pack and id."""
        return self.pack, self.rule_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A version put in force, or a rule taken out of force where `version_id` is None."""

    generation: int
    pack: str
    rule_id: str
    version_id: str | None
    at: datetime
    by: str
    approved_by: str | None
    why: Why
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Who puts something in force, with whom, and why."""

    by: str
    approved_by: str | None = None
    why: Why = Why.PUBLISH
    note: str = ""


class DraftState(StrEnum):
    """A draft is worked on, waits for a second person, was published, or was dropped."""

    EDITING = "editing"
    PROPOSED = "proposed"
    PUBLISHED = "published"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A text that may become a version; `changes` counts its savings."""

    id: str
    pack: str
    rule_id: str
    text: str
    based_on: str | None
    state: DraftState
    made_at: datetime
    made_by: str
    changed_at: datetime
    changed_by: str
    proposed_by: str | None = None
    changes: int = 1

    @property
    def key(self) -> RuleKey:
        """The rule's pack and id."""
        return self.pack, self.rule_id


class TrialKind(StrEnum):
    """A shadow is judged and only counted; a canary is in force, in one area."""

    SHADOW = "shadow"
    CANARY = "canary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A draft's text beside or in place of the rule in force, until a day and maybe in one area only."""

    id: str
    pack: str
    rule_id: str
    text: str
    version: str
    kind: TrialKind
    area_id: str | None
    starts_at: datetime
    ends_at: datetime
    by: str
    stopped_at: datetime | None = None
    stopped_by: str | None = None

    @property
    def key(self) -> RuleKey:
        """The rule's pack and id."""
        return self.pack, self.rule_id

    def runs_at(self, now: datetime) -> bool:
        """Whether it is under way at an instant."""
        return self.stopped_at is None and self.starts_at <= now < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialCount:
    """How a trial and the rule in force came out on one day (UTC), in events."""

    trial_id: str
    day: str
    judged: int = 0
    live: int = 0
    draft: int = 0
    only_live: int = 0
    only_draft: int = 0
    failed: int = 0


class RehearsalState(StrEnum):
    """Where a rehearsal stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """A replay of stored events through a draft that somebody asked for on a page."""

    id: str
    pack: str
    rule_id: str
    text: str
    starts_at: datetime
    ends_at: datetime
    asked_at: datetime
    asked_by: str
    state: RehearsalState = RehearsalState.WAITING
    part: float = 0.0
    events: int = 0
    beat_at: datetime | None = None
    ended_at: datetime | None = None
    report: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
