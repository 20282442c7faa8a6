"""What may be asked for a case: one schema an action, and the use case behind it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, validate

from casework.clock import Clock
from casework.domain.cases import Disposition
from casework.ids import CaseId, CrewId
from casework.services import closing, dispatching, handling
from casework.services.house import House
from casework.services.ports import UnitsOfWork
from casework.web.api.event_schema import Number, Text
from casework.web.api.schemas import ID, Closed


@dataclass(frozen=True, slots=True)
class Order:
    """One order: for which case, by whom, with which words, and what it is carried out with."""

    case_id: CaseId
    actor: str
    body: Mapping[str, Any]
    uows: UnitsOfWork
    house: House
    clock: Clock


class _Nothing(Closed):
    """An empty object, or no body at all."""


class _Reason(Closed):
    """Why; it stands in the timeline."""

    reason = Text(500, 1, required=True)


class _Note(Closed):
    """A remark for the timeline."""

    text = Text(5000, 1, required=True)


class _Place(Closed):
    """Where the case is."""

    lat = Number(-90, 90, required=True)
    lon = Number(-180, 180, required=True)
    address = Text(500, 1)


class _Crew(Closed):
    """Which crew to send; the recommended one where none is named."""

    crew = fields.String(validate=validate.Regexp(ID))


class _End(Closed):
    """What became of the case."""

    disposition = fields.String(required=True, validate=validate.OneOf([d.value for d in Disposition]))
    note = Text(5000, load_default="")


class _Into(Closed):
    """The case that it becomes part of."""

    into = fields.String(required=True, validate=validate.Regexp(ID))


def _file(o: Order) -> None:
    """Give a collected case its place and accept it as work."""
    place = {"lat": o.body["lat"], "lon": o.body["lon"], "address": o.body.get("address")}
    handling.file(o.case_id, **place, actor=o.actor, uows=o.uows, house=o.house, clock=o.clock)


def _dispatch(o: Order) -> None:
    """Send the recommended crew, or one that is named."""
    if "crew" in o.body:
        crew_id = CrewId(o.body["crew"].lower())
        dispatching.assign(o.case_id, crew_id, actor=o.actor, uows=o.uows, house=o.house, clock=o.clock)
        return
    dispatching.dispatch_recommended(o.case_id, actor=o.actor, uows=o.uows, house=o.house, clock=o.clock)


def _withdraw(o: Order) -> None:
    """Take the case away from its crew."""
    dispatching.withdraw(
        o.case_id, actor=o.actor, reason=o.body["reason"], uows=o.uows, house=o.house, clock=o.clock
    )


def _pause(o: Order) -> None:
    """Let the case's pausable clocks stand still."""
    handling.pause(o.case_id, actor=o.actor, reason=o.body["reason"], uows=o.uows, clock=o.clock)


def _resume(o: Order) -> None:
    """Let a paused case's clocks run again."""
    handling.resume(o.case_id, actor=o.actor, uows=o.uows, clock=o.clock)


def _note(o: Order) -> None:
    """Add a remark to the timeline."""
    handling.note(o.case_id, o.body["text"], actor=o.actor, uows=o.uows, clock=o.clock)


def _escalate(o: Order) -> None:
    """Tell the next role above at once."""
    handling.escalate(
        o.case_id, actor=o.actor, reason=o.body["reason"], uows=o.uows, house=o.house, clock=o.clock
    )


def _verify(o: Order) -> None:
    """Confirm a crew's result as a second person."""
    closing.verify(o.case_id, actor=o.actor, uows=o.uows, house=o.house, clock=o.clock)


def _close(o: Order) -> None:
    """Close the case with what became of it."""
    disposition = Disposition(o.body["disposition"])
    note = o.body["note"]
    closing.close(o.case_id, disposition, actor=o.actor, note=note, uows=o.uows, house=o.house, clock=o.clock)


def _void(o: Order) -> None:
    """End a case that should never have been one."""
    closing.void(o.case_id, actor=o.actor, reason=o.body["reason"], uows=o.uows, house=o.house, clock=o.clock)


def _merge(o: Order) -> None:
    """Make the case part of another one."""
    into = CaseId(o.body["into"].lower())
    closing.merge(o.case_id, into, actor=o.actor, uows=o.uows, house=o.house, clock=o.clock)


def _reopen(o: Order) -> None:
    """Take a done case up again: the same case, clocks anew."""
    closing.reopen(
        o.case_id, actor=o.actor, reason=o.body["reason"], uows=o.uows, house=o.house, clock=o.clock
    )


ORDERS: Mapping[str, tuple[type[Schema], Callable[[Order], None]]] = {
    "file": (_Place, _file),
    "dispatch": (_Crew, _dispatch),
    "withdraw": (_Reason, _withdraw),
    "pause": (_Reason, _pause),
    "resume": (_Nothing, _resume),
    "note": (_Note, _note),
    "escalate": (_Reason, _escalate),
    "verify": (_Nothing, _verify),
    "close": (_End, _close),
    "void": (_Reason, _void),
    "merge": (_Into, _merge),
    "reopen": (_Reason, _reopen),
}
