"""The OpenAPI document, and a page that shows it without any outside host and without scripts."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask, Response, current_app, render_template

from casework.domain.people import Scope
from casework.web import permissions
from casework.web.api import cloud_events, events, operations, problems
from casework.web.permissions import Means

_ALLOWED = (
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)
_POLICY = "; ".join(_ALLOWED)


def document() -> dict[str, Any]:
    """Answer the OpenAPI document of the current application."""
    api = current_app.extensions["gongzhi_document"]
    described: dict[str, Any] = api.spec.to_dict()
    return described


def describe_intake(app: Flask, api: operations.Document, event_types: Mapping[str, Any]) -> None:
    """Describe the plain view that takes events, which is no operation of the library's."""
    api.spec.components.schema("CloudEvent", component=_cloud_event(event_types))
    api.spec.components.schema("Receipt", component=_RECEIPT)
    one = {"schema": {"$ref": "#/components/schemas/CloudEvent"}}
    batch = {
        "schema": {
            "type": "array",
            "maxItems": cloud_events.LONGEST_BATCH,
            "items": {"$ref": "#/components/schemas/CloudEvent"},
        }
    }
    statuses = ("400", "401", "403", "413", "415", "422", "429", "503")
    receipt = {"application/json": {"schema": {"$ref": "#/components/schemas/Receipt"}}}
    operation = {
        "tags": ["events"],
        "operationId": "receive_events",
        "summary": "Take one CloudEvent or a batch of up to 1,000; answers after the commit.",
        "description": _ABOUT_EVENTS,
        "security": operations.SECURITY,
        "requestBody": {
            "required": True,
            "content": {
                cloud_events.STRUCTURED: one,
                cloud_events.BATCH: batch,
                cloud_events.PLAIN: one,
            },
        },
        "responses": {
            "202": {"description": "Durable: what was taken, known already, refused", "content": receipt},
            **{status: operations.refusal(status) for status in statuses},
        },
    }
    rule = next(app.url_map.iter_rules("intake.receive_events"))
    api.spec.path(rule=rule, operations={"post": operation})


_ABOUT_EVENTS = (
    f"Structured (`{cloud_events.STRUCTURED}` or `{cloud_events.PLAIN}`), binary (attributes as `ce-` "
    f"headers, the data as the body) or a batch (`{cloud_events.BATCH}`). At most "
    f"{events.LONGEST_SINGLE >> 20} MiB for one event and {events.LONGEST_BATCH >> 20} MiB for a batch. "
    f"The scope `{Scope.EVENTS}` is needed."
)

_RECEIPT: dict[str, Any] = {
    "type": "object",
    "required": ["accepted", "duplicates", "rejected"],
    "properties": {
        "accepted": {"type": "integer"},
        "duplicates": {"type": "integer"},
        "rejected": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["index", "id", "detail"],
                "properties": {
                    "index": {"type": "integer"},
                    "id": {"type": ["string", "null"]},
                    "detail": {"type": "string"},
                    "errors": {"type": "object"},
                },
            },
        },
    },
}


def _cloud_event(event_types: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "data"],
        "properties": {
            "specversion": {"type": "string", "const": "1.0"},
            "id": {"type": "string", "minLength": 1, "maxLength": 256},
            "source": {"type": "string", "minLength": 1, "maxLength": 200},
            "type": {"type": "string", "enum": sorted(event_types)},
            "subject": {"type": ["string", "null"], "minLength": 1, "maxLength": 256},
            "time": {"type": ["string", "null"], "format": "date-time"},
            "datacontenttype": {"type": "string"},
            "data": {"type": "object"},
        },
    }


def register(blueprint: Blueprint) -> None:
    """Hang the document and its page onto a blueprint."""

    @blueprint.get("/api/v1/openapi.json")
    @permissions.declare(Means.PUBLIC)
    def openapi() -> Response:
        """Answer the OpenAPI 3.1 document."""
        return Response(json.dumps(document(), ensure_ascii=False), content_type="application/json")

    @blueprint.get("/api/docs")
    @permissions.declare(Means.PUBLIC)
    def docs() -> Response:
        """Show the document as a page."""
        kinds = [(slug, kind) for kind, slug in problems.KINDS.items()]
        page = render_template("api/docs.html", document=document(), kinds=kinds)
        return Response(
            page, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": _POLICY}
        )

    @blueprint.get("/api/docs/style.css")
    @permissions.declare(Means.PUBLIC)
    def docs_style() -> Response:
        """Answer the page's style sheet."""
        return Response(render_template("api/docs.css"), content_type="text/css; charset=utf-8")
