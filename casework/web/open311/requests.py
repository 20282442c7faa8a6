"""Cases as service requests: reported with a key, followed by the case's number.

The number is no secret, unlike the code that opens the resident's page and lets its holder reopen a case.
"""

import base64
import binascii
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from flask import request

from casework.analytics import service_requests
from casework.analytics.service_requests import Wanted
from casework.domain import errors
from casework.domain.cases import ENDED, Case
from casework.domain.people import Scope, Source
from casework.services import triage
from casework.services.runtime import Runtime
from casework.settings import Settings
from casework.web import permissions
from casework.web.api.keyring import Keyring
from casework.web.open311.formats import Answer
from casework.web.open311.services import category_of, language_of
from casework.web.permissions import Means

log = structlog.get_logger(__name__)

SPAN = timedelta(days=90)
MOST = 1_000
"""Requests in one answer: the standard's own bound."""
_CODES = 200
_LONGEST_DESCRIPTION = 4_000
_LONGEST_BODY = 64 * 1024
_MAY_READ = frozenset({Scope.EVENTS, Scope.CASES_READ})
_MAY_REPORT = frozenset({Scope.EVENTS})
_STATUS = {"open": True, "closed": False}


class Requests:
    """The views on cases."""

    def __init__(self, settings: Settings, runtime: Callable[[], Runtime], keys: Keyring) -> None:
        self._settings = settings
        self._runtime = runtime
        self._keys = keys

    @permissions.declare(Means.SOURCE_KEY, Scope.EVENTS)
    def opened(self) -> Answer:
        """Take a report; answer its case's number, or a token where the rules have not judged it yet."""
        request.max_content_length = _LONGEST_BODY
        source = self._keys.source(_bearer(_key()), _MAY_REPORT)
        self._keys.spend(source, 1)
        runtime = self._runtime()
        event_id = f"open311-{secrets.token_hex(16)}"
        data = _report(request.form, category_of(runtime, _text("service_code", 64, required=True)).code)
        raw = {"specversion": "1.0", "id": event_id, "source": source.name, "type": "report", "data": data}
        runtime.inbox.put([runtime.read(raw, source.name)], [])
        case = self._judged(source, event_id)
        if case is None:
            return Answer("service_requests", [{"token": _token(source.name, event_id)}], "request", 201)
        answered = {"service_request_id": str(case.number), "service_notice": None, "account_id": None}
        return Answer("service_requests", [answered], "request", 201)

    @permissions.declare(Means.PUBLIC)
    def listed(self) -> Answer:
        """List cases: those named, or those of at most 90 days, at most 1,000 a page."""
        reader = self._reader()
        return self._answer(_wanted(request.args, self._runtime().clock()), reader)

    @permissions.declare(Means.PUBLIC)
    def one(self, number: str) -> Answer:
        """Answer one case, in a list of one as the standard has it."""
        reader = self._reader()
        known = _numbers({number})
        answer = self._answer(Wanted(numbers=known, limit=1), reader) if known else None
        if answer is None or not answer.content:
            raise errors.NotFound(f"service_request_id {number[:64]!r} was not found")
        return answer

    @permissions.declare(Means.PUBLIC)
    def of_token(self, token: str) -> Answer:
        """Answer the number of the case that a report became, once the rules have judged it."""
        source, event_id = _opened_token(token)
        with self._runtime().uows(reading=True) as uow:
            case = uow.cases.find_by_event(source, event_id)
        known: dict[str, Any] = {"token": token}
        if case is not None:
            known = {"service_request_id": str(case.number), **known}
        return Answer("service_requests", [known], "request")

    def _judged(self, source: Source, event_id: str) -> Case | None:
        runtime = self._runtime()
        try:
            case = triage.judge_now(
                source.name, event_id, uows=runtime.uows, house=runtime.house(), clock=runtime.clock
            )
        except (errors.CaseworkError, LookupError, ValueError, TypeError):
            # The event is safe in the inbox: the worker tries it again, and sets it aside visibly at last.
            log.exception("open311_report_not_judged", source=source.name, event_id=event_id)
            return None
        runtime.bells.ring_all()
        return case

    def _reader(self) -> Source | None:
        """Answer whose key reads; without a key only where the operator has opened reading to everybody."""
        key = _key()
        if key:
            source = self._keys.source(_bearer(key), _MAY_READ)
            self._keys.spend(source, 1)
            return source
        if not self._settings.open311_public:
            raise errors.Forbidden("reading needs an api_key here; the operator gives out keys")
        return None

    def _answer(self, wanted: Wanted, reader: Source | None) -> Answer:
        runtime = self._runtime()
        with runtime.reading() as connection:
            cases = service_requests.find(connection, wanted)
            own = service_requests.texts_of(connection, cases, reader.name) if reader and cases else {}
        titles = {code: category.title for code, category in runtime.house().catalogue.categories.items()}
        language = language_of(self._settings)
        listed = [_request(case, own.get(case.id), titles.get(case.category, {}), language) for case in cases]
        return Answer("service_requests", listed, "request")


def _request(case: Case, text: str | None, title: Mapping[str, str], language: str) -> dict[str, Any]:
    """Write a case; what a resident wrote may name people and is shown to its own source alone."""
    service = title.get(language) or case.category
    expected_s = case.targets.get("resolution")
    return {
        "service_request_id": str(case.number),
        "status": "closed" if case.status in ENDED else "open",
        "status_notes": case.disposition or case.status,
        "service_name": service,
        "service_code": case.category,
        "description": (text or service)[:_LONGEST_DESCRIPTION],
        "agency_responsible": None,
        "service_notice": None,
        "requested_datetime": _instant(case.opened_at),
        "updated_datetime": _instant(case.changed_at),
        "expected_datetime": _instant(case.opened_at + timedelta(seconds=expected_s)) if expected_s else None,
        "address": case.address,
        "address_id": None,
        "zipcode": None,
        "lat": case.lat,
        "long": case.lon,
        "media_url": None,
    }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _report(form: Mapping[str, str], category: str) -> dict[str, Any]:
    """Read a posted form as the data of a report; raises `InvalidInput` by field."""
    place = _place(form)
    names = " ".join(part for part in (_text("first_name", 50), _text("last_name", 50)) if part)
    reporter = {"channel": "open311", "phone": _text("phone", 40), "name": names}
    attributes = {name[:80]: value[:500] for name, value in form.items() if name.startswith("attribute[")}
    media = _text("media_url", 2_000)
    data: dict[str, Any] = {
        "text": _text("description", _LONGEST_DESCRIPTION) or category,
        "category": category,
        **place,
        "reporter": {name: value for name, value in reporter.items() if value},
        "media": [media] if media else None,
        "attributes": dict(list(attributes.items())[:50]),
    }
    return {name: value for name, value in data.items() if value not in (None, "", {})}


def _place(form: Mapping[str, str]) -> dict[str, Any]:
    lat, long = form.get("lat", "").strip(), form.get("long", "").strip()
    address = _text("address_string", 500) or _text("address_id", 500)
    if not (lat and long) and (lat or long or not address):
        raise errors.InvalidInput({"lat": ["send lat and long together, or address_string"]})
    if not lat:
        return {"address": address}
    try:
        return {"lat": float(lat), "lon": float(long), "address": address}
    except ValueError as error:
        raise errors.InvalidInput({"lat": ["lat and long are decimal degrees, like 30.27"]}) from error


def _text(name: str, longest: int, *, required: bool = False) -> str:
    value = request.form.get(name, "").strip()
    if len(value) > longest:
        raise errors.InvalidInput({name: [f"has {len(value)} characters; at most {longest} are taken"]})
    if required and not value:
        raise errors.InvalidInput({name: ["was not provided"]})
    return value


def _wanted(arguments: Mapping[str, str], now: datetime) -> Wanted:
    """Read a query; raises `InvalidInput` by argument."""
    limit = _number(arguments, "page_size", MOST, MOST)
    offset = (_number(arguments, "page", 1, 10_000) - 1) * limit
    asked = _names(arguments, "service_request_id")
    if asked:
        # A name that is no number is nobody's, and so is number 0.
        return Wanted(numbers=_numbers(asked) or frozenset({0}), limit=limit, offset=offset)
    since, until = _span(_time(arguments, "start_date"), _time(arguments, "end_date"), now)
    kinds = {_STATUS.get(name) for name in _names(arguments, "status")}
    if None in kinds:
        raise errors.InvalidInput({"status": ["is open or closed"]})
    return Wanted(
        categories=_names(arguments, "service_code"),
        since=since,
        until=until,
        open=kinds.pop() if len(kinds) == 1 else None,
        limit=limit,
        offset=offset,
    )


def _span(since: datetime | None, until: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """Answer a span of at most 90 days: the one asked for, else the latest that fits what was given."""
    until = until or (min(now, since + SPAN) if since else now)
    since = since or until - SPAN
    if since > until:
        raise errors.InvalidInput({"start_date": ["is after end_date"]})
    if until - since > SPAN:
        raise errors.InvalidInput({"end_date": ["may be at most 90 days after start_date"]})
    return since, until


def _time(arguments: Mapping[str, str], name: str) -> datetime | None:
    text = arguments.get(name, "").strip()
    if not text:
        return None
    try:
        # A plus sign of an offset arrives as a space where a caller has not escaped it.
        instant = datetime.fromisoformat(text.replace(" ", "+"))
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise errors.InvalidInput({name: ["is a time like 2026-05-01T08:00:00Z"]}) from error


def _names(arguments: Mapping[str, str], name: str) -> frozenset[str]:
    names: Iterable[str] = (part.strip() for part in arguments.get(name, "").split(","))
    found = frozenset(part for part in names if part)
    if len(found) > _CODES:
        raise errors.InvalidInput({name: [f"names {len(found)}; at most {_CODES} are answered at once"]})
    return found


def _numbers(names: Iterable[str]) -> frozenset[int]:
    return frozenset(int(name) for name in names if name.isascii() and name.isdigit() and len(name) < 19)  # noqa: PLR2004


def _number(arguments: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = arguments.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= most):  # noqa: PLR2004
        raise errors.InvalidInput({name: [f"is a whole number from 1 to {most}"]})
    return int(text)


def _key() -> str:
    """Answer the caller's key: the standard's own parameter, or our header."""
    given: Sequence[str | None] = (request.form.get("api_key"), request.args.get("api_key"))
    return next((key.strip() for key in given if key and key.strip()), "") or request.headers.get(
        "Authorization", ""
    ).removeprefix("Bearer ")


def _bearer(key: str) -> str:
    return f"Bearer {key}" if key else ""


def _token(source: str, event_id: str) -> str:
    return base64.urlsafe_b64encode(f"{source}\n{event_id}".encode()).decode().rstrip("=")


def _opened_token(token: str) -> tuple[str, str]:
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        source, _, event_id = base64.urlsafe_b64decode(padded).decode().partition("\n")
    except (ValueError, binascii.Error) as error:
        raise errors.NotFound("this token was never given out") from error
    if not event_id.startswith("open311-") or "\0" in source + event_id:
        raise errors.NotFound("this token was never given out")
    return source, event_id
