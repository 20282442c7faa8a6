"""The topics of a message broker: which source sends on them, by which mapping."""

import structlog

from casework.domain import errors
from casework.domain.mappings import Topic
from casework.services.ports import UnitsOfWork

log = structlog.get_logger(__name__)

LONGEST = 500


def put(topic: Topic, *, uows: UnitsOfWork, actor: str) -> Topic:
    """Take in what comes on a topic filter; a source or mapping that is not there is refused."""
    wrong = {"filter": [sentence]} if (sentence := _wrong(topic.filter)) else {}
    with uows() as uow:
        if uow.registers.source(topic.source) is None:
            wrong["source"] = [f"there is no source {topic.source!r}"]
        elif topic.mapping is not None and uow.mappings.find(topic.source, topic.mapping) is None:
            wrong["mapping"] = [f"source {topic.source!r} has no mapping {topic.mapping!r}"]
        if wrong:
            raise errors.InvalidInput(wrong)
        uow.mappings.put_topic(topic)
        uow.commit()
    log.info("topic_put", filter=topic.filter, source=topic.source, mapping=topic.mapping, actor=actor)
    return topic


def drop(filter_: str, *, uows: UnitsOfWork, actor: str) -> None:
    """Take in no more what comes on a topic filter."""
    with uows() as uow:
        if not uow.mappings.drop_topic(filter_):
            raise errors.NotFound(f"there is no topic filter {filter_!r}")
        uow.commit()
    log.info("topic_dropped", filter=filter_, actor=actor)


def _wrong(filter_: str) -> str | None:
    """Say what is wrong with a filter by the grammar of MQTT 5, section 4.7."""
    levels = filter_.split("/")
    if not filter_ or len(filter_) > LONGEST or "\0" in filter_:
        return f"must have 1 to {LONGEST} characters"
    if levels[0].startswith("$"):
        return "must not begin with $: those topics are the broker's own, and sharing is a setting"
    if any(
        "#" in level and (level != "#" or number < len(levels) - 1) for number, level in enumerate(levels)
    ):
        return "# stands for all that follows: it is the last level, alone"
    if any("+" in level and level != "+" for level in levels):
        return "+ stands for one whole level, like gauges/+/level"
    return None
