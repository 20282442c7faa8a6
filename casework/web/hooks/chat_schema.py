"""The JSON of the generic chat channel."""

import json
import math
from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate, validates_schema

from casework.domain import errors
from casework.domain.dialogue import Said
from casework.services.chatting import Incoming
from casework.web.api import event_schema
from casework.web.api.event_schema import Number, Text

_MOST_PHOTOS = 10
_KEY = 190
"""Longest message id and user key; the database holds 200."""


class CleanText(Text):
    """A text that every database can hold."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:  # noqa: ANN401  (marshmallow's own)
        text = super()._deserialize(value, attr, data, **options)
        if "\0" in text:
            raise ValidationError("must not hold the NUL character")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ValidationError("holds half a character (a lone surrogate)") from error
        return text


class PhotoAddress(CleanText):
    """The address of a photo; it is kept as it is and never opened by us."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:  # noqa: ANN401  (marshmallow's own)
        text = super()._deserialize(value, attr, data, **options)
        if not text.startswith(("https://", "http://")) or any(char.isspace() for char in text):
            raise ValidationError("must be an address that begins with https://")
        return text


class ChatMessage(Schema):
    """One message of a resident."""

    class Meta:
        """What a sender adds on top is let through and not kept."""

        unknown = EXCLUDE

    id = CleanText(_KEY, 1, required=True)
    user = CleanText(_KEY, 1, required=True)
    text = CleanText(10_000, load_default="")
    photos = fields.List(PhotoAddress(2000, 1), validate=validate.Length(max=_MOST_PHOTOS), allow_none=True)
    lat = Number(-90, 90, allow_none=True)
    lon = Number(-180, 180, allow_none=True)
    address = CleanText(500, allow_none=True)
    language = fields.String(validate=validate.OneOf(["zh", "en"]), allow_none=True)
    name = CleanText(100, allow_none=True)
    poll = fields.Boolean(truthy={True}, falsy={False}, load_default=False)

    @validates_schema
    def both_or_neither(self, data: Mapping[str, Any], **_: object) -> None:
        """Refuse half a position."""
        if (data.get("lat") is None) != (data.get("lon") is None):
            raise ValidationError("comes with its other half: lat and lon go together", "lon")


_SCHEMA = ChatMessage()


def read(body: bytes, message_id: str) -> Incoming:
    """Read a message; `message_id` of the signature stands in for a missing `id`.

    Raises `MalformedBody` for what is no JSON object, `InvalidInput` by field.
    """
    raw = _parsed(body)
    try:
        loaded = _SCHEMA.load({"id": message_id, **raw})
    except ValidationError as error:
        messages = error.messages if isinstance(error.messages, dict) else {"body": error.messages}
        raise errors.InvalidInput(event_schema.flat(messages)) from error
    return Incoming(
        id=loaded["id"],
        user=loaded["user"],
        said=Said(
            text=loaded["text"],
            photos=tuple(loaded.get("photos") or ()),
            lat=loaded.get("lat"),
            lon=loaded.get("lon"),
            address=(loaded.get("address") or "").strip() or None,
            poll=loaded["poll"],
        ),
        language=loaded.get("language"),
        name=loaded.get("name"),
    )


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        raw = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise errors.MalformedBody("the body is not JSON") from error
    if not isinstance(raw, dict):
        raise errors.MalformedBody("the body is not a JSON object")
    return raw


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON: {math.nan}")
