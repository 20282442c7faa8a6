"""MQTT 5 intake: messages into the inbox, acknowledged to the broker only after our own commit.

A message that was not acknowledged comes again, and is one event by its source and id. Several workers share
one subscription; a worker alone has its own, which the broker keeps while the worker is away.
"""

import fcntl
import hashlib
import json
import queue
import socket
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit

import structlog
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from casework import ids
from casework.domain import errors
from casework.domain.events import Quarantined
from casework.domain.mappings import Topic
from casework.services import mapping_payloads
from casework.services.mapping_payloads import Made, Mapper
from casework.services.runtime import Runtime
from casework.settings import Settings

log = structlog.get_logger(__name__)

IN_FLIGHT = 1_000
"""Most messages that the broker sends before it waits for acknowledgements."""
BATCH = 500
LONGEST_PAYLOAD = 1 << 20
KEEPALIVE_S = 30
SESSION_S = 7 * 86_400
"""So long the broker keeps messages for a worker that is away."""
LOOK_S = 3.0
"""A changed topic or a lost connection is noticed after at most this long."""
UNREACHABLE = timedelta(seconds=30)
_LATEST_RETRY_S = 30.0
_SLOTS = 64
_DRAIN_S = 0.3
_PORTS = {"mqtt": 1883, "mqtts": 8883}
_UNROUTED = "mqtt"
_REFUSED = 128


@dataclass(frozen=True, slots=True)
class _Message:
    """One message as it came, and on which connection: an acknowledgement is worth nothing on another."""

    topic: str
    payload: bytes
    qos: int
    mid: int
    connection: int
    attributes: Mapping[str, str] = field(default_factory=dict)


class MqttIntake:
    """Takes in what comes on the topics of the register; `start` and `stop` once each."""

    def __init__(self, runtime: Runtime) -> None:
        settings = runtime.settings
        self._runtime = runtime
        self._mapper = Mapper(runtime.uows, settings.timezone, runtime.clock)
        self._shared = "" if settings.one_process else f"$share/{settings.mqtt_group}/"
        self._slot: IO[bytes] | None = None
        self._stays = True
        self._leaving = False
        self._host = urlsplit(settings.mqtt_url or "").hostname or ""
        self._messages: queue.Queue[_Message] = queue.Queue(IN_FLIGHT * 4)
        self._topics: Sequence[Topic] = ()
        self._subscribed: set[str] = set()
        self._asked: set[int] = set()
        """Subscriptions that the broker has not answered, by their message's number."""
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._connection = 0
        self._connected = False
        self._lost_at: datetime = runtime.clock()
        self._trouble = "never connected"
        self._alarmed = True
        """Whether an alarm may be open: one of an earlier process is ended too."""
        self._client: paho.Client | None = None
        self._thread = threading.Thread(target=self._run, name="mqtt-intake", daemon=True)

    @property
    def subscribed(self) -> bool:
        """Whether the broker has granted everything that was asked of it."""
        return self._connected and bool(self._subscribed) and not self._asked

    def start(self) -> None:
        """Begin to take in; a broker that is not there is tried again until it is."""
        settings = self._runtime.settings
        name, number, self._slot = _claim_name(settings)
        self._stays = not self._shared or number == 0
        client = self._client = _client(settings, name)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        self._thread.start()
        log.info("mqtt_started", host=self._host, client=name, shared=bool(self._shared))

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Finish the batch in hand and leave; what is not acknowledged comes again."""
        if not self._stays and self._connected:
            self._leave(timeout_s / 2)
        self._stopping.set()
        self._thread.join(timeout_s)
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()
        if self._slot is not None:
            self._slot.close()
        return not self._thread.is_alive()

    def _leave(self, timeout_s: float) -> None:
        """Give up a share of the subscription: a broker may go on to deal cards to a player who has left.

        The first worker of a machine keeps its share, so that messages wait for it while nobody works.
        """
        with self._lock:
            mine, self._subscribed, self._leaving = self._subscribed, set(), True
        if self._client is not None and mine:
            self._client.unsubscribe([self._shared + filter_ for filter_ in sorted(mine)])
        patience = threading.Event()
        for _ in range(max(1, int(timeout_s / _DRAIN_S))):
            patience.wait(_DRAIN_S)
            if not self._messages.unfinished_tasks:
                return

    # The network's thread

    def _on_connect(
        self,
        client: paho.Client,
        _data: object,
        _flags: object,
        reason: ReasonCode,
        _properties: object,
    ) -> None:
        with self._lock:
            self._connection += 1
            self._connected = not reason.is_failure
            self._trouble = str(reason)
            self._subscribed, self._asked = set(), set()
        if reason.is_failure:
            log.warning("mqtt_refused", host=self._host, reason=str(reason))
            return
        log.info("mqtt_connected", host=self._host)
        self._subscribe(client)

    def _on_disconnect(
        self,
        _client: paho.Client,
        _data: object,
        _flags: object,
        reason: ReasonCode,
        _properties: object,
    ) -> None:
        with self._lock:
            self._connection += 1
            if self._connected:
                self._lost_at = self._runtime.clock()
                self._trouble = str(reason)
            self._connected = False
        log.warning("mqtt_disconnected", host=self._host, reason=str(reason))

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        properties = message.properties
        pairs = getattr(properties, "UserProperty", None) or ()
        taken = _Message(
            topic=message.topic,
            payload=bytes(message.payload),
            qos=message.qos,
            mid=message.mid,
            connection=self._connection,
            attributes={str(name): str(value) for name, value in pairs},
        )
        try:
            # Only messages that nobody acknowledges can be so many; the others the broker holds back.
            self._messages.put(taken, timeout=KEEPALIVE_S / 2)
        except queue.Full:
            log.warning("mqtt_message_dropped", topic=message.topic, qos=message.qos)

    def _on_subscribe(
        self,
        _client: paho.Client,
        _data: object,
        number: int,
        reasons: Sequence[ReasonCode],
        _properties: object,
    ) -> None:
        with self._lock:
            self._asked.discard(number)
        refused = [str(reason) for reason in reasons if reason.value >= _REFUSED]
        if refused:
            log.error("mqtt_subscription_refused", host=self._host, reasons=refused)

    # Our own thread

    def _run(self) -> None:
        retry_s = 0.5
        started = False
        look_at = self._runtime.clock()
        while not self._stopping.is_set():
            try:
                if self._runtime.clock() >= look_at or not started:
                    self._look()
                    look_at = self._runtime.clock() + timedelta(seconds=LOOK_S)
                    if not started and self._client is not None:
                        # Not before the topics are known: an old session brings messages at once.
                        self._client.loop_start()
                        started = True
                batch = self._next()
                if batch:
                    self._take(batch)
                    for _ in batch:
                        self._messages.task_done()
                retry_s = 0.5
            except errors.Unavailable as error:
                log.warning("mqtt_database_unavailable", detail=error.detail)
                self._stopping.wait(retry_s)
                retry_s = min(retry_s * 2, _LATEST_RETRY_S)
            except Exception:  # the outermost frame of a thread that must live on
                log.exception("mqtt_intake_failed")
                self._stopping.wait(retry_s)
                retry_s = min(retry_s * 2, _LATEST_RETRY_S)

    def _look(self) -> None:
        """Read the topics, subscribe to new ones, and say whether the broker is there."""
        runtime = self._runtime
        with runtime.uows(reading=True) as uow:
            # The most particular filter first: it decides whose a message is.
            self._topics = sorted(uow.mappings.topics(), key=lambda topic: _vagueness(topic.filter))
        if self._connected and self._client is not None:
            self._subscribe(self._client)
        now = runtime.clock()
        if not self._connected and now - self._lost_at >= UNREACHABLE:
            with runtime.uows() as uow:
                uow.alarms.raise_("mqtt_unreachable", self._host, now, {"reason": self._trouble})
                uow.commit()
            self._alarmed = True
        elif self._connected and self._alarmed:
            with runtime.uows() as uow:
                uow.alarms.end("mqtt_unreachable", self._host, now)
                uow.commit()
            self._alarmed = False

    def _subscribe(self, client: paho.Client) -> None:
        if self._leaving:
            return
        with self._lock:
            wanted = {topic.filter for topic in self._topics}
            new, old = wanted - self._subscribed, self._subscribed - wanted
            self._subscribed = wanted
        options = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)
        if new:
            with self._lock:
                asked = client.subscribe([(self._shared + filter_, options) for filter_ in sorted(new)])
                self._asked |= {asked[1]} if asked[1] is not None else set()
        for filter_ in sorted(old):
            client.unsubscribe(self._shared + filter_)

    def _next(self) -> list[_Message]:
        """Take what has come, up to a batch; wait a moment for the first."""
        batch: list[_Message] = []
        with suppress(queue.Empty):
            batch.append(self._messages.get(timeout=0.2))
            while len(batch) < BATCH:
                batch.append(self._messages.get_nowait())
        return batch

    def _take(self, batch: Sequence[_Message]) -> None:
        """Write a batch in one commit and acknowledge it; while the database is away it is held."""
        retry_s = 0.2
        while not self._stopping.is_set():
            try:
                self._write(batch, [self._make_or_keep(message) for message in batch])
            except errors.Unavailable as error:
                log.warning("mqtt_batch_waits", messages=len(batch), detail=error.detail)
                self._stopping.wait(retry_s)
                retry_s = min(retry_s * 2, _LATEST_RETRY_S)
            else:
                return

    def _write(self, batch: Sequence[_Message], made: Sequence[Made]) -> None:
        events = [event for one in made for event in one.events]
        quarantined = [item for one in made for item in one.quarantined]
        try:
            self._runtime.inbox.put(events, quarantined, live=True)
        except errors.NotStorable:
            for message, one in zip(batch, made, strict=True):
                self._write_alone(message, one)
        for message in batch:
            self._acknowledge(message)

    def _write_alone(self, message: _Message, made: Made) -> None:
        """Let no message pay for another that the database cannot hold."""
        try:
            self._runtime.inbox.put(made.events, made.quarantined, live=True)
        except errors.NotStorable as error:
            self._runtime.inbox.put([], [self._set_aside(message, _UNROUTED, error)])

    def _acknowledge(self, message: _Message) -> None:
        with self._lock:
            if message.connection == self._connection and message.qos and self._client is not None:
                self._client.ack(message.mid, message.qos)

    def _make_or_keep(self, message: _Message) -> Made:
        """Make events of a message; one that we stumble over is set aside, for it must not come for ever."""
        try:
            return self._make(message)
        except errors.Unavailable:
            raise
        except Exception as error:  # a fault of ours, whatever it is
            log.exception("mqtt_message_failed", topic=message.topic)
            fault = errors.NotStorable(f"it could not be read: {type(error).__name__}")
            return Made(quarantined=[self._set_aside(message, _UNROUTED, fault)])

    def _make(self, message: _Message) -> Made:
        made = Made()
        route = next(
            (topic for topic in self._topics if paho.topic_matches_sub(topic.filter, message.topic)), None
        )
        source = route.source if route else _UNROUTED
        try:
            if route is None:
                raise errors.NotFound(f"no topic filter fits {message.topic!r}")
            if route.mapping is None:
                for raw in _cloud_events(message):
                    made.take(raw, source, self._runtime.read, self._runtime.clock)
                return made
            mapped = self._mapper.get(source, route.mapping)
            payload = _json(message.payload)
        except errors.Unavailable:
            raise
        except errors.CaseworkError as error:
            made.quarantined.append(self._set_aside(message, source, error))
            return made
        return mapping_payloads.make(
            payload, source, mapped, read=self._runtime.read, clock=self._runtime.clock, topic=message.topic
        )

    def _set_aside(self, message: _Message, source: str, error: errors.CaseworkError) -> Quarantined:
        text = message.payload.decode(errors="backslashreplace")
        at_topic = type(error)(f"topic {message.topic}: {error.detail}") if _plain(error) else error
        return mapping_payloads.set_aside(text, source, at_topic, self._runtime.clock)


def _plain(error: errors.CaseworkError) -> bool:
    """Whether an error is made of its sentence alone."""
    return isinstance(error, errors.NotFound | errors.MalformedBody | errors.Conflict | errors.NotStorable)


def _json(payload: bytes) -> Any:  # noqa: ANN401  (whatever JSON holds)
    try:
        return json.loads(payload, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise errors.MalformedBody(f"the payload is no JSON: {error}") from error


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _cloud_events(message: _Message) -> list[Mapping[str, Any]]:
    """Read CloudEvents by their binding to MQTT 5: binary by user properties, structured, or a batch."""
    payload = _json(message.payload)
    if "specversion" in message.attributes:
        return [{**message.attributes, "data": payload}]
    found = payload if isinstance(payload, list) else [payload]
    if not found or not all(isinstance(one, dict) for one in found):
        raise errors.MalformedBody("a CloudEvent is a JSON object; another payload needs a mapping")
    return found


def _vagueness(filter_: str) -> tuple[int, int, str]:
    levels = filter_.split("/")
    return ("#" in levels, levels.count("+"), filter_)


def _client(settings: Settings, name: str) -> paho.Client:
    parts = urlsplit(settings.mqtt_url or "")
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=paho.MQTTv5, manual_ack=True)
    if parts.username:
        client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
    if parts.scheme == "mqtts":
        client.tls_set(
            ca_certs=_path(settings.mqtt_ca),
            certfile=_path(settings.mqtt_cert),
            keyfile=_path(settings.mqtt_key),
        )
    client.reconnect_delay_set(min_delay=1, max_delay=30)
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's own
    properties.SessionExpiryInterval = SESSION_S
    properties.ReceiveMaximum = IN_FLIGHT
    properties.MaximumPacketSize = LONGEST_PAYLOAD + 4_096
    client.connect_async(
        parts.hostname or "",
        parts.port or _PORTS[parts.scheme],
        keepalive=KEEPALIVE_S,
        clean_start=False,
        properties=properties,
    )
    return client


def _path(file: Path | None) -> str | None:
    return None if file is None else str(file)


def _claim_name(settings: Settings) -> tuple[str, int, IO[bytes] | None]:
    """Choose a client's name that a restarted worker finds again: the broker keeps its messages under it.

    The first free number of this machine, held by a lock that the kernel gives back however a process ends.
    """
    house = hashlib.sha256(f"{settings.database_url} {settings.mqtt_url}".encode()).hexdigest()[:12]
    machine = socket.gethostname()[:40]
    for number in range(_SLOTS):
        file = Path(tempfile.gettempdir()) / f"gongzhi-mqtt-{house}-{number}.lock"
        try:
            held = file.open("ab")
        except OSError:
            continue  # another user's
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            held.close()
            continue
        return f"gongzhi-{machine}-{house}-{number}", number, held
    return f"gongzhi-{ids.new()}", _SLOTS, None
