"""What may be reported: every category of the packs in force is a service."""

from collections.abc import Callable
from typing import Any

from flask import request

from casework.domain import errors
from casework.services.runtime import Runtime
from casework.settings import Settings
from casework.web import permissions
from casework.web.open311.formats import Answer
from casework.web.permissions import Means
from rules.catalogue import Category

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
_CHANGED = "2026-11-01T00:00:00+00:00"


class Services:
    """The views on categories."""

    def __init__(self, settings: Settings, runtime: Callable[[], Runtime]) -> None:
        self._settings = settings
        self._runtime = runtime

    @permissions.declare(Means.PUBLIC)
    def discovery(self) -> Answer:
        """Say where this interface is and what it speaks."""
        endpoint = {
            "specification": SPECIFICATION,
            "url": f"{self._settings.public_url}/open311/v2",
            "changeset": _CHANGED,
            "type": "test" if self._settings.demo else "production",
            "formats": ["text/xml", "application/json"],
        }
        content = {
            "changeset": _CHANGED,
            "contact": f"{self._settings.public_url}/api/docs",
            "key_service": "the operator gives out keys: flask --app app sources create",
            "endpoints": [endpoint],
        }
        return Answer("discovery", content)

    @permissions.declare(Means.PUBLIC)
    def listed(self) -> Answer:
        """List the services, by code."""
        catalogue = self._runtime().house().catalogue
        language = language_of(self._settings)
        found = sorted(catalogue.categories.values(), key=lambda category: category.code)
        return Answer("services", [_service(category, language) for category in found], "service")

    @permissions.declare(Means.PUBLIC)
    def definition(self, code: str) -> Answer:
        """Answer a service's own fields: none, for every report needs a description and a place only."""
        category = category_of(self._runtime(), code)
        return Answer("service_definition", {"service_code": category.code, "attributes": []})


def category_of(runtime: Runtime, code: str) -> Category:
    """Find a service by its code; raises `NotFound`."""
    category = runtime.house().catalogue.categories.get(code)
    if category is None:
        raise errors.NotFound(f"service_code {code[:64]!r} was not found; GET services lists them")
    return category


def language_of(settings: Settings) -> str:
    """Answer the caller's language of the two that the house speaks."""
    return request.accept_languages.best_match(["zh", "en"]) or settings.language


def _service(category: Category, language: str) -> dict[str, Any]:
    title = category.title.get(language) or category.code
    return {
        "service_code": category.code,
        "service_name": title,
        "description": title,
        "metadata": False,
        "type": "realtime",
        "keywords": ",".join(category.keywords.get(language, ())),
        "group": category.pack,
    }
