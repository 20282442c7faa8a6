"""The escalation chain: who is told when a clock nears or passes its target."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Trigger(StrEnum):
    """From which point of a clock a step counts its wait."""

    NEAR = "near"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """Tell a role, `after_s` seconds after a clock of that kind comes near or over its target."""

    clock: str
    trigger: Trigger
    after_s: float
    notify: str


JUST_OVER = timedelta(microseconds=1)
"""A target is broken at the first instant beyond it: 300 s taken of 300 s is still on time."""


def due_after(step: EscalationStep, target_s: float, warn_at: float) -> timedelta:
    """Answer how long after its start a step is due on a clock that is never paused."""
    wait = timedelta(seconds=step.after_s)
    if step.trigger is Trigger.NEAR:
        return timedelta(seconds=target_s * warn_at) + wait
    return timedelta(seconds=target_s) + JUST_OVER + wait


def steps_for(
    chain: Sequence[EscalationStep], clock: str, target_s: float, warn_at: float
) -> list[EscalationStep]:
    """Pick a clock's steps from a case's frozen chain, in the order they come due.

    The place in this list is the step's number. A warning that waits long may come due after the breach.

    A chain that says nothing of the clock's being over still tells the dispatcher: no breach is silent.
    """
    own = [step for step in chain if step.clock == clock]
    if not any(step.trigger is Trigger.OVER for step in own):
        own.append(EscalationStep(clock, Trigger.OVER, 0.0, "dispatcher"))
    return sorted(own, key=lambda step: due_after(step, target_s, warn_at))


def firsts(steps: Sequence[EscalationStep]) -> Mapping[int, Trigger]:
    """Name the steps, by their numbers, at which a clock is first near and first over."""
    found: dict[Trigger, int] = {}
    for number, step in enumerate(steps):
        found.setdefault(step.trigger, number)
    return {number: trigger for trigger, number in found.items()}


def highest(steps: Iterable[int]) -> int:
    """Of several steps due at once on one clock only the highest is taken; the others coalesce into it."""
    return max(steps)
