"""Signs of life written seldom, silence that is one alarm, and a storm that drowns nobody."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from cast import MORNING

from casework.domain import devices
from casework.domain.devices import Device
from casework.domain.events import EventState, NewEvent
from casework.domain.people import Scope, Source
from casework.domain.places import Asset
from casework.services import watching
from casework.store import register_tables, tables
from casework.store.database import Database

GAUGES = "gauges"


@pytest.fixture
def heard(town):
    with town.uows() as uow:
        uow.registers.put_source(
            Source(
                name=GAUGES,
                title="Gauges",
                owner="drainage",
                key_hashes=(),
                scopes=frozenset({Scope.EVENTS}),
                rate_per_s=1e6,
                burst=1_000_000,
                interval_s=3_600,
            )
        )
        uow.devices.put([_device(town, name) for name in ("WL-1", "WL-2", "WL-3")], [])
        uow.commit()
    return town


def _device(town, name, **changes):
    values = {"source": GAUGES, "owner": "drainage", "interval_s": 300.0, "rate_per_s": None}
    return Device(id=name, registered_at=town.clock(), **(values | changes))


def _say(town, device, number=0, *, many=1, live=True, kind="reading", battery=None):
    charge = "" if battery is None else f',"battery":{battery}'
    events = [
        NewEvent(
            source=GAUGES,
            event_id=f"{device}-{number}-{index}",
            type=kind,
            subject=device,
            time=None,
            received_at=town.clock(),
            body=f'{{"quantity":"water_level","value":1,"unit":"cm"{charge}}}',
        )
        for index in range(many)
    ]
    return town.runtime.inbox.put(events, [], live=live)


def _watch(town):
    return watching.watch(town.uows, town.clock, since=MORNING - timedelta(hours=12))


def _row(town, device):
    with town.uows(reading=True) as uow:
        return uow.devices.named([device]).get(device)


def _source(town):
    with town.uows(reading=True) as uow:
        return uow.registers.source(GAUGES)


def _alarms(town, kind):
    database = Database(town.url)
    own = tables.alarms.c
    with database.reading() as connection:
        query = sa.select(own.key).where(own.kind == kind, own.ended_at.is_(None)).order_by(own.key)
        found = list(connection.execute(query).scalars())
    database.close()
    return found


def _states(town, device):
    database = Database(town.url)
    own = tables.events.c
    with database.reading() as connection:
        query = sa.select(own.state, sa.func.count()).where(own.subject == device).group_by(own.state)
        found = dict(tuple(row) for row in connection.execute(query))
    database.close()
    return found


def test_a_device_and_its_source_are_seen_with_the_battery_that_they_tell(heard):
    _say(heard, "WL-1", battery=81.5)

    assert _row(heard, "WL-1").last_seen_at == heard.clock()
    assert _row(heard, "WL-1").battery == 81.5
    assert _source(heard).last_seen_at == heard.clock()
    assert _row(heard, "WL-2").last_seen_at is None


def test_being_heard_again_soon_costs_no_further_write(heard):
    _say(heard, "WL-1", 1)
    first = heard.clock()
    heard.clock.advance(seconds=devices.TOUCH_S - 1)

    _say(heard, "WL-1", 2)
    assert _row(heard, "WL-1").last_seen_at == first
    assert _source(heard).last_seen_at == first

    heard.clock.advance(seconds=1)
    _say(heard, "WL-1", 3)
    assert _row(heard, "WL-1").last_seen_at == heard.clock()
    assert _source(heard).last_seen_at == heard.clock()


def test_what_a_file_brings_is_no_sign_of_life(heard):
    _say(heard, "WL-1", live=False)

    assert _row(heard, "WL-1").last_seen_at is None


def test_a_device_of_another_source_is_not_kept_alive_by_a_namesake(heard):
    with heard.uows() as uow:
        uow.devices.put([_device(heard, "WL-9", source="somebody-else")], [])
        uow.commit()

    _say(heard, "WL-9")

    assert _row(heard, "WL-9").last_seen_at is None


def test_silence_beyond_the_declared_interval_is_one_alarm_and_being_heard_ends_it(heard):
    _say(heard, "WL-1")
    _say(heard, "WL-2")
    heard.clock.advance(seconds=300 + devices.touch_every_s(300) - 1)
    _watch(heard)
    assert _alarms(heard, "device_silent") == []

    heard.clock.advance(seconds=1)
    _say(heard, "WL-2", 2)
    assert _watch(heard) == 1
    assert _watch(heard) == 0
    assert _alarms(heard, "device_silent") == ["WL-1"]
    assert _row(heard, "WL-1").offline_since == heard.clock()

    _say(heard, "WL-1", 2)
    assert _alarms(heard, "device_silent") == []
    assert _row(heard, "WL-1").offline_since is None


def test_a_device_that_was_never_heard_raises_no_alarm(heard):
    heard.clock.advance(hours=10)

    _watch(heard)

    assert _alarms(heard, "device_silent") == []


def test_after_a_stop_of_our_own_nobody_is_silent_before_the_interval_has_passed_once_more(heard):
    _say(heard, "WL-1")
    heard.clock.advance(minutes=30)
    back = heard.clock()

    heard.clock.advance(seconds=374)
    assert watching.watch(heard.uows, heard.clock, since=back) == 0
    heard.clock.advance(seconds=1)
    assert watching.watch(heard.uows, heard.clock, since=back) == 1
    assert _alarms(heard, "device_silent") == ["WL-1"]


def test_a_source_that_falls_silent_rings_once_and_not_for_each_of_its_devices(heard):
    for device in ("WL-1", "WL-2", "WL-3"):
        _say(heard, device)
    heard.clock.advance(hours=2)

    _watch(heard)

    assert _alarms(heard, "source_silent") == [GAUGES]
    assert _alarms(heard, "device_silent") == []
    assert _row(heard, "WL-1").offline_since == heard.clock()

    _say(heard, "WL-1", 2)
    assert _alarms(heard, "source_silent") == []


def test_ten_thousand_messages_of_one_device_are_kept_and_most_of_them_not_judged(heard):
    accepted = sum(_say(heard, "WL-1", number, many=500).accepted for number in range(20))

    states = _states(heard, "WL-1")
    assert accepted == 10_000
    assert sum(states.values()) == 10_000
    assert states[EventState.NEW] == devices.RATE_PER_S * devices.BURST_S
    with heard.uows(reading=True) as uow:
        (storm,) = uow.devices.storms([(GAUGES, "WL-1")])
    assert storm.held == states[EventState.HELD] == 9_000
    assert _alarms(heard, "device_storm") == [f"{GAUGES}/WL-1"]


def test_another_device_gets_through_a_storm_at_once(heard):
    with heard.uows() as uow:
        uow.devices.put([], [_device(heard, "WL-1", rate_per_s=1.0)])
        uow.commit()
    for number in range(20):
        _say(heard, "WL-1", number, many=500)

    _say(heard, "WL-2")
    heard.worker.triage()

    assert _states(heard, "WL-2") == {EventState.JUDGED: 1}


def test_sending_the_same_again_adds_nothing_to_a_storm(heard):
    for _ in range(3):
        for number in range(4):
            _say(heard, "WL-1", number, many=500)

    with heard.uows(reading=True) as uow:
        (storm,) = uow.devices.storms([(GAUGES, "WL-1")])
    assert storm.held == 1_000
    assert sum(_states(heard, "WL-1").values()) == 2_000


def test_a_storm_that_calms_down_ends_its_alarm_and_lets_the_last_word_be_judged(heard):
    for number in range(4):
        _say(heard, "WL-1", number, many=500)
    heard.clock.advance(seconds=61)

    assert _watch(heard) == 1

    assert _alarms(heard, "device_storm") == []
    assert _states(heard, "WL-1") == {EventState.NEW: 1_001, EventState.HELD: 999}
    heard.clock.advance(minutes=5)
    _say(heard, "WL-1", 9, many=1_100)
    with heard.uows(reading=True) as uow:
        (storm,) = uow.devices.storms([(GAUGES, "WL-1")])
    assert (storm.held, storm.began_at, storm.ended_at) == (100, heard.clock(), None)


def test_a_person_may_let_everything_that_was_held_back_be_judged(heard):
    for number in range(4):
        _say(heard, "WL-1", number, many=500)

    assert watching.judge_held(GAUGES, "WL-1", actor="user:li", uows=heard.uows) == 1_000

    assert _states(heard, "WL-1") == {EventState.NEW: 2_000}


def test_reports_of_people_are_never_held_back(heard):
    for number in range(4):
        _say(heard, "square", number, many=500, kind="report")

    assert _states(heard, "square") == {EventState.NEW: 2_000}


def test_a_slow_declared_rate_is_a_short_burst(heard):
    with heard.uows() as uow:
        uow.devices.put([], [_device(heard, "WL-1", rate_per_s=0.01)])
        uow.commit()

    _say(heard, "WL-1", many=50)

    assert _states(heard, "WL-1") == {EventState.NEW: 10, EventState.HELD: 40}


def test_a_storm_survives_a_commit_that_fails(heard):
    heard.clock.advance(seconds=1)
    with pytest.raises(Exception, match="keep"):
        heard.runtime.inbox.put(
            [
                NewEvent(
                    source=GAUGES,
                    event_id="bad",
                    type="reading",
                    subject="WL-1",
                    time=None,
                    received_at=heard.clock(),
                    body="\ud800",
                )
            ],
            [],
            live=True,
        )
    _say(heard, "WL-1")

    assert _row(heard, "WL-1").last_seen_at == heard.clock()


def test_the_device_register_keeps_what_was_observed_when_it_is_declared_anew(heard):
    _say(heard, "WL-1", battery=50)
    known = _row(heard, "WL-1")

    again = devices.declared(known, _device(heard, "WL-1", interval_s=60.0))

    assert again.battery == 50
    assert again.silent_at == known.last_seen_at + timedelta(seconds=75)


def test_an_asset_is_found_by_its_subject_through_an_index(heard):
    database = Database(heard.url)
    with heard.uows() as uow:
        uow.registers.add_assets(
            Asset(
                id=f"MH-{number}",
                kind="manhole_cover",
                name_zh="井盖",
                name_en="Cover",
                lat=30.0,
                lon=120.0,
                area_id=None,
                attributes={},
            )
            for number in range(5_000)
        )
        uow.commit()
    explain = "explain query plan" if database.is_sqlite else "explain"
    with database.writing() as connection:
        connection.exec_driver_sql("analyze")
        plan = " ".join(
            str(row)
            for query in (
                "select * from assets where id in ('MH-1', 'MH-2')",
                "select * from devices where id in ('WL-1', 'WL-2')",
            )
            for row in connection.exec_driver_sql(f"{explain} {query}")
        )
    database.close()

    assert "MH" in plan or "SEARCH assets" in plan
    assert "SCAN assets" not in plan
    assert "Seq Scan on assets" not in plan
    assert register_tables.devices.primary_key.columns.keys() == ["id"]
