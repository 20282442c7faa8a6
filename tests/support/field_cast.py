"""A small district with a fixed cast: two crews, a resident, an outsider, and a browser to be them."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

import app as composition
from casework import settings as settings_module
from casework.clock import FakeClock
from casework.domain.cases import Case
from casework.domain.crews import Crew, CrewStatus, Shift
from casework.ids import CaseId, CrewId
from casework.jobs.worker import Worker
from casework.services import dispatching, sweeping, triage
from casework.services.runtime import Runtime
from notifications import signatures
from notifications.fakes import FakeSms

MORNING = datetime(2026, 5, 4, 2, 0, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
AUTH_TOKEN = "test-token-of-the-provider"
PUBLIC_URL = "https://gongzhi.example"
CREW_PHONE = "+862600000001"
OTHER_PHONE = "+862600000002"
RESIDENT_PHONE = "+862600000777"
PLACE = (30.3190, 120.1420)

CREW = CrewId("01900000-0000-7000-8000-000000000001")
OTHER_CREW = CrewId("01900000-0000-7000-8000-000000000002")


class District:
    """The house, its clock, its provider and a browser; what a test needs to play the cast."""

    def __init__(self, app: Flask, clock: FakeClock, sms: FakeSms) -> None:
        self.app = app
        self.clock = clock
        self.sms = sms
        self.runtime: Runtime = app.extensions["gongzhi"]()
        self.worker: Worker = composition.create_worker(self.runtime)

    def browser(self) -> FlaskClient:
        return self.app.test_client()

    def case(self, case_id: CaseId) -> Case:
        with self.runtime.uows() as uow:
            return uow.cases.get(case_id)

    def report(self, text: str = "路灯不亮", event_id: str = "r1", **data: Any) -> Case:
        """Let the resident report something that becomes a case."""
        place = {"lat": PLACE[0], "lon": PLACE[1]}
        reporter = {"channel": "app", "phone": RESIDENT_PHONE, "language": "zh", "name": "王女士"}
        raw = {
            "specversion": "1.0",
            "id": event_id,
            "source": "residents-app",
            "type": "report",
            "data": {"text": text, **place, "reporter": reporter, **data},
        }
        runtime = self.runtime
        runtime.inbox.put([runtime.read(raw, "residents-app")], [])
        case = triage.judge_now(
            "residents-app", event_id, uows=runtime.uows, house=runtime.house(), clock=self.clock
        )
        assert case is not None
        return case

    def send(self, case: Case, crew: CrewId = CREW) -> str:
        """Send a crew to a case and answer the path of the link in its text."""
        runtime = self.runtime
        before = len(self.sms.received)
        dispatching.assign(
            case.id, crew, actor="user:dispatcher", uows=runtime.uows, house=runtime.house(), clock=self.clock
        )
        self.work()
        links = [re.search(r"/a/[\w-]+", one.text.body) for one in self.sms.received[before:]]
        return next(found.group(0) for found in links if found)

    def work(self, **later: float) -> None:
        """Let time go by and the background work be done."""
        self.clock.advance(**later)
        # A jump of the clock holds the worker's own sweep for a while, as it should; here time is played.
        sweeping.sweep(self.runtime.uows, self.runtime.house(), self.clock)
        self.worker.run_once()

    def kinds(self, case_id: CaseId) -> list[str]:
        """List what stands in a case's timeline."""
        with self.runtime.uows() as uow:
            return [entry.kind.value for entry in uow.timeline.of_case(case_id)]

    def twilio(self, path: str, fields: Mapping[str, str], *, signature: str | None = None) -> Any:
        """Call a webhook as the provider of texts does."""
        signed = signatures.sign_twilio_form(AUTH_TOKEN, f"{PUBLIC_URL}{path}", fields)
        return self.browser().post(
            path, data=dict(fields), headers={"X-Twilio-Signature": signature or signed}
        )


@contextmanager
def district(database_url: str, folder: Path, **more: str) -> Iterator[District]:
    """Open a district on an empty database."""
    clock = FakeClock(MORNING)
    sms = FakeSms(clock)
    settings = settings_module.parse(
        {
            "GONGZHI_DATABASE_URL": database_url,
            "GONGZHI_SECRET_KEY": "for-tests-only-and-long-enough-to-be-taken",
            "GONGZHI_PUBLIC_URL": PUBLIC_URL,
            "GONGZHI_MATCHER": "plain",
            "GONGZHI_MEDIA": str(folder / "media"),
            "GONGZHI_CHAT_SECRETS": SECRET,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            **more,
        }
    )
    app = composition.create_app(settings, clock=clock, channels={"sms": sms, "console": sms})
    app.testing = True
    opened = District(app, clock, sms)
    _people(opened, clock())
    try:
        yield opened
    finally:
        opened.runtime.close()


def _people(opened: District, now: datetime) -> None:
    with opened.runtime.uows() as uow:
        for crew_id, code, phone, language in (
            (CREW, "C01", CREW_PHONE, "zh"),
            (OTHER_CREW, "C02", OTHER_PHONE, "en"),
        ):
            uow.crews.add(_crew(crew_id, code, phone, language, now))
            uow.crews.add_shifts(
                [Shift(crew_id=crew_id, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(days=3))]
            )
        uow.commit()


def _crew(crew_id: CrewId, code: str, phone: str, language: str, now: datetime) -> Crew:
    return Crew(
        id=crew_id,
        code=code,
        name_zh=f"{code}队",
        name_en=f"Crew {code}",
        capabilities=frozenset({"lighting", "drainage", "road_repair"}),
        phone=phone,
        language=language,
        status=CrewStatus.AVAILABLE,
        status_since=now,
        lat=PLACE[0] + 0.003,
        lon=PLACE[1],
        position_at=now,
    )
