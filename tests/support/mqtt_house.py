"""A house that listens to a real broker."""

import json
import threading
import time

import sqlalchemy as sa
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

import app as application
from casework import settings
from casework.domain.mappings import Mapping, Topic
from casework.domain.people import Scope, Source
from casework.jobs.mqtt import MqttIntake
from casework.services import mapping_payloads, topics
from casework.store import tables

MAPPING = """
id: msg
type: {value: reading}
subject: {path: "topic[1]"}
time: {path: at, as: epoch_s}
data:
  quantity: {value: water_level}
  value: {path: level.mm, as: number, factor: 0.1}
  unit: {value: cm}
"""


class Sender:
    """A device that publishes and waits until the broker has it."""

    def __init__(self, port, **options):
        self.client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        for name, value in options.items():
            getattr(self.client, name)(*value)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def send(self, topic, payload, **more):
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self.client.publish(topic, body, qos=1, **more).wait_for_publish(10)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


class Listening:
    """A house with its intake."""

    def __init__(self, url, mqtt_url, **extra):
        self.settings = settings.parse(
            {
                "GONGZHI_DATABASE_URL": url,
                "GONGZHI_DEMO": "1",
                "GONGZHI_MATCHER": "plain",
                "GONGZHI_MQTT_URL": mqtt_url,
                **extra,
            }
        )
        self.runtime = application.create_runtime(self.settings)
        self.intakes = []

    def prepare(self):
        runtime = self.runtime
        with runtime.uows() as uow:
            uow.registers.put_source(
                Source(
                    name="gauges",
                    title="Gauges",
                    owner="drainage",
                    key_hashes=(),
                    scopes=frozenset({Scope.EVENTS}),
                    rate_per_s=1.0,
                    burst=1,
                )
            )
            uow.commit()
        mapping_payloads.save(
            Mapping(
                source="gauges",
                name="level",
                text=MAPPING,
                sample="{}",
                changed_at=runtime.clock(),
                changed_by="",
            ),
            zone=runtime.settings.timezone,
            uows=runtime.uows,
            clock=runtime.clock,
            actor="tests",
        )
        topics.put(
            Topic(filter="gauges/+/level", source="gauges", mapping="level"), uows=runtime.uows, actor="tests"
        )
        topics.put(Topic(filter="events/#", source="gauges", mapping=None), uows=runtime.uows, actor="tests")

    def listen(self):
        intake = MqttIntake(self.runtime)
        intake.start()
        self.intakes.append(intake)
        wait_for(lambda: intake.subscribed)
        return intake

    def events(self):
        with self.runtime.reading() as connection:
            own = tables.events.c
            return list(connection.execute(sa.select(own.event_id, own.subject, own.body).order_by(own.seq)))

    def quarantined(self):
        with self.runtime.reading() as connection:
            own = tables.quarantine.c
            return list(connection.execute(sa.select(own.source, own.body, own.detail).order_by(own.id)))

    def close(self):
        for intake in self.intakes:
            intake.stop()
        self.runtime.close()


def wait_for(happened, within_s=15.0):
    give_up_at = time.monotonic() + within_s
    pause = threading.Event()
    while time.monotonic() < give_up_at:
        if found := happened():
            return found
        pause.wait(0.02)
    raise AssertionError(f"not within {within_s} s")
