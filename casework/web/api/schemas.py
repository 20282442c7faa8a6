"""Schemas of what the API is asked and what it answers."""

from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from casework.domain.cases import CaseStatus
from casework.domain.messages import MessageState
from casework.web.api.event_schema import Instant, Number, Text

ID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


class Closed(Schema):
    """A request body: names that it does not know are refused, not ignored."""

    class Meta:
        """How marshmallow treats it."""

        unknown = RAISE


class Problem(Schema):
    """A problem document of RFC 9457."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String()
    errors = fields.Dict(fields.String(), fields.List(fields.String()))


class ActionHeaders(Schema):
    """Headers that changes to a case honour."""

    if_match = fields.String(
        data_key="If-Match", metadata={"description": "The ETag of the case as it was read"}
    )
    idempotency_key = fields.String(
        data_key="Idempotency-Key",
        validate=validate.Length(1, 200),
        metadata={
            "description": "A name of this request's own; sent again, it is answered as the first time"
        },
    )


class Position(Closed):
    """Where a crew is."""

    lat = Number(-90, 90, required=True)
    lon = Number(-180, 180, required=True)
    at = Instant(metadata={"description": "When it was there; the present where it is absent"})


class CrewStatusChange(Closed):
    """In or out of service."""

    status = fields.String(required=True, validate=validate.OneOf(["available", "delayed", "out_of_service"]))


class Taken(Schema):
    """The answer to a position."""

    ok = fields.Boolean(required=True)


class Crew(Schema):
    """A crew."""

    id = fields.String(required=True)
    code = fields.String(required=True)
    name_zh = fields.String(required=True)
    name_en = fields.String(required=True)
    capabilities = fields.List(fields.String(), required=True)
    language = fields.String(required=True)
    status = fields.String(required=True)
    status_since = fields.AwareDateTime(required=True)
    lat = fields.Float(required=True, allow_none=True)
    lon = fields.Float(required=True, allow_none=True)
    position_at = fields.AwareDateTime(required=True, allow_none=True)
    home_area = fields.String(required=True, allow_none=True)
    capacity = fields.Integer(required=True)
    mutual_aid = fields.Boolean(required=True)


def page_of(item: type[Schema]) -> type[Schema]:
    """Make the schema of one page of a list."""
    made: dict[str, Any] = {
        "items": fields.List(fields.Nested(item), required=True),
        "next": fields.String(
            required=True, allow_none=True, metadata={"description": "The next page's cursor"}
        ),
    }
    return Schema.from_dict(made, name=f"{item.__name__}Page")


class Page(Closed):
    """Which page of a list."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    cursor = Text(500, 1)


class CaseQuery(Page):
    """Which cases."""

    status = fields.String(validate=validate.OneOf([status.value for status in CaseStatus]))
    category = Text(64, 1)
    area = Text(64, 1, metadata={"description": "An area; those below it are included"})
    priority = fields.Integer(validate=validate.Range(1, 4))


class Case(Schema):
    """A case."""

    id = fields.String(required=True)
    number = fields.Integer(required=True)
    public_code = fields.String(required=True)
    category = fields.String(required=True)
    title = fields.String(required=True)
    priority = fields.Integer(required=True)
    status = fields.String(required=True)
    mode = fields.String(required=True)
    lat = fields.Float(required=True, allow_none=True)
    lon = fields.Float(required=True, allow_none=True)
    address = fields.String(required=True, allow_none=True)
    area = fields.String(attribute="area_id", required=True, allow_none=True)
    subject = fields.String(required=True, allow_none=True)
    rule = fields.String(attribute="rule_id", required=True, allow_none=True)
    rule_version = fields.String(required=True, allow_none=True)
    opened_at = fields.AwareDateTime(required=True)
    filed_at = fields.AwareDateTime(required=True, allow_none=True)
    changed_at = fields.AwareDateTime(required=True)
    capabilities = fields.List(fields.String(), required=True)
    targets = fields.Dict(fields.String(), fields.Float(), required=True)
    needs_verification = fields.Boolean(required=True)
    crew = fields.String(attribute="assigned_to", required=True, allow_none=True)
    assignment = fields.String(attribute="assignment_id", required=True, allow_none=True)
    disposition = fields.String(required=True, allow_none=True)
    duplicate_of = fields.String(required=True, allow_none=True)
    reporters = fields.Integer(required=True)
    signals = fields.Integer(required=True)
    refused_by = fields.List(fields.String(), required=True)
    paused = fields.Boolean(required=True)
    version = fields.Integer(required=True)


class Entry(Schema):
    """What happened, by whom, because of what."""

    seq = fields.Integer(required=True)
    id = fields.String(attribute="entry.id", required=True)
    at = fields.AwareDateTime(attribute="entry.at", required=True)
    kind = fields.String(attribute="entry.kind", required=True)
    actor = fields.String(attribute="entry.actor", required=True)
    cause = fields.String(attribute="entry.cause", required=True, allow_none=True)
    assignment = fields.String(attribute="entry.assignment_id", required=True, allow_none=True)
    report = fields.String(attribute="entry.report_id", required=True, allow_none=True)
    data = fields.Dict(attribute="entry.data", required=True)


class Pause(Schema):
    """A stretch that does not count, with the entries that began and ended it."""

    paused_at = fields.AwareDateTime(required=True)
    paused_by = fields.String(required=True)
    resumed_at = fields.AwareDateTime(required=True, allow_none=True)
    resumed_by = fields.String(required=True, allow_none=True)


class Clock(Schema):
    """A clock, with the timeline entries that started, paused and stopped it."""

    id = fields.String(attribute="clock.id", required=True)
    kind = fields.String(attribute="clock.kind", required=True)
    target_s = fields.Float(attribute="clock.target_s", required=True)
    elapsed_s = fields.Float(required=True)
    light = fields.String(required=True)
    breached = fields.Boolean(required=True)
    paused = fields.Boolean(attribute="clock.paused", required=True)
    started_at = fields.AwareDateTime(attribute="clock.started_at", required=True)
    started_by = fields.String(attribute="clock.started_by", required=True)
    pauses = fields.List(fields.Nested(Pause), attribute="clock.pauses", required=True)
    stopped_at = fields.AwareDateTime(attribute="clock.stopped_at", required=True, allow_none=True)
    stopped_by = fields.String(attribute="clock.stopped_by", required=True, allow_none=True)
    outcome = fields.String(attribute="clock.outcome", required=True, allow_none=True)
    assignment = fields.String(attribute="clock.assignment_id", required=True, allow_none=True)
    report = fields.String(attribute="clock.report_id", required=True, allow_none=True)


class Assignment(Schema):
    """A crew sent to a case, with the reasons."""

    id = fields.String(required=True)
    crew = fields.String(attribute="crew_id", required=True)
    state = fields.String(required=True)
    offered_at = fields.AwareDateTime(required=True)
    offered_by = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)
    eta_s = fields.Float(required=True, allow_none=True)
    eta_source = fields.String(required=True, allow_none=True)
    explanation = fields.Dict(required=True, allow_none=True)
    sent_at = fields.AwareDateTime(required=True, allow_none=True)
    delivered_at = fields.AwareDateTime(required=True, allow_none=True)
    acknowledged_at = fields.AwareDateTime(required=True, allow_none=True)
    en_route_at = fields.AwareDateTime(required=True, allow_none=True)
    on_scene_at = fields.AwareDateTime(required=True, allow_none=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)
    clear_reason = fields.String(required=True, allow_none=True)


def listed(item: type[Schema]) -> type[Schema]:
    """Make the schema of a whole list that needs no pages."""
    made: dict[str, Any] = {"items": fields.List(fields.Nested(item), required=True)}
    return Schema.from_dict(made, name=f"{item.__name__}List")


class Area(Schema):
    """A node of the district's tree."""

    id = fields.String(required=True)
    parent = fields.String(attribute="parent_id", required=True, allow_none=True)
    level = fields.String(required=True)
    name_zh = fields.String(required=True)
    name_en = fields.String(required=True)
    boundary = fields.Dict(required=True, allow_none=True)
    synthetic = fields.Boolean(required=True)


class Asset(Schema):
    """A part of the city, or the device that senses it."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    name_zh = fields.String(required=True)
    name_en = fields.String(required=True)
    lat = fields.Float(required=True)
    lon = fields.Float(required=True)
    area = fields.String(attribute="area_id", required=True, allow_none=True)
    attributes = fields.Dict(required=True)
    senses = fields.String(required=True, allow_none=True)


class Source(Schema):
    """A system that may send; never its keys."""

    name = fields.String(required=True)
    title = fields.String(required=True)
    owner = fields.String(required=True)
    scopes = fields.List(fields.String(), required=True)
    rate_per_s = fields.Float(required=True)
    burst = fields.Integer(required=True)
    last_seen_at = fields.AwareDateTime(required=True, allow_none=True)
    interval_s = fields.Float(required=True, allow_none=True)
    offline_since = fields.AwareDateTime(required=True, allow_none=True)


class Device(Schema):
    """The working side of a device; its kind and place stand among the assets, under the same id."""

    id = fields.String(required=True)
    source = fields.String(required=True, allow_none=True)
    owner = fields.String(required=True)
    interval_s = fields.Float(required=True, allow_none=True)
    rate_per_s = fields.Float(required=True, allow_none=True)
    last_seen_at = fields.AwareDateTime(required=True, allow_none=True)
    offline_since = fields.AwareDateTime(required=True, allow_none=True)
    battery = fields.Float(required=True, allow_none=True)


class DeviceQuery(Page):
    """Which devices."""

    source = Text(200, 1)
    offline = fields.Boolean(truthy={"true"}, falsy={"false"})


class Party(Schema):
    """A company, a vehicle or a site."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    name_zh = fields.String(required=True)
    name_en = fields.String(required=True)
    belongs_to = fields.String(required=True, allow_none=True)
    lat = fields.Float(required=True, allow_none=True)
    lon = fields.Float(required=True, allow_none=True)
    area = fields.String(attribute="area_id", required=True, allow_none=True)
    attributes = fields.Dict(required=True)


class AssetQuery(Page):
    """Which assets."""

    kind = Text(64, 1)


class Mapping(Schema):
    """How a source's payloads become events."""

    source = fields.String(required=True)
    name = fields.String(required=True)
    text = fields.String(required=True)
    sample = fields.String(required=True)
    changed_at = fields.AwareDateTime(required=True)
    changed_by = fields.String(required=True)


class MappingChange(Closed):
    """A mapping to keep."""

    text = Text(20_000, 1, required=True, metadata={"description": "YAML; see docs/intake.md"})
    sample = Text(65_536, load_default="", metadata={"description": "A payload to try it on"})


class Layer(Schema):
    """How a pack is drawn on a map."""

    title = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    colour = fields.String(required=True)
    kinds = fields.List(
        fields.String(), required=True, metadata={"description": "Kinds of assets that it shows"}
    )


class Alarm(Schema):
    """One alarm level of a response card."""

    alarm = fields.Integer(required=True)
    send = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    when = fields.Dict(keys=fields.String(), values=fields.String(), required=True, allow_none=True)


class Pack(Schema):
    """A scenario pack in force."""

    id = fields.String(required=True)
    title = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    owner = fields.String(required=True)
    requires = fields.List(fields.String(), required=True)
    layer = fields.Nested(Layer, required=True, allow_none=True)
    icon = fields.String(required=True, metadata={"description": "SVG that only draws; may be empty"})
    cards = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.Nested(Alarm)),
        required=True,
        metadata={"description": "The response card of each of its categories"},
    )


class Rule(Schema):
    """A rule in force."""

    id = fields.String(required=True)
    version = fields.String(required=True)
    title = fields.Dict(fields.String(), fields.String(), required=True)
    owner = fields.String(required=True)
    pack = fields.String(required=True)
    event = fields.String(required=True)
    does = fields.List(fields.String(), required=True)
    examples = fields.Integer(required=True)


class OutboxQuery(Page):
    """Which texts."""

    state = fields.String(validate=validate.OneOf([state.value for state in MessageState]))


class Message(Schema):
    """A text of the outbox; a link that still opens something is struck out of it."""

    id = fields.String(required=True)
    case = fields.String(attribute="case_id", required=True, allow_none=True)
    purpose = fields.String(required=True)
    channel = fields.String(required=True)
    address = fields.String(required=True)
    language = fields.String(required=True)
    body = fields.Function(lambda message: hide(message.body, message.secret))
    segments = fields.Integer(required=True)
    state = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    attempts = fields.Integer(required=True)
    sent_at = fields.AwareDateTime(required=True, allow_none=True)
    delivered_at = fields.AwareDateTime(required=True, allow_none=True)
    provider_id = fields.String(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)


def hide(body: str, secret: str | None) -> str:
    """Strike a link's token out of a text."""
    return body.replace(secret, "…") if secret else body


class AttainmentQuery(Closed):
    """Which clocks: by the time of their start."""

    start = Instant(data_key="from", metadata={"description": "From here on; a week back where it is absent"})
    end = Instant(
        data_key="to", metadata={"description": "To here, excluding; the present where it is absent"}
    )
    area = Text(64, 1)
    category = Text(64, 1)


class Attainment(Schema):
    """How well one kind of clock's target is kept; durations in seconds."""

    clock = fields.String(required=True)
    n = fields.Integer(required=True)
    open = fields.Integer(required=True)
    overdue = fields.Integer(required=True)
    late = fields.Integer(required=True)
    dropped = fields.Integer(required=True)
    on_time = fields.Float(required=True, allow_none=True)
    p50 = fields.Float(required=True, allow_none=True)
    p80 = fields.Float(required=True, allow_none=True)
    p90 = fields.Float(required=True, allow_none=True)
    p95 = fields.Float(required=True, allow_none=True)
    target = fields.Float(required=True, allow_none=True)
    targets = fields.List(fields.Float(), required=True)
    definition = fields.String(required=True)


class Fate(Schema):
    """What became of an event."""

    source = fields.String(attribute="event.source", required=True)
    id = fields.String(attribute="event.event_id", required=True)
    type = fields.String(attribute="event.type", required=True)
    subject = fields.String(attribute="event.subject", required=True, allow_none=True)
    time = fields.AwareDateTime(attribute="event.time", required=True, allow_none=True)
    received_at = fields.AwareDateTime(attribute="event.received_at", required=True)
    data = fields.Dict(attribute="event.data", required=True)
    state = fields.String(attribute="event.state", required=True)
    judged_at = fields.AwareDateTime(attribute="judgement.at")
    outcome = fields.String(attribute="judgement.outcome")
    trace = fields.Dict(attribute="judgement.trace")
    case = fields.String(attribute="judgement.case_id", allow_none=True)
