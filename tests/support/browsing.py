"""The real application in a browser: a house that is worked by hand, and the people who visit it."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page

import app as wiring
from casework import ids
from casework.demo import accounts
from casework.domain.cases import Case
from casework.jobs.worker import Worker
from casework.services.runtime import Runtime
from casework.settings import parse
from casework.store import tables

FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
PATIENCE_MS = 8_000
NOISE = "工地夜间施工,打桩声吵得睡不着"


@dataclass
class House:
    """The application on a free port, and its worker, which moves only when told to."""

    app: Flask
    base: str
    runtime: Runtime
    worker: Worker

    def report(self, text: str = NOISE, lat: float = 30.3201, lon: float = 120.1402, **more: object) -> None:
        """Let the residents' app report over the API, and the house judge it and recommend a crew."""
        reporter = {"phone": "+862600002001", "channel": "sms", "language": "zh"}
        data = {"text": text, "category": "noise", "lat": lat, "lon": lon, "reporter": reporter, **more}
        event = {"specversion": "1.0", "id": ids.new(), "source": "demo-residents", "type": "report"}
        answer = self.app.test_client().post(
            "/api/v1/events",
            data=json.dumps({**event, "data": data}),
            content_type="application/cloudevents+json",
            headers={"Authorization": f"Bearer {accounts.RESIDENTS.key}"},
        )
        assert answer.status_code == 202, answer.text
        self.worker.run_once()

    def link_of_the_crew(self) -> str:
        """Read the link in the offer's text, which is forgotten once it is sent, and let it go out."""
        with self.runtime.reading() as connection:
            query = sa.select(tables.messages.c.secret).where(tables.messages.c.secret.is_not(None))
            token = connection.execute(query).scalar_one()
        self.worker.run_once()
        return f"/a/{token}"

    def case(self, case_id: str | None) -> Case:
        """Read a case as the database has it."""
        with self.runtime.uows(reading=True) as uow:
            return uow.cases.get(case_id)


@dataclass
class Visitor:
    """A person's browser with one page open, and what went wrong in it."""

    page: Page
    context: BrowserContext
    trouble: list[str] = field(default_factory=list)

    def rows(self) -> list[str]:
        """Name the cases on the board from the top."""
        return self.page.locator("#queue tbody tr").evaluate_all("(rows) => rows.map((row) => row.id)")


def application(url: str, media: Path) -> Flask:
    """Open the application on a database."""
    given = {"GONGZHI_DATABASE_URL": url, "GONGZHI_DEMO": "1", "GONGZHI_MATCHER": "plain"}
    return wiring.create_app(parse(given | {"GONGZHI_MEDIA": str(media)}))


def come_in(browser: Browser, house: House, name: str = "lead", **options: object) -> Visitor:
    """Sign in by keyboard, and wait until the board is live."""
    secret = next(user.password for user in accounts.USERS if user.name == name)
    context = browser.new_context(
        **{"viewport": {"width": 1280, "height": 720}, "locale": "en-GB", **options}
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    visitor = Visitor(page, context)
    page.on("pageerror", lambda error: visitor.trouble.append(str(error)))
    page.on("console", lambda said: visitor.trouble.append(said.text) if said.type == "error" else None)
    page.on(
        "request",
        lambda asked: (
            visitor.trouble.append(asked.url) if not asked.url.startswith((house.base, "data:")) else None
        ),
    )
    page.goto(f"{house.base}/console/sign-in?next=/console/?map=lite")
    page.focus("[name=name]")
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(secret)
    page.keyboard.press("Enter")
    page.wait_for_selector("#queue")
    if options.get("java_script_enabled", True):
        page.wait_for_selector('#live[data-state="live"]')
    return visitor
