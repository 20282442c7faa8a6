"""Operations of the API: a view with its address, permission, schemas and place in the OpenAPI document."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, current_app, g, request
from flask_smorest import Api, Blueprint
from marshmallow import RAISE, Schema
from webargs.flaskparser import FlaskParser

from casework.domain.errors import UnsupportedMediaType
from casework.domain.people import Scope, Source
from casework.services.runtime import Runtime
from casework.web import permissions
from casework.web.api import bodies, problems, schemas, strict_json
from casework.web.api.room import Room
from casework.web.permissions import Means

LONGEST_BODY = 256 << 10
View = Callable[..., Any]
READ = (Scope.CASES_READ, Scope.CASES_WRITE)

TITLE = "Gongzhi"
VERSION = "1"
ABOUT = (
    "Case management and dispatch of a city district. Every address asks for a source's key as "
    "`Authorization: Bearer <key>`; errors are problem documents of RFC 9457; times are RFC 3339 with offset."
)


class _Parser(FlaskParser):
    """Reads arguments as strictly as events are read."""

    # A misspelt filter would otherwise answer with everything.
    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012  (the library's own way to be set up)
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": RAISE,
    }

    def load_json(self, req: Any, schema: Any) -> Any:  # noqa: ANN401  (webargs' own)
        """Read the body; an absent one is an empty object."""
        del req, schema
        g.body = body = bodies.take(request.environ, LONGEST_BODY)
        if not body:
            return {}
        if bodies.media_type(request.environ) not in {"application/json", ""}:
            raise UnsupportedMediaType("send application/json")
        value = strict_json.read(body)
        strict_json.refuse_unholdable(value)
        return value


class Operations(Blueprint):  # type: ignore[misc]  # flask-smorest ships no annotations
    """A blueprint whose every view says who may call it; the saying is what lets callers in."""

    ARGUMENTS_PARSER = _Parser()

    def __init__(self, name: str, room: Room, description: str) -> None:
        super().__init__(name, __name__, url_prefix="/api/v1", description=description)
        self._room = room
        self.before_request(self._admit)
        problems.catch(self)

    @property
    def runtime(self) -> Runtime:
        """The running house."""
        return self._room.runtime()

    def _admit(self) -> None:
        endpoint = str(request.endpoint)
        permission = permissions.of(current_app.view_functions[endpoint], request.path)
        if permission is None or permission.means is Means.PUBLIC:
            return
        source = self._room.keys.source(request.environ.get("HTTP_AUTHORIZATION"), permission.scopes)
        self._room.keys.spend(source, 1)
        strict_json.refuse_unholdable({**(request.view_args or {}), **request.args})
        g.source = source

    def reads(
        self,
        rule: str,
        answer: type[Schema],
        *,
        query: type[Schema] | None = None,
        scopes: tuple[Scope, ...] = READ,
    ) -> Callable[[View], View]:
        """Hang a GET: the view is handed the query, if it has one, and the parts of its path."""
        return self._hang("GET", rule, answer, scopes, query=query)

    def acts(
        self,
        rule: str,
        answer: type[Schema],
        *,
        body: type[Schema],
        scopes: tuple[Scope, ...],
        headers: bool = False,
    ) -> Callable[[View], View]:
        """Hang a POST: the view is handed the body and the parts of its path."""
        return self._hang("POST", rule, answer, scopes, body=body, headers=headers)

    def _hang(
        self,
        method: str,
        rule: str,
        answer: type[Schema],
        scopes: tuple[Scope, ...],
        *,
        query: type[Schema] | None = None,
        body: type[Schema] | None = None,
        headers: bool = False,
    ) -> Callable[[View], View]:
        def hang(view: View) -> View:
            made = self.response(200, answer)(view)
            if query is not None:
                made = self.arguments(query, location="query")(made)
            if headers:
                made = self.arguments(schemas.ActionHeaders, location="headers")(made)
            if body is not None:
                made = self.arguments(body, location="json")(made)
            made = self.doc(**_refusals(method, rule, headers=headers))(made)
            made = permissions.declare(Means.SOURCE_KEY, *scopes)(made)
            self.add_url_rule(rule, view.__name__, made, methods=[method])
            return view

        return hang


def _refusals(method: str, rule: str, *, headers: bool) -> dict[str, Any]:
    """Document what an operation may refuse, beside the errors of its own."""
    statuses = ["401", "403", "422", "429", "503"]
    statuses += ["404"] if "<" in rule else []
    statuses += ["400", "409", "413", "415"] if method == "POST" else []
    statuses += ["412"] if headers else []
    return {"responses": {status: refusal(status) for status in sorted(statuses)}, "security": SECURITY}


SECURITY: list[dict[str, list[str]]] = [{"source_key": []}]


def refusal(status: str) -> dict[str, Any]:
    """Describe the answer to a refused request."""
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": _REFUSED.get(status, "Refused"), "content": content}


_REFUSED: Mapping[str, str] = {
    "400": "The body is not JSON",
    "401": "No valid key",
    "403": "The key does not open this",
    "404": "There is nothing under this name",
    "409": "The present state does not allow this",
    "412": "The case was changed meanwhile",
    "413": "The body is too large",
    "415": "This content type is not taken",
    "422": "Fields cannot be used as they are; `errors` names them",
    "429": "Too fast; `Retry-After` tells when to ask again",
    "503": "Just now impossible; nothing was kept, try again",
}


class Document(Api):  # type: ignore[misc]  # flask-smorest ships no annotations
    """Collects the OpenAPI document; errors are left to `problems`."""

    def _register_error_handlers(self) -> None:
        """Register none: this library's would answer for the console's pages too."""


def begin(app: Flask) -> Document:
    """Begin the OpenAPI document of an application."""
    app.config.update(API_TITLE=TITLE, API_VERSION=VERSION, OPENAPI_VERSION="3.1.0", OPENAPI_URL_PREFIX=None)
    document = Document(app, spec_kwargs={"info": {"description": ABOUT}})
    document.spec.components.schema("Problem", schema=schemas.Problem)
    document.spec.components.security_scheme("source_key", {"type": "http", "scheme": "bearer"})
    return document


def caller() -> Source:
    """Answer the source whose key came with this request."""
    source: Source = g.source
    return source
