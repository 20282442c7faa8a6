"""Response cards: for each alarm level of a category, which crews go and how many of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any

Text = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AlarmLevel:
    """What is sent at one alarm: how many crews of each capability, and what calls for the level."""

    alarm: int
    send: Mapping[str, int]
    when: Text | None = None

    @property
    def crews(self) -> int:
        """How many crews go in all."""
        return sum(self.send.values())


def make_card(levels: Sequence[Mapping[str, Any]]) -> tuple[AlarmLevel, ...]:
    """Make a card of what a pack says, the lowest alarm first."""
    return tuple(
        AlarmLevel(
            number,
            MappingProxyType(dict(level["send"])),
            MappingProxyType(level["when"]) if level["when"] else None,
        )
        for number, level in enumerate(levels, start=1)
    )


def gap(levels: Sequence[Mapping[str, Any]], capabilities: Sequence[str]) -> str:
    """Say what is wrong with a card; empty where it is sound.

    The first alarm sends all that the category needs, and no later one sends less than the one before.
    """
    if not levels:
        return ""
    absent = sorted(set(capabilities) - set(levels[0]["send"]))
    if absent:
        return f"the first alarm sends no {', '.join(absent)}, which the category needs"
    for number, (lower, higher) in enumerate(pairwise(levels), start=2):
        for capability, crews in lower["send"].items():
            if higher["send"].get(capability, 0) < crews:
                return f"alarm {number} sends fewer of {capability} than alarm {number - 1}"
    return ""
