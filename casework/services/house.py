"""What every use case is handed besides its unit of work: the scenarios in force and the house's set-up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta, tzinfo
from typing import Protocol

from casework.domain.cap import Zone
from casework.ids import AreaId
from notifications.channel import Channel
from notifications.pace import Pace
from notifications.prices import Prices
from notifications.purposes import QuietHours
from routing.problem import Policy
from routing.travel import TravelTimes
from rules.catalogue import Catalogue, Rule
from rules.matcher import Matcher

Locate = Callable[[float, float], AreaId | None]
"""Answers the smallest area that holds a point (latitude, longitude)."""


class Reach(Protocol):
    """Knows which of our areas a warning's zones reach."""

    def areas(self, zones: Sequence[Zone]) -> Sequence[str]:
        """Name every area of any level that a zone overlaps or names by its code."""

    def middle(self, zones: Sequence[Zone]) -> tuple[float, float] | None:
        """Answer a point (latitude, longitude) of the first zone that lies within our areas."""


class Nowhere:
    """Reaches nothing: for a house without areas."""

    def areas(self, zones: Sequence[Zone]) -> Sequence[str]:
        """Name none."""
        del zones
        return ()

    def middle(self, zones: Sequence[Zone]) -> tuple[float, float] | None:
        """Answer none."""
        del zones
        return None


@dataclass(frozen=True, slots=True)
class Shadow:
    """A draft that is judged beside the rule in force and only counted; `areas` are None for everywhere."""

    trial_id: str
    rule: Rule
    matcher: Matcher
    areas: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Canary:
    """The rules in force in some areas, where a draft stands in place of what is in force elsewhere."""

    areas: frozenset[str]
    catalogue: Catalogue
    matcher: Matcher


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One district's set-up; nothing in it changes while a use case runs."""

    catalogue: Catalogue
    matcher: Matcher
    canaries: tuple[Canary, ...] = ()
    shadows: tuple[Shadow, ...] = ()
    weak_devices: frozenset[tuple[str, str]] = frozenset()
    """Sources with devices whose word alone opens no case: see `precision`."""
    channels: Mapping[str, Channel]
    travel: TravelTimes
    public_url: str
    language: str = "zh"
    jurisdiction: Callable[[AreaId | None], AreaId | None] = field(default=lambda area: area)
    """Lifts an area to the level at which crews are at home, so that the two can be compared."""
    locate: Locate = field(default=lambda _lat, _lon: None)
    lineage: Callable[[AreaId | None], tuple[AreaId, ...]] = field(
        default=lambda area: () if area is None else (area,)
    )
    """Answers an area and everything above it, the smallest first."""
    reach: Reach = field(default_factory=Nowhere)
    policy: Policy = field(default_factory=lambda: Policy(stale_position_s=1800.0))
    """Half an hour: crews without a tracker are placed only by what they tap; age costs seconds besides."""
    status_callbacks: bool = False
    paces: Mapping[str, Pace] = field(default_factory=dict)
    """How fast texts may go, by channel; a channel without a pace takes them as they come."""
    prices: Prices = ()
    quiet: Mapping[str, QuietHours] = field(default_factory=dict)
    """When nobody is written to who need not be, by channel; `*` is every other one."""
    timezone: tzinfo = UTC
    role_channels: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """Channels and addresses that hear what a role is told, beside its people."""
    hooks: Mapping[str, str] = field(default_factory=dict)
    """Addresses of other systems that rules may call, by the name they have in packs."""
    alone: bool = False
    """Whether no other process works on the same database, so that nothing must be held while rules think."""
    close_after: timedelta = timedelta(hours=24)
    link_life: timedelta = timedelta(hours=12)
    callback_retry: timedelta = timedelta(seconds=40)
    callback_tries: int = 3

    def judging(self, area: str | None) -> tuple[Catalogue, Matcher]:
        """Answer the rules in force in an area, with their matcher."""
        for canary in self.canaries:
            if area in canary.areas:
                return canary.catalogue, canary.matcher
        return self.catalogue, self.matcher
