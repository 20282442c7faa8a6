"""What the pages of the registers read and order, on the running house."""

from collections.abc import Callable, Mapping, Sequence

from casework.analytics import registers
from casework.analytics.registers import Sought
from casework.analytics.views import Page
from casework.domain import errors
from casework.domain.mappings import Mapping as PayloadMapping
from casework.domain.mappings import Topic
from casework.domain.people import Source
from casework.services import mapping_payloads, topics, watching
from casework.services.mapping_payloads import Preview
from casework.services.runtime import Runtime
from casework.web.console.queries import Viewer


class RegisterDesk:
    """Reads the registers and changes mappings, topics and what was held back."""

    def __init__(self, runtime: Callable[[], Runtime]) -> None:
        self._runtime = runtime

    def summary(self) -> registers.Summary:
        """Count devices by what is the matter with them."""
        with self._runtime().reading() as connection:
            return registers.summary(connection)

    def devices(self, sought: Sought) -> Page[registers.DeviceRow]:
        """Give devices."""
        with self._runtime().reading() as connection:
            return registers.devices(connection, sought)

    def placed(self, register: str, sought: Sought) -> Page[registers.PlacedRow]:
        """Give assets or parties."""
        with self._runtime().reading() as connection:
            read = registers.parties if register == "parties" else registers.assets
            return read(connection, sought)

    def kinds(self, register: str) -> Mapping[str, int]:
        """Count by kind."""
        with self._runtime().reading() as connection:
            return registers.kinds(connection, register)

    def sources(self, sought: Sought) -> Page[Source]:
        """Give sources."""
        with self._runtime().reading() as connection:
            return registers.sources(connection, sought)

    def warnings(self, sought: Sought) -> Page[registers.WarningRow]:
        """Give official warnings."""
        with self._runtime().reading() as connection:
            return registers.warnings(connection, sought, self._runtime().clock())

    def mappings(self) -> tuple[Sequence[PayloadMapping], Sequence[Topic]]:
        """Give mappings and topics."""
        with self._runtime().reading() as connection:
            return registers.mappings(connection)

    def mapping(self, source: str, name: str) -> PayloadMapping | None:
        """Give one mapping."""
        with self._runtime().uows(reading=True) as uow:
            return uow.mappings.find(source, name)

    def preview(self, text: str, sample: str, source: str, topic: str) -> Preview:
        """Try a mapping on a sample."""
        runtime = self._runtime()
        return mapping_payloads.preview(
            text, sample, source, read=runtime.read, zone=runtime.settings.timezone, topic=topic
        )

    def save(self, viewer: Viewer, source: str, name: str, text: str, sample: str) -> Sequence[str]:
        """Keep a mapping; answer what is wrong with it, or nothing."""
        runtime = self._runtime()
        actor = f"user:{viewer.sign_in}"
        kept = PayloadMapping(
            source=source, name=name, text=text, sample=sample, changed_at=runtime.clock(), changed_by=actor
        )
        try:
            zone = runtime.settings.timezone
            mapping_payloads.save(kept, zone=zone, uows=runtime.uows, clock=runtime.clock, actor=actor)
        except errors.InvalidInput as error:
            return [f"{field}: {sentence}" for field, said in error.errors.items() for sentence in said]
        return ()

    def put_topic(self, viewer: Viewer, topic: Topic) -> Sequence[str]:
        """Take in what comes on a topic filter; answer what is wrong with it, or nothing."""
        try:
            topics.put(topic, uows=self._runtime().uows, actor=f"user:{viewer.sign_in}")
        except errors.InvalidInput as error:
            return [f"{field}: {sentence}" for field, said in error.errors.items() for sentence in said]
        return ()

    def drop_topic(self, viewer: Viewer, filter_: str) -> bool:
        """Take in no more what comes on a topic filter; answer whether it was there."""
        try:
            topics.drop(filter_, uows=self._runtime().uows, actor=f"user:{viewer.sign_in}")
        except errors.NotFound:
            return False
        return True

    def judge_held(self, viewer: Viewer, source: str, device: str) -> int:
        """Let what was held back of a device be judged; answer how much it is."""
        runtime = self._runtime()
        count = watching.judge_held(source, device, actor=f"user:{viewer.sign_in}", uows=runtime.uows)
        runtime.bells.events_came()
        return count
