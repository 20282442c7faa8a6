"""Trucks and their loads: where one probably came from."""

from typing import Any

from marshmallow import Schema, fields

from casework.analytics import trips
from casework.domain.trace_back import Leg, Sighting, Suspect
from casework.web.api import schemas
from casework.web.api.event_schema import Instant
from casework.web.api.operations import Operations
from casework.web.api.registers import within_reach


class OriginQuery(schemas.Closed):
    """From when a load is followed back."""

    until = Instant(metadata={"description": "The present where it is absent; six hours are looked at"})


class _Sighting(Schema):
    event = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    lat = fields.Float(required=True)
    lon = fields.Float(required=True)
    loaded = fields.Boolean(required=True, allow_none=True)


class _Leg(Schema):
    earlier = fields.Nested(_Sighting, required=True)
    later = fields.Nested(_Sighting, required=True)
    lasted_s = fields.Float(required=True)
    straight_m = fields.Float(required=True)
    gap = fields.Boolean(required=True, metadata={"description": "Nobody saw the truck for twenty minutes"})
    possible = fields.Boolean(required=True, metadata={"description": "False: no one truck drove this way"})


class _Suspect(Schema):
    site = fields.String(required=True)
    name_zh = fields.String(required=True)
    name_en = fields.String(required=True)
    confidence = fields.Float(required=True)
    nearest_m = fields.Float(required=True)
    spare_s = fields.Float(
        required=True, metadata={"description": "Time left over after driving and loading"}
    )
    leg = fields.Nested(_Leg, required=True)


class Origin(Schema):
    """Where a load probably came from; all `confidence` and `unknown` make one."""

    party = fields.String(required=True)
    began_empty = fields.Boolean(required=True)
    # A schema's own setting has this name.
    not_known = fields.Float(required=True, attribute="unknown", data_key="unknown")
    suspects = fields.List(fields.Nested(_Suspect), required=True)
    legs = fields.List(fields.Nested(_Leg), required=True)


def register(blueprint: Operations) -> None:
    """Hang the addresses of trucks onto a blueprint."""

    @blueprint.reads("/parties/<party>/origin", Origin, query=OriginQuery)
    def read_origin(query: dict[str, Any], party: str) -> dict[str, Any]:
        """Follow a truck's load back through its sightings to the sites it can have come from."""
        within_reach({"until": query.get("until")})
        runtime = blueprint.runtime
        with runtime.reading() as connection:
            found = trips.origin(connection, party, query.get("until", runtime.clock()))
        return {
            "party": party,
            "began_empty": found.began_empty,
            "unknown": found.unknown,
            "suspects": [_suspect(suspect) for suspect in found.suspects],
            "legs": [_leg(leg) for leg in found.legs],
        }


def _suspect(suspect: Suspect) -> dict[str, Any]:
    return {
        "site": suspect.site.id,
        "name_zh": suspect.site.name_zh,
        "name_en": suspect.site.name_en,
        "confidence": suspect.confidence,
        "nearest_m": suspect.nearest_m,
        "spare_s": suspect.spare.total_seconds(),
        "leg": _leg(suspect.leg),
    }


def _leg(leg: Leg) -> dict[str, Any]:
    return {
        "earlier": _sighting(leg.earlier),
        "later": _sighting(leg.later),
        "lasted_s": leg.lasted.total_seconds(),
        "straight_m": leg.straight_m,
        "gap": leg.is_gap,
        "possible": leg.is_possible,
    }


def _sighting(seen: Sighting) -> dict[str, Any]:
    return {"event": seen.event, "at": seen.at, "lat": seen.lat, "lon": seen.lon, "loaded": seen.loaded}
