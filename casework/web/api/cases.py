"""Cases: lists, their parts, and the orders that move them along."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from flask import Response, g, request
from marshmallow import Schema

from casework.analytics import listings
from casework.analytics.listings import CaseFilter, Page, Window
from casework.domain import clocks, errors
from casework.domain.cases import Case
from casework.domain.people import Scope
from casework.ids import CaseId
from casework.services.guarding import Guard, Once
from casework.web.api import operations, schemas
from casework.web.api.operations import Operations
from casework.web.api.orders import ORDERS, Order

_ETAG = re.compile(r'^(?:W/)?"(\d{1,9})"$')
_CASE = schemas.Case()


def register(blueprint: Operations) -> None:
    """Hang the cases' addresses onto a blueprint."""
    _lists(blueprint)
    _parts(blueprint)
    for name, (body, carry_out) in ORDERS.items():
        _hang(blueprint, name, body, carry_out)


def _lists(blueprint: Operations) -> None:
    @blueprint.reads("/cases", schemas.page_of(schemas.Case), query=schemas.CaseQuery)
    def list_cases(query: dict[str, Any]) -> Page[Case]:
        """List cases, the newest first."""
        window = Window(query.pop("limit"), query.pop("cursor", None))
        with blueprint.runtime.reading() as connection:
            return listings.cases(connection, CaseFilter(**query), window)

    @blueprint.reads("/cases/<case_id>", schemas.Case)
    def read_case(case_id: str) -> Response:
        """Read a case; its version stands in `ETag`."""
        with blueprint.runtime.reading() as connection:
            return _answer(render(listings.case(connection, case_id)))


def _parts(blueprint: Operations) -> None:
    @blueprint.reads("/cases/<case_id>/timeline", schemas.page_of(schemas.Entry), query=schemas.Page)
    def read_timeline(query: dict[str, Any], case_id: str) -> Page[listings.Numbered]:
        """List what happened to a case, in the order of writing."""
        with blueprint.runtime.reading() as connection:
            listings.case(connection, case_id)
            return listings.timeline(connection, case_id, Window(query["limit"], query.get("cursor")))

    @blueprint.reads("/cases/<case_id>/clocks", schemas.listed(schemas.Clock))
    def read_clocks(case_id: str) -> dict[str, Any]:
        """List a case's clocks, with the entries that started, paused and stopped each."""
        runtime = blueprint.runtime
        now = runtime.clock()
        with runtime.reading() as connection:
            case = listings.case(connection, case_id)
            found = listings.clocks(connection, case_id)
        return {
            "items": [
                {
                    "clock": clock,
                    "elapsed_s": clock.elapsed(now).total_seconds(),
                    "light": clocks.light(clock, now, case.warn_at).value,
                    "breached": clock.breached(now),
                }
                for clock in found
            ]
        }

    @blueprint.reads("/cases/<case_id>/assignments", schemas.listed(schemas.Assignment))
    def read_assignments(case_id: str) -> dict[str, Any]:
        """List the crews that were sent to a case, with the reasons for each choice."""
        with blueprint.runtime.reading() as connection:
            listings.case(connection, case_id)
            return {"items": listings.assignments(connection, case_id)}


def _hang(blueprint: Operations, name: str, body: type[Schema], carry_out: Callable[[Order], None]) -> None:
    def view(words: dict[str, Any], headers: dict[str, str], case_id: str) -> Response:
        return _order(blueprint, name, carry_out, words, headers, CaseId(case_id))

    view.__name__ = f"{name}_case"
    view.__doc__ = carry_out.__doc__
    hang = blueprint.acts(
        f"/cases/<case_id>/{name}", schemas.Case, body=body, scopes=(Scope.CASES_WRITE,), headers=True
    )
    hang(view)


def _order(
    blueprint: Operations,
    name: str,
    carry_out: Callable[[Order], None],
    words: dict[str, Any],
    headers: dict[str, str],
    case_id: CaseId,
) -> Response:
    runtime, actor = blueprint.runtime, f"source:{operations.caller().name}"
    key = headers.get("idempotency_key")
    guard = Guard(
        runtime.uows,
        runtime.clock,
        case_id,
        render,
        version=expected(headers.get("if_match")),
        once=Once(key, actor, _fingerprint()) if key else None,
    )
    earlier = guard.given()
    if earlier is not None:
        return _answer(earlier)
    order = Order(case_id, actor, words, guard.uows, runtime.house(), runtime.clock)
    try:
        carry_out(order)
    except errors.CaseworkError:
        meanwhile = guard.given()  # the same request, sent twice at once: the other one was faster
        if meanwhile is None:
            raise
        return _answer(meanwhile)
    if guard.answer is None:
        raise errors.CaseworkError(f"{name} changed nothing")
    runtime.bells.ring_all()
    return _answer(guard.answer)


def render(case: Case) -> str:
    """Write a case as the API answers it."""
    return json.dumps(_CASE.dump(case), separators=(",", ":"), allow_nan=False)


def expected(if_match: str | None) -> int | None:
    """Answer the version that a change is meant for; None for any. Raises `StaleVersion` for what is none."""
    if if_match is None or if_match.strip() == "*":
        return None
    match = _ETAG.match(if_match.strip())
    if match is None:
        raise errors.StaleVersion("If-Match is no ETag of this case")
    return int(match[1])


def _answer(body: str) -> Response:
    version = json.loads(body)["version"]
    return Response(body, headers={"ETag": f'"{version}"'}, content_type="application/json")


def _fingerprint() -> str:
    asked = f"{request.method} {request.path}\n".encode() + g.body
    return hashlib.sha256(asked).hexdigest()
