"""Every shipped pack's sample stream, played through intake and triage, opens the cases it promises."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

import app
from casework import settings
from casework.clock import FakeClock
from casework.demo import city, loading
from casework.domain.events import NewEvent
from casework.domain.timeline import EntryKind
from casework.store import tables
from casework.web.api import event_schema
from notifications.console_channel import ConsoleChannel
from rules import packs

PROJECT = Path(__file__).parents[3]
SCENARIOS = PROJECT / "scenarios"
HARBOUR = SCENARIOS / "other-cities" / "harbour-city"
SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = datetime(2026, 5, 4, 10, 0, tzinfo=SHANGHAI)


def shipped(folder):
    return [pack for pack in packs.load_packs([folder]).packs if pack.sample]


PLAYED = [(SCENARIOS, pack) for pack in shipped(SCENARIOS)] + [(HARBOUR, pack) for pack in shipped(HARBOUR)]


class Stage:
    """A house with the shipped packs and the places of one sample stream."""

    def __init__(self, url, folder, sample):
        self.sample = sample
        self.clock = FakeClock(begin(sample).astimezone(UTC))
        self.runtime = app.create_runtime(
            settings.parse(
                {
                    "GONGZHI_DATABASE_URL": url,
                    "GONGZHI_DEMO": "1",
                    "GONGZHI_MATCHER": "plain",
                    "GONGZHI_SCENARIOS": str(folder),
                }
            ),
            clock=self.clock,
            channels={"sms": ConsoleChannel(), "console": ConsoleChannel()},
        )
        self.read = event_schema.reader(self.runtime.house().catalogue, self.clock)
        self.worker = app.create_worker(self.runtime, elapsed=lambda: self.clock().timestamp())
        with self.runtime.uows() as uow:
            uow.registers.add_assets(loading.place_assets(sample.places, ()))
            uow.commit()

    def play(self):
        begins = self.clock()
        for event in self.sample.events:
            self._wait_until(begins + timedelta(seconds=event.at_s))
            raw = {
                "specversion": "1.0",
                "id": event.id,
                "source": event.source,
                "type": event.type,
                "time": self.clock().isoformat(),
                "data": dict(event.data),
            } | ({"subject": event.subject} if event.subject else {})
            taken = self.read(raw, event.source)
            assert isinstance(taken, NewEvent)
            self.runtime.inbox.put([taken], [])
            self.judge()
        self._wait_until(begins + timedelta(seconds=self.sample.until_s))
        self.worker.sweep()
        self.judge()

    def judge(self):
        while self.worker.triage():
            pass

    def cases(self):
        """What was opened, by which event, and what joined it: as the pack's own `expect.yaml` writes it."""
        with self.runtime.reading() as connection:
            rows = list(connection.execute(sa.select(tables.timeline).order_by(tables.timeline.c.seq)))
            priorities = {
                row.id: (row.category, row.priority) for row in connection.execute(sa.select(tables.cases))
            }
        found = {}
        for row in rows:
            name = (row.cause or "").rpartition("/")[2]
            if row.kind is EntryKind.CASE_COLLECTED:
                found[row.case_id] = [*priorities[row.case_id], name, []]
            elif row.kind is EntryKind.SIGNAL_ADDED:
                found[row.case_id][3].append(name)
        return [tuple(case) for case in found.values()]

    def _wait_until(self, moment):
        self.clock.advance(seconds=(moment - self.clock()).total_seconds())


def begin(sample):
    if not sample.begins:
        return DAY
    return datetime.combine(DAY.date(), time.fromisoformat(sample.begins), SHANGHAI)


@pytest.mark.parametrize(("folder", "pack"), PLAYED, ids=[pack.id for _, pack in PLAYED])
def test_the_stream_opens_exactly_the_promised_cases(folder, pack, database_url):
    stage = Stage(database_url, folder, pack.sample)

    stage.play()

    promised = [
        (case.category, case.priority, case.opened_by, list(case.joined_by)) for case in pack.sample.cases
    ]
    found = stage.cases()
    stage.runtime.close()
    assert [(category, name, joined) for category, _, name, joined in found] == [
        (category, name, joined) for category, _, name, joined in promised
    ]
    assert all(want in {None, got} for (_, got, _, _), (_, want, _, _) in zip(found, promised, strict=True))


def test_every_shipped_pack_has_a_stream_an_icon_and_a_layer():
    for _, pack in PLAYED:
        assert pack.icon, pack.id
        assert pack.layer, pack.id
    catalogue = packs.load_packs([SCENARIOS])
    assert {pack.id for pack in catalogue.packs} - {pack.id for _, pack in PLAYED} == {"resident-reports"}


def test_every_place_of_a_stream_lies_in_the_demo_city():
    made = city.demo_city()
    for folder, pack in PLAYED:
        if folder == SCENARIOS:
            placed = loading.place_assets(pack.sample.places, made.areas)
            assert all(asset.area_id for asset in placed), pack.id
