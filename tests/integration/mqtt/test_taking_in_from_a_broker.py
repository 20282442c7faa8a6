"""Messages of a real broker become events, acknowledged after our commit, and none of them is lost."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import mosquitto_broker
import mqtt_house as own
import pytest
import sqlalchemy as sa
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from casework.domain import errors
from casework.domain.mappings import Topic
from casework.jobs.mqtt import MqttIntake
from casework.services import topics
from casework.store import tables

PROJECT = Path(__file__).parents[3]
wait_for = own.wait_for


def _reading(number, mm=123):
    return {"msg": f"m-{number}", "at": 1_790_000_000 + number, "level": {"mm": mm}}


def test_a_foreign_payload_becomes_an_event_by_the_mapping_of_its_topic(house, sender):
    house.listen()

    sender.send("gauges/WL-7/level", _reading(1))

    ((name, subject, body),) = wait_for(house.events)
    assert (name, subject) == ("m-1", "WL-7")
    assert json.loads(body) == {"quantity": "water_level", "value": 12.3, "unit": "cm"}


def test_cloud_events_need_no_mapping_structured_or_binary(house, sender):
    house.listen()
    data = {"quantity": "temperature", "value": 3, "unit": "C"}
    envelope = {"specversion": "1.0", "source": "gauges", "type": "reading"}
    properties = Properties(PacketTypes.PUBLISH)
    properties.UserProperty = [(name, value) for name, value in {**envelope, "id": "binary"}.items()]

    sender.send("events/a", {**envelope, "id": "structured", "data": data})
    sender.send("events/a/b", data, properties=properties)
    sender.send("events/a", [{**envelope, "id": f"batch-{number}", "data": data} for number in range(2)])

    wait_for(lambda: len(house.events()) == 4)
    assert [row.event_id for row in house.events()] == ["structured", "binary", "batch-0", "batch-1"]


def test_what_is_malformed_waits_in_quarantine_with_its_topic_and_the_next_goes_on(house, sender):
    house.listen()

    sender.send("gauges/WL-7/level", b"\xff\x00 no json")
    sender.send("gauges/WL-7/level", {"msg": "x", "level": {"mm": "high"}})
    sender.send("events/a", [1, 2])
    sender.send(
        "events/a", {"specversion": "1.0", "id": "1", "source": "somebody", "type": "reading", "data": {}}
    )
    sender.send("gauges/WL-7/level", _reading(2))

    wait_for(house.events)
    held = wait_for(lambda: len(house.quarantined()) == 4 and house.quarantined())
    assert {row.source for row in held} == {"gauges"}
    assert "topic gauges/WL-7/level: the payload is no JSON" in held[0].detail
    assert "data.value" in held[1].detail


def test_a_message_that_comes_again_is_one_event(house, sender):
    house.listen()

    for _ in range(3):
        sender.send("gauges/WL-7/level", _reading(1))
    sender.send("gauges/WL-7/level", _reading(2))

    wait_for(lambda: len(house.events()) >= 2)
    assert [row.event_id for row in house.events()] == ["m-1", "m-2"]


def test_what_came_while_the_house_was_away_comes_when_it_is_back(open_house, broker, sender, sqlite_url):
    address = f"mqtt://127.0.0.1:{broker.port}"
    with open_house(sqlite_url, address) as first:
        first.prepare()
        first.listen()
        first.close()
        first.intakes.clear()
    for number in range(50):
        sender.send("gauges/WL-7/level", _reading(number))

    with open_house(sqlite_url, address) as second:
        second.listen()

        wait_for(lambda: len(second.events()) == 50)


def test_two_workers_share_the_messages(open_house, broker, sender, postgresql_database_url):
    address = f"mqtt://127.0.0.1:{broker.port}"
    url = postgresql_database_url
    with open_house(url, address) as one, open_house(url, address) as other:
        one.prepare()
        shares = []
        for house in (one, other):
            house.listen()
            mine = []
            shares.append(mine)
            put = house.runtime.inbox.put
            house.runtime.inbox.put = lambda events, held, mine=mine, put=put, **more: (
                mine.extend(events),
                put(events, held, **more),
            )
        for number in range(200):
            sender.send("gauges/WL-7/level", _reading(number))

        wait_for(lambda: len(one.events()) == 200)
        assert all(shares)
        assert sum(map(len, shares)) == 200


def test_a_worker_that_leaves_takes_no_share_with_it(open_house, broker, sender, postgresql_database_url):
    address = f"mqtt://127.0.0.1:{broker.port}"
    url = postgresql_database_url
    with open_house(url, address) as one, open_house(url, address) as other:
        one.prepare()
        one.listen()
        assert other.listen().stop()
        other.intakes.clear()
        for number in range(100):
            sender.send("gauges/WL-7/level", _reading(number))

        wait_for(lambda: len(one.events()) == 100)


def test_nothing_is_acknowledged_while_the_database_is_away(house, sender):
    first = house.listen()
    put = house.runtime.inbox.put
    tries = []

    def refuse(*_args, **_options):
        tries.append(1)
        raise errors.Unavailable(0.1)

    house.runtime.inbox.put = refuse
    sender.send("gauges/WL-7/level", _reading(1))
    wait_for(lambda: len(tries) > 2)
    first.stop()
    house.runtime.inbox.put = put
    assert house.events() == []

    house.listen()

    wait_for(house.events)


def test_a_message_that_we_stumble_over_waits_in_quarantine_and_is_acknowledged(house, sender):
    house.listen()
    read = house.runtime.read

    def stumble(raw, source):
        if raw["id"] == "m-1":
            raise RuntimeError("a fault of ours")
        return read(raw, source)

    object.__setattr__(house.runtime, "read", stumble)
    sender.send("gauges/WL-7/level", _reading(1))
    sender.send("gauges/WL-7/level", _reading(2))

    wait_for(house.events)
    assert [row.event_id for row in house.events()] == ["m-2"]
    assert "RuntimeError" in house.quarantined()[0].detail


def test_a_topic_that_is_added_is_taken_in_within_seconds(house, sender):
    house.listen()
    topics.put(
        Topic(filter="new/+", source="gauges", mapping="level"), uows=house.runtime.uows, actor="tests"
    )

    def came():
        sender.send("new/WL-9", _reading(9))
        return house.events()

    assert wait_for(came)[0].event_id == "m-9"


def test_a_broker_that_comes_back_is_found_again(house, broker):
    house.listen()
    broker.stop()
    broker.start()

    def came():
        again = own.Sender(broker.port)
        again.send("gauges/WL-7/level", _reading(1))
        again.close()
        return house.events()

    assert wait_for(came, 30)


def test_a_broker_that_is_not_there_is_an_alarm_until_it_is(make_house, mosquitto, tmp_path, monkeypatch):
    broker = mosquitto_broker.Broker(mosquitto, tmp_path, [])
    monkeypatch.setattr("casework.jobs.mqtt.UNREACHABLE", timedelta(seconds=0.2))
    monkeypatch.setattr("casework.jobs.mqtt.LOOK_S", 0.2)

    def alarms(house):
        with house.runtime.reading() as connection:
            query = sa.select(tables.alarms.c.ended_at).where(tables.alarms.c.kind == "mqtt_unreachable")
            return [row.ended_at for row in connection.execute(query)]

    with make_house(f"mqtt://127.0.0.1:{broker.port}") as house:
        house.prepare()
        intake = MqttIntake(house.runtime)
        intake.start()
        house.intakes.append(intake)
        wait_for(lambda: alarms(house) == [None])
        broker.start()
        try:
            wait_for(lambda: alarms(house) and alarms(house)[0] is not None, 30)
        finally:
            intake.stop()
            broker.stop()


def test_a_broker_with_tls_and_a_password_lets_the_right_one_in(make_house, mosquitto, tmp_path):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    key, certificate, passwords = tmp_path / "key.pem", tmp_path / "cert.pem", tmp_path / "passwords"
    command = (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run(  # noqa: S603  (fixed words)
        [openssl, *command.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True
    )
    passwords.touch(mode=0o600)
    subprocess.run(  # noqa: S603  (as above)
        [shutil.which("mosquitto_passwd"), "-b", passwords, "house", "p@ss/word"],
        check=True,
        capture_output=True,
    )
    lines = [
        f"certfile {certificate}",
        f"keyfile {key}",
        "allow_anonymous false",
        f"password_file {passwords}",
    ]
    with (
        mosquitto_broker.running(mosquitto, tmp_path, lines) as broker,
        make_house(
            f"mqtts://house:p%40ss%2Fword@127.0.0.1:{broker.port}", GONGZHI_MQTT_CA=str(certificate)
        ) as house,
    ):
        house.prepare()
        house.listen()
        sender = own.Sender(broker.port, tls_set=(str(certificate),), username_pw_set=("house", "p@ss/word"))
        sender.send("gauges/WL-7/level", _reading(1))

        wait_for(house.events)
        sender.close()
        assert "p%40ss" not in repr(house.settings)
        for intake in house.intakes:
            intake.stop()


_CHILD = """
import sys, threading
sys.path.insert(0, {project!r})
import app
from casework import settings
from casework.jobs.mqtt import MqttIntake
runtime = app.create_runtime(settings.load())
MqttIntake(runtime).start()
threading.Event().wait()
"""


def test_kill_9_loses_nothing_that_the_broker_had_taken(make_house, broker, sender):
    messages, kills = 3_000, 6
    address = f"mqtt://127.0.0.1:{broker.port}"
    with make_house(address) as house:
        house.prepare()
        environment = {
            "PATH": os.environ["PATH"],
            "TMPDIR": tempfile.gettempdir(),
            "GONGZHI_DATABASE_URL": house.settings.database_url,
            "GONGZHI_DEMO": "1",
            "GONGZHI_MATCHER": "plain",
            "GONGZHI_MQTT_URL": address,
        }

        def child():
            return subprocess.Popen(  # noqa: S603  (our own program)
                [sys.executable, "-c", _CHILD.format(project=str(PROJECT))],
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

        numbers = iter(range(messages))

        def send(many):
            for number in itertools.islice(numbers, many):
                sender.client.publish(f"gauges/WL-{number % 40}/level", json.dumps(_reading(number)), qos=1)

        running = child()
        wait_for(lambda: (sender.send("gauges/WL-0/level", _reading(-1)), house.events())[1])
        for _ in range(kills):
            send(messages // kills)
            before = len(house.events())
            wait_for(lambda before=before: len(house.events()) > before + 20, 30)
            running.send_signal(signal.SIGKILL)
            running.wait()
            running = child()

        try:
            wait_for(lambda: len({row.event_id for row in house.events()}) == messages + 1, 60)
        finally:
            running.kill()
            running.wait()
        names = [row.event_id for row in house.events()]
        assert len(names) == len(set(names)) == messages + 1
