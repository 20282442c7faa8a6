"""Nested domain values as plain JSON and back."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from casework.domain.clocks import Pause
from casework.domain.escalation import EscalationStep, Trigger
from casework.ids import EntryId


def dump_chain(chain: Iterable[EscalationStep]) -> list[dict[str, Any]]:
    """Write an escalation chain."""
    return [
        {"clock": step.clock, "trigger": step.trigger.value, "after_s": step.after_s, "notify": step.notify}
        for step in chain
    ]


def load_chain(rows: Iterable[Mapping[str, Any]]) -> tuple[EscalationStep, ...]:
    """Read an escalation chain."""
    return tuple(
        EscalationStep(row["clock"], Trigger(row["trigger"]), row["after_s"], row["notify"]) for row in rows
    )


def dump_pauses(pauses: Iterable[Pause]) -> list[dict[str, Any]]:
    """Write a clock's pauses."""
    return [
        {
            "paused_at": pause.paused_at.isoformat(),
            "paused_by": pause.paused_by,
            "resumed_at": pause.resumed_at and pause.resumed_at.isoformat(),
            "resumed_by": pause.resumed_by,
        }
        for pause in pauses
    ]


def load_pauses(rows: Iterable[Mapping[str, Any]]) -> tuple[Pause, ...]:
    """Read a clock's pauses."""
    return tuple(
        Pause(
            datetime.fromisoformat(row["paused_at"]),
            EntryId(row["paused_by"]),
            datetime.fromisoformat(row["resumed_at"]) if row["resumed_at"] else None,
            EntryId(row["resumed_by"]) if row["resumed_by"] else None,
        )
        for row in rows
    )
