"""A house under replay: empty database, the replay's pack, a standing clock, a provider's double."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import cast

import sqlalchemy as sa
from flask import Flask

import app as application
import migrations
from casework import ids
from casework.clock import FakeClock
from casework.domain.crews import Crew, CrewStatus, Shift
from casework.domain.people import Role, Scope, Source
from casework.ids import CrewId
from casework.jobs.worker import Worker
from casework.services import accounts
from casework.services.runtime import Runtime
from casework.settings import Settings
from notifications.fakes import FakeSms
from sf_fire.record import ZONE, Record

PACK = Path(__file__).resolve().parent / "pack"
SOURCE, KEY = "computer-aided-dispatch", "a key that opens this replay and nothing else"
_ROLES = {Role.DISPATCHER: "+862600000001", Role.SHIFT_LEAD: "+862600000002"}
_PHONES_FROM = 1000


@dataclass(frozen=True, slots=True)
class House:
    """The running service and the handles by which a replay drives it."""

    app: Flask
    runtime: Runtime
    worker: Worker
    clock: FakeClock
    sms: FakeSms
    tables: sa.Connection
    crews: Mapping[str, CrewId]
    phones: Mapping[str, str]

    def close(self) -> None:
        """Let the database go."""
        self.tables.close()
        self.tables.engine.dispose()
        self.runtime.close()


def open_house(database_url: str, folder: Path, record: Record, *, automatic: bool) -> House:
    """Make the house and everyone who works for it, standing at the first instant of the record."""
    migrations.upgrade(database_url)
    clock = FakeClock(record.begins_at)
    sms = FakeSms(clock)
    sms.reports_delivery = False  # this provider's word on delivery is its acceptance
    settings = Settings(
        database_url=database_url,
        timezone=ZONE,
        language="en",
        scenarios=(_pack(folder, automatic=automatic),),
        media=folder / "media",
    )
    app = application.create_app(
        settings,
        clock=clock,
        channels={"sms": sms, "console": sms},
        elapsed=lambda: clock().timestamp(),
    )
    runtime: Runtime = app.extensions["gongzhi"]()
    _hire(runtime)
    crews = _crews(record, _codes(record, automatic=automatic), positions=automatic)
    _line_up(runtime, crews, record)
    engine = sa.create_engine(database_url, isolation_level="AUTOCOMMIT")
    return House(
        app=app,
        runtime=runtime,
        worker=cast(Worker, app.extensions["gongzhi_make_worker"]()),
        clock=clock,
        sms=sms,
        tables=engine.connect(),
        crews={crew.code: crew.id for crew in crews},
        phones={str(crew.phone): crew.code for crew in crews},
    )


def _pack(folder: Path, *, automatic: bool) -> Path:
    """Answer the replay's pack; where our own dispatch is to choose, a copy whose categories say so."""
    if not automatic:
        return PACK
    copy = folder / "pack"
    for file in sorted(PACK.rglob("*.yaml")):
        target = copy / file.relative_to(PACK)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = file.read_text(encoding="utf-8")
        target.write_text(re.sub(r"(?m)^  mode: manual$", "  mode: automatic", text), encoding="utf-8")
    return copy


def _hire(runtime: Runtime) -> None:
    for role, phone in _ROLES.items():
        accounts.create_user(
            role.value, "replay-password", role, phone=phone, language="en", uows=runtime.uows
        )
    source = Source(
        name=SOURCE,
        title="Computer-aided dispatch",
        owner="replay",
        key_hashes=(),
        scopes=frozenset(Scope),
        rate_per_s=1e9,
        burst=10**9,
    )
    accounts.put_source(source, KEY, uows=runtime.uows)


def _codes(record: Record, *, automatic: bool) -> list[str]:
    """Name the crews: every unit, and in a replay of the recorded crews their second selves as well."""
    selves = set() if automatic else {call.crew for call in record.calls}
    return sorted(set(record.kinds) | selves)


def _crews(record: Record, codes: Iterable[str], *, positions: bool) -> list[Crew]:
    return [_crew(record, code, number, positions=positions) for number, code in enumerate(codes)]


def _crew(record: Record, code: str, number: int, *, positions: bool) -> Crew:
    unit = code.split("/", maxsplit=1)[0]
    lat, lon = record.starts[unit]
    return Crew(
        id=CrewId(ids.new()),
        code=code,
        name_zh=code,
        name_en=code,
        capabilities=frozenset({record.kinds[unit]}),
        phone=f"+8626000{_PHONES_FROM + number:05}",
        language="en",
        status=CrewStatus.AVAILABLE,
        status_since=record.begins_at,
        lat=lat if positions else None,
        lon=lon if positions else None,
        position_at=record.begins_at if positions else None,
    )


def _line_up(runtime: Runtime, crews: Iterable[Crew], record: Record) -> None:
    begins = record.begins_at - timedelta(days=1)
    ends = record.ends_at + timedelta(days=7)
    with runtime.uows() as uow:
        for crew in crews:
            uow.crews.add(crew)
            uow.crews.add_shifts([Shift(crew_id=crew.id, starts_at=begins, ends_at=ends)])
        uow.commit()
