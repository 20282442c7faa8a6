"""A small town for tests: its people, its crews, its provider of texts, and a worker to turn by hand."""

import re
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

import app
from casework import settings
from casework.clock import FakeClock
from casework.domain.crews import Crew, CrewStatus, Shift
from casework.domain.events import NewEvent
from casework.domain.people import Role, User
from casework.services import field_work, sweeping
from casework.services.field_work import CrewAction, CrewSays
from casework.store import tables
from casework.store.columns import dumps
from casework.store.database import Database
from notifications.console_channel import ConsoleChannel
from notifications.fakes import FakeSms

SMALL_TOWN = Path(__file__).parents[1] / "data" / "small-town"
MORNING = datetime(2026, 5, 4, 2, 0, tzinfo=UTC)
SQUARE = (30.30, 120.15)
DISPATCHER, SHIFT_LEAD, DUTY_OFFICER = "+862600000101", "+862600000102", "+862600000103"
NEAR_CREW, FAR_CREW = "+862600000201", "+862600000202"
RESIDENT, NEIGHBOUR, OUTSIDER = "+862600000301", "+862600000302", "+862600000303"
_LINK = re.compile(r"/a/([A-Za-z0-9_-]{16})")


class NeverDelivers(FakeSms):
    """Takes texts and never says that one arrived."""


class SaysDelivered(FakeSms):
    """Takes texts and makes no promise to call back: what it took counts as delivered."""

    reports_delivery = False


class Town:
    """One house with its cast; `turn` is what its worker does in a second."""

    def __init__(self, url, *, sms=SaysDelivered, populate=True):
        self.url = url
        self.clock = FakeClock(MORNING)
        self.sms = sms(self.clock)
        self.runtime = app.create_runtime(
            settings.parse(
                {
                    "GONGZHI_DATABASE_URL": url,
                    "GONGZHI_DEMO": "1",
                    "GONGZHI_MATCHER": "plain",
                    "GONGZHI_SCENARIOS": str(SMALL_TOWN),
                }
            ),
            clock=self.clock,
            channels={"sms": self.sms, "console": ConsoleChannel()},
        )
        self.uows = self.runtime.uows
        self.worker = self.new_worker()
        self._database = Database(url)
        self._reported = 0
        if populate:
            self._populate()

    @property
    def house(self):
        return self.runtime.house()

    @property
    def tools(self):
        """What most use cases want besides their own arguments."""
        return {"uows": self.uows, "house": self.house, "clock": self.clock}

    def new_worker(self):
        return app.create_worker(self.runtime, elapsed=lambda: self.clock().timestamp())

    def close(self):
        self.runtime.close()
        self._database.close()

    def _populate(self):
        people = (
            ("wang", Role.DISPATCHER, DISPATCHER),
            ("li", Role.SHIFT_LEAD, SHIFT_LEAD),
            ("zhao", Role.DUTY_OFFICER, DUTY_OFFICER),
        )
        with self.uows() as uow:
            for name, role, phone in people:
                uow.people.add(
                    User(
                        id=f"user-{name}",
                        name=name,
                        display_name=name,
                        role=role,
                        password_hash="-",
                        language="en",
                        phone=phone,
                    )
                )
            uow.commit()
        self.near = self.add_crew("D1", NEAR_CREW, SQUARE[0] + 0.002)
        self.far = self.add_crew("D2", FAR_CREW, SQUARE[0] + 0.010)

    def add_crew(self, code, phone, lat, *, capabilities=("drainage",), hours=12, **changes):
        crew = Crew(
            id=f"crew-{code}",
            code=code,
            name_zh=f"{code}队",
            name_en=f"Crew {code}",
            capabilities=frozenset(capabilities),
            phone=phone,
            language="en",
            status=CrewStatus.AVAILABLE,
            status_since=self.clock(),
            lat=lat,
            lon=SQUARE[1],
            position_at=self.clock(),
        )
        crew = replace(crew, **changes)
        with self.uows() as uow:
            uow.crews.add(crew)
            uow.crews.add_shifts(
                [
                    Shift(
                        crew_id=crew.id,
                        starts_at=self.clock() - timedelta(hours=1),
                        ends_at=self.clock() + timedelta(hours=hours),
                    )
                ]
            )
            uow.commit()
        return crew

    # --- what happens

    def put(self, event_id, data, *, source="residents", kind="report", subject=None):
        """Let an event come in, and nothing more."""
        event = NewEvent(
            source=source,
            event_id=event_id,
            type=kind,
            subject=subject,
            time=self.clock(),
            received_at=self.clock(),
            body=dumps(data),
        )
        return self.runtime.inbox.put([event], [])

    def report(self, category="leak", *, by=RESIDENT, at=SQUARE, text="water on the street"):
        """Let somebody report something, have it judged, and answer the case of the report."""
        self._reported += 1
        data = {"text": text, "category": category}
        if at is not None:
            data |= {"lat": at[0], "lon": at[1]}
        if by is not None:
            data["reporter"] = {"channel": "app", "phone": by, "language": "en"}
        event_id = f"report-{self._reported}"
        self.put(event_id, data)
        while self.worker.triage():
            pass
        with self.uows() as uow:
            return uow.cases.find_by_event("residents", event_id)

    def turn(self, **later):
        """Let time pass, then let the worker do all that is to be done."""
        if later:
            self.clock.advance(**later)
        return self.worker.run_once()

    def sweep(self, **later):
        """Let time pass, then only sweep."""
        if later:
            self.clock.advance(**later)
        return sweeping.sweep(self.uows, self.house, self.clock)

    def tap(self, phone, action, **says):
        """Let a crew tap a button on the page behind its newest link."""
        return field_work.act(
            self.token_of(phone),
            CrewSays(action=CrewAction(action), **says),
            uows=self.uows,
            house=self.house,
            clock=self.clock,
        )

    def token_of(self, phone):
        bodies = [body for body in self.sms.texts_to(phone) if _LINK.search(body)]
        return _LINK.search(bodies[-1])[1]

    def finish(self, phone=NEAR_CREW):
        """Let a crew do the whole job, a minute a step."""
        for action in ("accept", "en_route", "on_scene", "done"):
            self.clock.advance(seconds=60)
            seen = self.tap(phone, action)
        return seen.case

    # --- what stands there afterwards

    def case(self, case_id):
        with self.uows() as uow:
            return uow.cases.get(case_id)

    def crew(self, crew):
        with self.uows() as uow:
            return uow.crews.get(crew.id)

    def assignment(self, assignment_id):
        with self.uows() as uow:
            return uow.assignments.get(assignment_id)

    def entries(self, case_id):
        with self.uows() as uow:
            return uow.timeline.of_case(case_id)

    def kinds(self, case_id):
        return [entry.kind.value for entry in self.entries(case_id)]

    def told(self, case_id):
        """Who was told by the escalation chain, in order: (clock, trigger, role)."""
        return [
            (entry.data["clock"], entry.data["trigger"], entry.data["role"])
            for entry in self.entries(case_id)
            if entry.kind.value == "escalated"
        ]

    def rows(self, table, **where):
        own = tables.metadata.tables[table]
        query = sa.select(own).where(*(own.c[name] == value for name, value in where.items()))
        with self._database.reading() as connection:
            return list(connection.execute(query))

    def clocks(self, case_id, kind=None):
        where = {"case_id": case_id} | ({"kind": kind} if kind else {})
        return sorted(self.rows("clocks", **where), key=lambda row: (row.started_at, row.id))

    def open_alarms(self):
        return {(row.kind, row.key) for row in self.rows("alarms") if row.ended_at is None}


@contextmanager
def open_town(url, **options):
    """A town that is closed in the end."""
    town = Town(url, **options)
    try:
        yield town
    finally:
        town.close()
