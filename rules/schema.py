"""The shape of every file of a scenario pack, as marshmallow schemas."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, pre_load, validate, validates_schema

from rules import cards, measures
from rules.calendars import WEEKDAYS, stretch
from rules.catalogue import Do
from rules.errors import Problem, nearest
from rules.fields import Kind
from rules.units import Remark, distance, duration
from rules.yaml_lines import Document, Path_

CLOCKS = {"response": 30.0, "dispatch": 60.0, "arrival": 300.0, "resolution": 1200.0, "callback": 120.0}
"""The clocks of a case with their default targets in seconds."""
CLOCK_KINDS = frozenset(CLOCKS) | {"turnout", "travel"}
ROLES = frozenset({"dispatcher", "shift_lead", "duty_officer", "captain"})
MODES = frozenset({"suggest", "automatic", "manual"})
TEXT_LIMIT = 512
"""Longest literal in a rule file, in characters."""

slug = validate.Regexp(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*\Z", error="must be a lower-case slug")
short = validate.Length(min=1, max=TEXT_LIMIT)


class Strict(Schema):
    """Refuses unknown keys, and names the nearest known one."""

    @pre_load
    def refuse_unknown(self, data: Any, **_: Any) -> Any:  # noqa: ANN401  (any YAML may stand there)
        """Refuse unknown keys before anything else is looked at."""
        if not isinstance(data, Mapping):
            raise ValidationError("must be a mapping of keys and values")
        known = {field.data_key or name for name, field in self.fields.items()}
        unknown = {key: [Remark(f"unknown key '{key}'", nearest(key, known))] for key in data.keys() - known}
        if unknown:
            raise ValidationError(unknown)
        return data


def one_of(words: frozenset[str]) -> Callable[[str], None]:
    """Make a check that a word is one of several."""

    def check(word: str) -> None:
        if word not in words:
            raise ValidationError([Remark(f"unknown word '{word}'", nearest(word, words))])

    return check


class TextSchema(Strict):
    """A text in both languages."""

    zh = fields.String(required=True, validate=short)
    en = fields.String(required=True, validate=short)


class LayerSchema(Strict):
    """How a pack is drawn on a map."""

    title = fields.Nested(TextSchema, load_default=None)
    colour = fields.String(
        required=True, validate=validate.Regexp(r"#[0-9a-fA-F]{6}\Z", error="must be a colour like '#1769aa'")
    )
    kinds = fields.List(fields.String(validate=slug), load_default=list, validate=validate.Length(max=50))


class PackSchema(Strict):
    """`pack.yaml`."""

    id = fields.String(required=True, validate=slug)
    title = fields.Nested(TextSchema, required=True)
    owner = fields.String(required=True, validate=short)
    requires = fields.List(fields.String(validate=slug), load_default=list)
    layer = fields.Nested(LayerSchema, load_default=None)


class GroupingSchema(Strict):
    """How duplicates of a category are found."""

    radius = distance(required=True)
    within = duration(required=True)


class TargetsSchema(Strict):
    """A category's clocks."""

    response = duration(load_default=CLOCKS["response"])
    dispatch = duration(load_default=CLOCKS["dispatch"])
    arrival = duration(load_default=CLOCKS["arrival"])
    resolution = duration(load_default=CLOCKS["resolution"])
    callback = duration(load_default=CLOCKS["callback"])


class KeywordsSchema(Strict):
    """Words by which a resident's text is known to be about a category."""

    zh = fields.List(fields.String(validate=short), load_default=list)
    en = fields.List(fields.String(validate=short), load_default=list)


class AlarmSchema(Strict):
    """One alarm level of a response card."""

    send = fields.Dict(
        keys=fields.String(validate=slug),
        values=fields.Integer(strict=True, validate=validate.Range(1, 50)),
        required=True,
        validate=validate.Length(1, 20),
    )
    when = fields.Nested(TextSchema, load_default=None)


class CategorySchema(Strict):
    """One entry of `categories.yaml`."""

    title = fields.Nested(TextSchema, required=True)
    icon = fields.String(load_default="case", validate=slug)
    priority = fields.Integer(strict=True, load_default=3, validate=validate.Range(1, 4))
    capabilities = fields.List(
        fields.String(validate=slug),
        required=True,
        validate=validate.Length(min=1, error="names no capability"),
    )
    mode = fields.String(load_default="suggest", validate=one_of(MODES))
    targets = fields.Nested(TargetsSchema, load_default=lambda: dict(CLOCKS))
    warn_at = fields.Float(load_default=0.8, validate=validate.Range(0.1, 1.0))
    offer_timeout = duration(load_default=60.0)
    grouping = fields.Nested(GroupingSchema, required=True)
    escalation = fields.String(required=True, validate=slug)
    keywords = fields.Nested(KeywordsSchema, load_default=lambda: {"zh": [], "en": []})
    verify = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    card = fields.List(fields.Nested(AlarmSchema), load_default=list, validate=validate.Length(max=5))

    @validates_schema
    def check_card(self, data: Mapping[str, Any], **_: Any) -> None:  # noqa: ANN401  (marshmallow's own)
        """Refuse a card that sends less than the category needs, or less at a higher alarm."""
        wrong = cards.gap(data["card"], data["capabilities"])
        if wrong:
            raise ValidationError(wrong, "card")


class StepSchema(Strict):
    """One step of an escalation policy."""

    after = duration(load_default=0.0)
    notify = fields.String(required=True, validate=one_of(ROLES))
    of = fields.String(required=True, validate=one_of(CLOCK_KINDS))
    kind = fields.String(required=True, validate=one_of(frozenset({"near", "over"})))


class PolicySchema(Strict):
    """One entry of `escalation.yaml`."""

    steps = fields.List(fields.Nested(StepSchema), required=True, validate=validate.Length(1, 30))


class FieldSchema(Strict):
    """One field of an event type in `events.yaml`."""

    type = fields.String(required=True, validate=one_of(frozenset(Kind)))
    unit = fields.String(load_default="", validate=validate.Length(max=32))


def known_unit(unit: str) -> None:
    """Check that a text names a unit of measurement."""
    if not measures.is_known(unit):
        raise ValidationError([Remark(f"unknown unit '{unit[:32]}'", measures.hint(unit))])


class LookupSchema(FieldSchema):
    """One look-up of `events.yaml`; with `counts` it is a number that is counted from what was kept."""

    counts = fields.String(load_default=None, validate=one_of(frozenset({"cases", "points"})))
    category = fields.String(load_default=None, validate=slug)
    within = duration(load_default=None)
    radius = distance(load_default=None)
    of = fields.String(load_default=None, validate=short)


class QuantitySchema(Strict):
    """One entry of `quantities` in `events.yaml`."""

    unit = fields.String(required=True, validate=known_unit)


class CalendarSchema(Strict):
    """One entry of `calendars.yaml`."""

    dates = fields.List(fields.Date(), load_default=list, validate=validate.Length(max=2_000))
    weekdays = fields.List(fields.String(validate=one_of(frozenset(WEEKDAYS))), load_default=list)
    first = fields.Date(load_default=None, data_key="from")
    last = fields.Date(load_default=None, data_key="to")
    exceptions = fields.List(
        fields.Date(), load_default=list, data_key="except", validate=validate.Length(max=2_000)
    )


class Hours(fields.Field[tuple[tuple[int, int], ...]]):
    """One stretch of the day, `22:00-06:00`, or a list of them."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[tuple[int, int], ...]:  # noqa: ANN401  (marshmallow's own)
        texts = value if isinstance(value, list) else [value]
        found = [stretch(text) if isinstance(text, str) else None for text in texts[:25]]
        if not 0 < len(texts) <= 24 or None in found:  # noqa: PLR2004  (a stretch an hour is enough)
            shown = str(value)[:50]
            raise ValidationError([Remark(f"'{shown}' is no stretch of the day", '"22:00-06:00"')])
        return tuple(one for one in found if one is not None)


class SpanSchema(Strict):
    """`during`."""

    hours = Hours(load_default=())
    weekdays = fields.List(fields.String(validate=one_of(frozenset(WEEKDAYS))), load_default=list)
    calendar = fields.String(load_default=None, validate=slug)


class SpotSchema(Strict):
    """`near`."""

    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    lon = fields.Float(required=True, validate=validate.Range(-180, 180))
    radius = distance(required=True)


most_steps = validate.Length(1, 5)


class CountSchema(Strict):
    """`count`."""

    at_least = fields.Integer(strict=True, required=True, validate=validate.Range(2, 1_000))
    within = duration(required=True)
    different = fields.String(load_default=None, validate=short)
    radius = distance(load_default=None)


class TogetherSchema(Strict):
    """`together`."""

    within = duration(required=True)
    radius = distance(load_default=None)
    others = fields.List(fields.Dict(), required=True, data_key="with", validate=most_steps)


class LastingSchema(Strict):
    """`lasting`."""

    time = duration(required=True, data_key="for")
    condition = fields.Dict(required=True, data_key="while")
    gap = duration(load_default=None)


class ChangeSchema(Strict):
    """`change`."""

    of = fields.String(required=True, validate=short)
    rises = fields.Raw(load_default=None)
    falls = fields.Raw(load_default=None)
    within = duration(required=True)


class WindowSchema(Strict):
    """A rule's `window`; its conditions are looked at by their own reader."""

    by = fields.List(fields.String(validate=short), load_default=list, validate=validate.Length(max=5))
    tolerance = duration(load_default=0.0)
    clears = fields.Dict(load_default=None)
    count = fields.Nested(CountSchema, load_default=None)
    together = fields.Nested(TogetherSchema, load_default=None)
    lasting = fields.Nested(LastingSchema, load_default=None)
    change = fields.Nested(ChangeSchema, load_default=None)
    then = fields.List(fields.Dict(), load_default=None, validate=most_steps)
    absent = fields.Dict(load_default=None)


class ForSchema(Strict):
    """How long something is absent."""

    time = duration(required=True, data_key="for")


class WithinSchema(Strict):
    """Within what time a step follows."""

    time = duration(required=True, data_key="within")


TIMES: Mapping[str, type[Strict]] = {"for": ForSchema, "within": WithinSchema}


class CoolDownSchema(Strict):
    """A rule's `cool_down`."""

    time = duration(required=True, data_key="for")
    by = fields.List(fields.String(validate=short), load_default=None, validate=validate.Length(max=5))


class LimitSchema(Strict):
    """A rule's `limit`."""

    cases = fields.Integer(strict=True, required=True, validate=validate.Range(1, 100_000))
    within = duration(required=True)


class CaseActionSchema(Strict):
    """`open_case` and `extend_case`."""

    do = fields.String(required=True)
    category = fields.String(required=True, validate=slug)
    priority = fields.Integer(strict=True, load_default=None, validate=validate.Range(1, 4))
    group_within = duration(load_default=None)
    group_radius = distance(load_default=None)
    group_by = fields.List(fields.String(validate=short), load_default=list)
    title = fields.Nested(TextSchema, load_default=None)


class NotifySchema(Strict):
    """`notify`."""

    do = fields.String(required=True)
    role = fields.String(required=True, validate=one_of(ROLES))
    message = fields.String(required=True, validate=slug)


class DismissSchema(Strict):
    """`dismiss`."""

    do = fields.String(required=True)
    reason = fields.Nested(TextSchema, required=True)


class WarnSchema(Strict):
    """`warn`."""

    do = fields.String(required=True)
    to = fields.String(required=True, validate=short)
    message = fields.String(required=True, validate=slug)
    wait = duration(required=True)
    look = duration(load_default=None)


class AssetStateSchema(Strict):
    """`set_asset_state`."""

    do = fields.String(required=True)
    state = fields.String(required=True, validate=slug)


class WebhookSchema(Strict):
    """`webhook`."""

    do = fields.String(required=True)
    hook = fields.String(required=True, validate=slug)
    body = fields.Dict(
        keys=fields.String(validate=slug),
        values=fields.String(validate=short),
        load_default=dict,
        validate=validate.Length(max=20),
    )


class PlanSchema(Strict):
    """`start_plan`."""

    do = fields.String(required=True)
    plan = fields.String(required=True, validate=slug)


class PointsSchema(Strict):
    """`add_points`."""

    do = fields.String(required=True)
    to = fields.String(required=True, validate=short)
    points = fields.Integer(strict=True, required=True, validate=validate.Range(1, 100))


ACTION_SCHEMAS: Mapping[str, type[Strict]] = {
    Do.OPEN_CASE: CaseActionSchema,
    Do.EXTEND_CASE: CaseActionSchema,
    Do.NOTIFY: NotifySchema,
    Do.DISMISS: DismissSchema,
    Do.WARN: WarnSchema,
    Do.SET_ASSET_STATE: AssetStateSchema,
    Do.WEBHOOK: WebhookSchema,
    Do.START_PLAN: PlanSchema,
    Do.ADD_POINTS: PointsSchema,
}


class ExampleSchema(Strict):
    """One of a rule's examples."""

    given = fields.Dict(required=True)
    expect = fields.List(fields.String(validate=one_of(frozenset(Do))), required=True)


class MomentSchema(Strict):
    """One entry of an example of several events."""

    at = duration(required=True)
    event = fields.String(load_default=None)
    given = fields.Dict(load_default=None)
    expect = fields.List(fields.String(validate=one_of(frozenset(Do))), load_default=list)


class MomentsSchema(Strict):
    """One example of a rule with a window."""

    events = fields.List(fields.Nested(MomentSchema), required=True, validate=validate.Length(1, 50))


class RuleSchema(Strict):
    """One rule; its conditions and actions are looked at by their own readers."""

    id = fields.String(required=True, validate=slug)
    title = fields.Nested(TextSchema, required=True)
    owner = fields.String(load_default=None, validate=short)
    when = fields.Dict(required=True)
    window = fields.Nested(WindowSchema, load_default=None)
    cool_down = fields.Nested(CoolDownSchema, load_default=None)
    limit = fields.Nested(LimitSchema, load_default=None)
    then = fields.List(fields.Raw(), required=True, validate=validate.Length(1, 10))
    examples = fields.List(fields.Raw(), required=True, validate=validate.Length(1, 100))


def load(
    schema: type[Strict], document: Document, path: Path_, data: object
) -> dict[str, Any] | list[Problem]:
    """Load data that stands at a path of a document, or answer what is wrong with it."""
    try:
        loaded: dict[str, Any] = schema().load(data)  # type: ignore[arg-type]  # Strict refuses what is no mapping
    except ValidationError as invalid:
        return [
            document.problem((*path, *where), _sentence(where, what), getattr(what, "hint", ""))
            for where, what in _flat(invalid.messages, ())
        ]
    return loaded


def _flat(messages: object, path: Path_) -> Iterator[tuple[Path_, str]]:
    if isinstance(messages, Mapping):
        for key, below in messages.items():
            yield from _flat(below, path if key == "_schema" else (*path, key))
    elif isinstance(messages, list):
        for message in messages:
            yield from _flat(message, path)
    else:
        yield path, messages if isinstance(messages, str) else str(messages)


def _sentence(where: Path_, what: str) -> str:
    words = what if isinstance(what, Remark) else what[:1].lower() + what[1:].rstrip(".")
    name = ".".join(str(part) for part in where)
    return f"{name}: {words}" if name and not what.startswith("unknown key") else words
