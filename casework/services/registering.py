"""Filling the registers from foreign lists: each row new, changed, the same, or refused with its reason."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import structlog

from casework.clock import Clock
from casework.domain import devices, errors, register_rows
from casework.domain.devices import Device
from casework.domain.people import Scope, Source
from casework.domain.places import Asset, Party
from casework.services.house import Locate
from casework.services.ports import UnitOfWork, UnitsOfWork

log = structlog.get_logger(__name__)

BATCH = 1_000


class Register(StrEnum):
    """What can be imported."""

    ASSETS = "assets"
    DEVICES = "devices"
    PARTIES = "parties"
    SOURCES = "sources"


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a foreign list, and where it stands there."""

    number: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not taken: where it stands, what it says, and what is wrong, by field."""

    line: int
    errors: Mapping[str, Sequence[str]]
    row: object

    def to_json(self) -> dict[str, Any]:
        """Write it for a file or an answer."""
        return {"line": self.line, "errors": dict(self.errors), "row": self.row}


@dataclass(slots=True)
class Outcome:
    """What became of rows; `refused` are those of the last call."""

    new: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0

    def add(self, other: "Outcome") -> None:
        """Count another outcome in."""
        self.new += other.new
        self.changed += other.changed
        self.same += other.same
        self.refused += other.refused


def take(
    register: Register, lines: Sequence[Line], *, uows: UnitsOfWork, locate: Locate, clock: Clock
) -> tuple[Outcome, list[Refusal]]:
    """Write a batch of rows in one commit; a row that stands there already as it is costs a look only.

    Of rows with one name the last counts, and the earlier ones as the same: a file may be read any number
    of times, from any of its lines.
    """
    now = clock()

    def make(line: Line) -> Any:  # noqa: ANN401  (of the register's own kind)
        if register is Register.ASSETS:
            return Asset(**register_rows.asset(line.values, locate))
        if register is Register.DEVICES:
            stands, works = register_rows.device(line.values, locate)
            return Asset(**stands), Device(**works, registered_at=now)
        if register is Register.PARTIES:
            return Party(**register_rows.party(line.values, locate))
        return register_rows.source(line.values)

    good, refusals = _sorted(lines, make)
    outcome = Outcome(refused=len(refusals))
    if good:
        with uows() as uow:
            found = _WRITERS[register](uow, good)
            uow.commit()
        found.same += len(lines) - len(refusals) - found.new - found.changed - found.same
        outcome.add(found)
    return outcome, refusals


def _sorted(lines: Iterable[Line], make: Callable[[Line], Any]) -> tuple[list[Any], list[Refusal]]:
    good: dict[str, Any] = {}
    refusals = []
    for line in lines:
        try:
            made = make(line)
        except errors.InvalidInput as error:
            refusals.append(Refusal(line.number, error.errors, dict(line.values)))
        else:
            good[_name(made)] = made
    return list(good.values()), refusals


def _name(made: Any) -> str:  # noqa: ANN401  (of any register's kind)
    if isinstance(made, tuple):
        made = made[0]
    return str(made["name"] if isinstance(made, dict) else made.id)


def _write_assets(uow: UnitOfWork, wanted: Sequence[Asset]) -> Outcome:
    known = uow.registers.assets([asset.id for asset in wanted])
    new = [asset for asset in wanted if asset.id not in known]
    changed = [asset for asset in wanted if asset.id in known and known[asset.id] != asset]
    uow.registers.add_assets(new)
    uow.registers.save_assets(changed)
    return Outcome(len(new), len(changed), len(wanted) - len(new) - len(changed))


def _write_devices(uow: UnitOfWork, wanted: Sequence[tuple[Asset, Device]]) -> Outcome:
    names = [asset.id for asset, _ in wanted]
    standing, working = uow.registers.assets(names), uow.devices.named(names)
    new_assets = [asset for asset, _ in wanted if asset.id not in standing]
    changed_assets = [asset for asset, _ in wanted if asset.id in standing and standing[asset.id] != asset]
    new_devices = [device for _, device in wanted if device.id not in working]
    declared = [devices.declared(working[device.id], device) for _, device in wanted if device.id in working]
    changed_devices = [device for device in declared if device != working[device.id]]
    uow.registers.add_assets(new_assets)
    uow.registers.save_assets(changed_assets)
    uow.devices.put(new_devices, changed_devices)
    new = {asset.id for asset in new_assets} | {device.id for device in new_devices}
    changed = {asset.id for asset in changed_assets} | {device.id for device in changed_devices}
    return Outcome(len(new), len(changed - new), len(wanted) - len(new | changed))


def _write_parties(uow: UnitOfWork, wanted: Sequence[Party]) -> Outcome:
    known = uow.registers.parties([party.id for party in wanted])
    new = [party for party in wanted if party.id not in known]
    changed = [party for party in wanted if party.id in known and known[party.id] != party]
    uow.registers.put_parties(new, changed)
    return Outcome(len(new), len(changed), len(wanted) - len(new) - len(changed))


def _write_sources(uow: UnitOfWork, wanted: Sequence[Mapping[str, Any]]) -> Outcome:
    outcome = Outcome()
    known = {source.name: source for source in uow.registers.sources()}
    for values in wanted:
        before = known.get(values["name"])
        source = (
            Source(key_hashes=(), scopes=frozenset({Scope.EVENTS}), **values)
            if before is None
            else replace(before, **values)
        )
        if source.last_seen_at is not None and before is not None:
            at = devices.silent_at(source.last_seen_at, source.interval_s)
            source = replace(source, silent_at=at) if source.interval_s != before.interval_s else source
        if before == source:
            outcome.same += 1
            continue
        uow.registers.put_source(source)
        outcome.new += before is None
        outcome.changed += before is not None
    return outcome


_WRITERS: Mapping[Register, Callable[[UnitOfWork, Sequence[Any]], Outcome]] = {
    Register.ASSETS: _write_assets,
    Register.DEVICES: _write_devices,
    Register.PARTIES: _write_parties,
    Register.SOURCES: _write_sources,
}
