"""Registers, the outbox, the figures, and what became of an event."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from casework.analytics import attainment, listings
from casework.analytics.attainment import Span
from casework.analytics.listings import Fate, Page, Window
from casework.domain import errors
from casework.domain.crews import Crew
from casework.domain.devices import Device
from casework.domain.mappings import Mapping
from casework.domain.messages import Message
from casework.domain.people import Scope, Source
from casework.domain.places import Area, Asset, Party
from casework.services import mapping_payloads
from casework.web.api import operations, schemas
from casework.web.api.operations import Operations
from rules.catalogue import Category, Pack

DEFAULT_SPAN = timedelta(days=7)
FIRST_YEAR, LAST_YEAR = 1970, 9000
_FATE = (Scope.EVENTS, Scope.CASES_READ)


def _window(query: dict[str, Any]) -> Window:
    return Window(query["limit"], query.get("cursor"))


def crews(blueprint: Operations) -> None:
    """Hang the lists of crews."""

    @blueprint.reads("/crews", schemas.page_of(schemas.Crew), query=schemas.Page)
    def list_crews(query: dict[str, Any]) -> Page[Crew]:
        """List crews by code."""
        with blueprint.runtime.reading() as connection:
            return listings.crews(connection, _window(query))

    @blueprint.reads("/crews/<crew_id>", schemas.Crew)
    def read_crew(crew_id: str) -> Crew:
        """Read a crew."""
        with blueprint.runtime.reading() as connection:
            return listings.crew(connection, crew_id)


def places(blueprint: Operations) -> None:
    """Hang areas and assets."""

    @blueprint.reads("/areas", schemas.page_of(schemas.Area), query=schemas.Page)
    def list_areas(query: dict[str, Any]) -> Page[Area]:
        """List areas, with boundaries as GeoJSON geometries."""
        with blueprint.runtime.reading() as connection:
            return listings.areas(connection, _window(query))

    @blueprint.reads("/assets", schemas.page_of(schemas.Asset), query=schemas.AssetQuery)
    def list_assets(query: dict[str, Any]) -> Page[Asset]:
        """List assets and devices."""
        with blueprint.runtime.reading() as connection:
            return listings.assets(connection, _window(query), query.get("kind"))

    @blueprint.reads("/devices", schemas.page_of(schemas.Device), query=schemas.DeviceQuery)
    def list_devices(query: dict[str, Any]) -> Page[Device]:
        """List what is declared and heard of devices."""
        with blueprint.runtime.reading() as connection:
            return listings.devices(
                connection, _window(query), source=query.get("source"), offline=query.get("offline")
            )

    @blueprint.reads("/parties", schemas.page_of(schemas.Party), query=schemas.AssetQuery)
    def list_parties(query: dict[str, Any]) -> Page[Party]:
        """List companies, vehicles and sites."""
        with blueprint.runtime.reading() as connection:
            return listings.parties(connection, _window(query), query.get("kind"))


def operating(blueprint: Operations) -> None:
    """Hang sources, rules and the outbox."""

    @blueprint.reads("/sources", schemas.page_of(schemas.Source), query=schemas.Page)
    def list_sources(query: dict[str, Any]) -> Page[Source]:
        """List the systems that may send."""
        with blueprint.runtime.reading() as connection:
            return listings.sources(connection, _window(query))

    @blueprint.reads("/sources/<source>/mappings", schemas.listed(schemas.Mapping))
    def list_mappings(source: str) -> dict[str, Any]:
        """List the mappings of a source."""
        with blueprint.runtime.uows(reading=True) as uow:
            return {"items": uow.mappings.of_source(source)}

    @blueprint.acts(
        "/sources/<source>/mappings/<name>",
        schemas.Mapping,
        body=schemas.MappingChange,
        scopes=(Scope.REGISTERS_WRITE,),
    )
    def save_mapping(body: dict[str, Any], source: str, name: str) -> Mapping:
        """Keep how a source's payloads become events; from here on they become so."""
        runtime = blueprint.runtime
        actor = f"source:{operations.caller().name}"
        kept = Mapping(source=source, name=name, **body, changed_at=runtime.clock(), changed_by=actor)
        zone = runtime.settings.timezone
        return mapping_payloads.save(kept, zone=zone, uows=runtime.uows, clock=runtime.clock, actor=actor)

    @blueprint.reads("/rules", schemas.listed(schemas.Rule))
    def list_rules() -> dict[str, Any]:
        """List the rules in force."""
        rules = blueprint.runtime.house().catalogue.rules
        return {
            "items": [
                {
                    "id": rule.id,
                    "version": rule.version,
                    "title": dict(rule.title),
                    "owner": rule.owner,
                    "pack": rule.pack,
                    "event": rule.event,
                    "does": [action.do.value for action in rule.then],
                    "examples": len(rule.examples),
                }
                for rule in rules
            ]
        }

    @blueprint.reads("/packs", schemas.listed(schemas.Pack))
    def list_packs() -> dict[str, Any]:
        """List the scenario packs in force, with what a map needs of them and their response cards."""
        catalogue = blueprint.runtime.house().catalogue
        return {"items": [_pack(pack, catalogue.categories.values()) for pack in catalogue.packs]}

    @blueprint.reads("/outbox", schemas.page_of(schemas.Message), query=schemas.OutboxQuery)
    def list_messages(query: dict[str, Any]) -> Page[Message]:
        """List texts, the newest first."""
        states = [query["state"]] if "state" in query else []
        with blueprint.runtime.reading() as connection:
            return listings.messages(connection, states, _window(query))


def figures(blueprint: Operations) -> None:
    """Hang the figures."""

    @blueprint.reads("/attainment", schemas.listed(schemas.Attainment), query=schemas.AttainmentQuery)
    def read_attainment(query: dict[str, Any]) -> dict[str, Any]:
        """Answer how well the clocks' targets are kept; docs/figures.md says what each figure means."""
        runtime = blueprint.runtime
        now = runtime.clock()
        within_reach({"from": query.get("start"), "to": query.get("end")})
        end = query.get("end", now)
        start = query.get("start", end - DEFAULT_SPAN)
        if start >= end:
            raise errors.InvalidInput({"from": ["must lie before `to`"]})
        span = Span(start=start, end=end, area=query.get("area"), category=query.get("category"))
        with runtime.reading() as connection:
            return {"items": attainment.attain(connection, span, now)}


def events(blueprint: Operations) -> None:
    """Hang the fate of events."""

    @blueprint.reads("/events/<source>/<path:event_id>", schemas.Fate, scopes=_FATE)
    def read_event(source: str, event_id: str) -> Fate:
        """Say what became of an event: its state, the decisions with their trace, its case."""
        caller = operations.caller()
        if source != caller.name and Scope.CASES_READ not in caller.scopes:
            raise errors.ForeignSource(f"the key belongs to {caller.name!r}")
        with blueprint.runtime.reading() as connection:
            return listings.fate(connection, source, event_id)


def _pack(pack: Pack, categories: Iterable[Category]) -> dict[str, Any]:
    return {
        "id": pack.id,
        "title": dict(pack.title),
        "owner": pack.owner,
        "requires": pack.requires,
        "layer": pack.layer,
        "icon": pack.icon,
        "cards": {category.code: category.card for category in categories if category.pack == pack.id},
    }


def within_reach(instants: dict[str, Any]) -> None:
    """Refuse instants, by the name of their parameter, that no calendar of ours can count from."""
    for name, instant in instants.items():
        if instant is not None and not FIRST_YEAR <= instant.year <= LAST_YEAR:
            raise errors.InvalidInput({name: [f"must lie between the years {FIRST_YEAR} and {LAST_YEAR}"]})
