"""The part of Twilio's API that the product uses: create, list and fetch a message, version 2010-04-01."""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from itertools import islice
from typing import Any
from urllib.parse import urlencode, urlsplit

from notifications import segments
from notifications.double.book import Book, Entry
from notifications.double.config import DoubleConfig
from notifications.double.magic import AT_SENDING

VERSION = "2010-04-01"
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_MAX_BODY = 1_600
_MAX_VALIDITY_S = 36_000
_PAGE, _MAX_PAGE = 50, 1_000
_MEANINGS = {
    20001: "A parameter is not usable",
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20429: "Too many requests",
    20503: "Service unavailable",
    21211: "Invalid 'To' phone number",
    21602: "Message body is required",
    21603: "A 'From' or 'MessagingServiceSid' is required",
    21604: "A 'To' phone number is required",
    21609: "The StatusCallback URL is not valid",
    21610: "Attempt to send to unsubscribed recipient",
    21614: "'To' number is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit",
}


class ApiError(Exception):
    """The double refuses, as the provider would: `status` of HTTP and the provider's `code`."""

    def __init__(self, status: int, code: int) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code

    def shown(self) -> dict[str, Any]:
        """Answer the body of the refusal."""
        return {
            "code": self.code,
            "message": _MEANINGS[self.code],
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message that somebody asked to send, checked."""

    to: str
    body: str
    sender: str
    service_sid: str | None
    callback: str | None
    validity_s: int | None


def authenticate(config: DoubleConfig, authorization: str, account_sid: str) -> None:
    """Raise `ApiError` 401 unless the header carries this account and the address is its own."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        given = b""
    good = f"{config.account_sid}:{config.auth_token}".encode()
    right = scheme.casefold() == "basic" and hmac.compare_digest(given, good)
    if not right or account_sid != config.account_sid:
        raise ApiError(401, 20003)


def read_wanted(form: Mapping[str, str], config: DoubleConfig) -> Wanted:
    """Check a form as the provider does. Raises `ApiError` 400 with the provider's number."""
    to, body = form.get("To", ""), form.get("Body", "")
    sender, service_sid = form.get("From", ""), form.get("MessagingServiceSid")
    if not to:
        raise ApiError(400, 21604)
    if not sender and not service_sid:
        raise ApiError(400, 21603)
    if not body.strip():
        raise ApiError(400, 21602)
    if len(body) > _MAX_BODY:
        raise ApiError(400, 21617)
    if not _E164.fullmatch(to):
        raise ApiError(400, 21211)
    if to in AT_SENDING:
        raise ApiError(400, AT_SENDING[to])
    validity_s = _read_validity(form.get("ValidityPeriod"))
    callback = _read_callback(form.get("StatusCallback"))
    return Wanted(to, body, sender or config.sender, service_sid, callback, validity_s)


def list_page(
    book: Book, query: Mapping[str, str], config: DoubleConfig, *, hidden_since: datetime
) -> dict[str, Any]:
    """Answer one page of messages, newest first; those created after `hidden_since` are not listed yet."""
    page = _bounded(query.get("Page"), 0, 10**6)
    size = max(1, _bounded(query.get("PageSize"), _PAGE, _MAX_PAGE))
    listed = (one for one in _candidates(book, query) if one.created_at <= hidden_since)
    matching = (one for one in listed if _matches(one, query))
    entries = list(islice(matching, page * size, page * size + size + 1))
    more = len(entries) > size
    shown = [show(one, config) for one in entries[:size]]
    base = f"/{VERSION}/Accounts/{config.account_sid}/Messages.json"

    def address(number: int) -> str:
        return f"{base}?{urlencode({**query, 'PageSize': size, 'Page': number})}"

    return {
        "messages": shown,
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": page * size + max(len(shown) - 1, 0),
        "uri": address(page),
        "first_page_uri": address(0),
        "next_page_uri": address(page + 1) if more else None,
        "previous_page_uri": address(page - 1) if page else None,
    }


def show(entry: Entry, config: DoubleConfig) -> dict[str, Any]:
    """Answer one message in the provider's form."""
    uri = f"/{VERSION}/Accounts/{config.account_sid}/Messages/{entry.sid}"
    return {
        "account_sid": config.account_sid,
        "api_version": VERSION,
        "body": entry.body,
        "date_created": format_datetime(entry.created_at),
        "date_sent": format_datetime(entry.sent_at) if entry.sent_at else None,
        "date_updated": format_datetime(entry.sent_at or entry.created_at),
        "direction": entry.direction,
        "error_code": entry.error,
        "error_message": None,
        "from": entry.sender,
        "messaging_service_sid": entry.service_sid,
        "num_media": "0",
        "num_segments": str(segments.count(entry.body).segments),
        "price": None,
        "price_unit": "USD",
        "sid": entry.sid,
        "status": entry.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": entry.to,
        "uri": f"{uri}.json",
    }


def _read_validity(written: str | None) -> int | None:
    if written is None:
        return None
    if not (written.isascii() and written.isdigit() and 1 <= int(written[:9]) <= _MAX_VALIDITY_S):
        raise ApiError(400, 20001)
    return int(written)


def _read_callback(url: str | None) -> str | None:
    if not url:
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not (usable and url.isascii() and url.isprintable() and " " not in url):
        raise ApiError(400, 21609)
    return url


def _candidates(book: Book, query: Mapping[str, str]) -> list[Entry]:
    person = query.get("To")
    return [one for one in book.newest_first(person) if person is None or one.to == person]


def _matches(entry: Entry, query: Mapping[str, str]) -> bool:
    if "From" in query and entry.sender != query["From"]:
        return False
    for name, value in query.items():
        if name.startswith("DateSent") and not _sent_within(entry, name.removeprefix("DateSent"), value):
            return False
    return True


def _sent_within(entry: Entry, comparison: str, written: str) -> bool:
    # What is not sent yet has no date, and no filter by date finds it.
    if entry.sent_at is None:
        return False
    start, end = _span(written)
    if comparison == ">":
        return entry.sent_at >= start
    return entry.sent_at < end if comparison == "<" else start <= entry.sent_at < end


def _span(written: str) -> tuple[datetime, datetime]:
    try:
        if "T" in written:
            moment = datetime.fromisoformat(written).astimezone(UTC)
            return moment, moment + timedelta(seconds=1)
        start = datetime.combine(date.fromisoformat(written), time(), UTC)
    except ValueError as error:
        raise ApiError(400, 20001) from error
    return start, start + timedelta(days=1)


def _bounded(written: str | None, default: int, highest: int) -> int:
    usable = written is not None and written.isascii() and written.isdigit()
    return min(int(written[:9]), highest) if usable and written is not None else default
