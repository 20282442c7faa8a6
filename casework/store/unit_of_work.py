"""One transaction over everything a use case touches."""

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

import sqlalchemy as sa

from casework.store import casefile, channels, devices, field, intake, mappings, outbox, roads, warnings
from casework.store import findings as finding
from casework.store import registers as register
from casework.store import rulebook as rules
from casework.store import windows as memory
from casework.store.database import Database


class SqlUnitOfWork:
    """Opens a transaction with `with`, keeps it only on `commit`; a reading one has nothing to keep."""

    cases: casefile.Cases
    reports: casefile.Reports
    timeline: casefile.Timeline
    clocks: casefile.Clocks
    deadlines: casefile.Deadlines
    crews: field.Crews
    assignments: field.Assignments
    recommendations: field.Recommendations
    links: field.Links
    messages: outbox.Messages
    addressees: channels.Addressees
    ledger: channels.Ledger
    events: intake.Events
    quarantine: intake.Quarantine
    registers: register.Registers
    devices: devices.Devices
    mappings: mappings.Mappings
    warnings: warnings.Warnings
    people: register.People
    talks: register.Talks
    road_closures: roads.RoadClosures
    alarms: register.Alarms
    replays: register.Replays
    rulebook: rules.Rulebook
    rehearsals: rules.Rehearsals
    findings: finding.Findings
    windows: memory.Windows
    conduct: memory.Conduct

    def __init__(self, database: Database, *, reading: bool = False) -> None:
        self._database = database
        self._reading = reading
        self._context: AbstractContextManager[sa.Connection] | None = None
        self._connection: sa.Connection | None = None

    def __enter__(self) -> Self:
        self._context = self._database.reading() if self._reading else self._database.writing()
        connection = self._connection = self._context.__enter__()
        self.cases = casefile.Cases(connection)
        self.reports = casefile.Reports(connection)
        self.timeline = casefile.Timeline(connection)
        self.clocks = casefile.Clocks(connection)
        self.deadlines = casefile.Deadlines(connection)
        self.crews = field.Crews(connection)
        self.assignments = field.Assignments(connection)
        self.recommendations = field.Recommendations(connection)
        self.links = field.Links(connection)
        self.messages = outbox.Messages(connection)
        self.addressees = channels.Addressees(connection)
        self.ledger = channels.Ledger(connection)
        self.events = intake.Events(connection)
        self.quarantine = intake.Quarantine(connection)
        self.registers = register.Registers(connection)
        self.devices = devices.Devices(connection)
        self.mappings = mappings.Mappings(connection)
        self.warnings = warnings.Warnings(connection)
        self.people = register.People(connection)
        self.talks = register.Talks(connection)
        self.road_closures = roads.RoadClosures(connection)
        self.alarms = register.Alarms(connection)
        self.replays = register.Replays(connection)
        self.rulebook = rules.Rulebook(connection)
        self.rehearsals = rules.Rehearsals(connection)
        self.findings = finding.Findings(connection)
        self.windows = memory.Windows(connection)
        self.conduct = memory.Conduct(connection)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._context is not None:
            context, self._context, self._connection = self._context, None, None
            context.__exit__(kind, error, trace)

    def commit(self) -> None:
        """Make everything since `with` durable, at once."""
        if self._connection is None or self._reading:
            raise RuntimeError("only a writing unit of work commits, and only inside its `with`")
        self.timeline.flush()
        self.messages.flush()
        self._connection.commit()
