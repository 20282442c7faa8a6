"""The tree of areas, the parts of the city, and the companies, vehicles and sites in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from casework.ids import AreaId


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A node of the district's tree: district, street, community, grid."""

    id: AreaId
    parent_id: AreaId | None
    level: str
    name_zh: str
    name_en: str
    boundary: Mapping[str, object] | None
    synthetic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A part of the city that events can be about; a device stands in the same register."""

    id: str
    kind: str
    name_zh: str
    name_en: str
    lat: float
    lon: float
    area_id: AreaId | None
    attributes: Mapping[str, object]
    senses: str | None = None


class PartyKind(StrEnum):
    """What a party is; never a person."""

    COMPANY = "company"
    VEHICLE = "vehicle"
    SITE = "site"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A company, a vehicle or a site; a vehicle or a site may belong to a company."""

    id: str
    kind: PartyKind
    name_zh: str
    name_en: str
    belongs_to: str | None
    lat: float | None
    lon: float | None
    area_id: AreaId | None
    attributes: Mapping[str, object]
