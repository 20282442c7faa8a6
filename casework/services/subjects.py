"""What and where an event is about, told once for triage and for rehearsals, which must see the same."""

from collections.abc import Mapping
from typing import Any

from rules import places
from rules.catalogue import Action

SURE_ENOUGH = 0.4
"""A guessed category counts from here: one keyword of two characters, like 路灯, and nothing against it."""


def said_place(data: Mapping[str, Any]) -> places.Place | None:
    """Answer the place that an event's data names; what lies off the globe is none."""
    return places.on_earth(data.get("lat"), data.get("lon"))


def grouping_key(
    action: Action, *, subject: str | None, data: Mapping[str, Any], asset_id: str | None
) -> str | None:
    """Name what an action groups its events by; None where one of the named fields is missing."""
    if not action.group_by:
        return asset_id
    own = {"subject": subject} | ({"asset.id": asset_id} if asset_id else {})
    values = [own[name] if name in own else data.get(name) for name in action.group_by]
    return None if None in values else "|".join(str(value) for value in values)[:256]
