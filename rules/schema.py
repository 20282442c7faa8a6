"""The shape of every file of a scenario pack, as marshmallow schemas."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, pre_load, validate, validates_schema

from rules import cards
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


ACTION_SCHEMAS: Mapping[str, type[Strict]] = {
    Do.OPEN_CASE: CaseActionSchema,
    Do.EXTEND_CASE: CaseActionSchema,
    Do.NOTIFY: NotifySchema,
    Do.DISMISS: DismissSchema,
}


class ExampleSchema(Strict):
    """One of a rule's examples."""

    given = fields.Dict(required=True)
    expect = fields.List(fields.String(validate=one_of(frozenset(Do))), required=True)


class RuleSchema(Strict):
    """One rule; its conditions and actions are looked at by their own readers."""

    id = fields.String(required=True, validate=slug)
    title = fields.Nested(TextSchema, required=True)
    owner = fields.String(load_default=None, validate=short)
    when = fields.Dict(required=True)
    then = fields.List(fields.Raw(), required=True, validate=validate.Length(1, 10))
    examples = fields.List(fields.Nested(ExampleSchema), required=True)


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
