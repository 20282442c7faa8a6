"""What went out: newest first, numbers and links masked."""

from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from casework.analytics.views import MessageRow, Page, Text
from casework.domain.messages import Message
from casework.store import tables
from casework.store.rows import Rows
from notifications import addresses, provider_codes

PAGE = 100
_M, _CASE = tables.messages.c, tables.cases.c


def read(connection: sa.Connection, cursor: str | None) -> Page[MessageRow]:
    """Give the newest messages first; the cursor is the id of the last one seen."""
    query = _select(connection).order_by(_M.id.desc())
    if cursor:
        query = query.where(_M.id < cursor[:36])
    found = [_row(row) for row in connection.execute(query.limit(PAGE + 1))]
    further = found[PAGE - 1].id if len(found) > PAGE else None
    return Page(found[:PAGE], further)


def of_case(connection: sa.Connection, case_id: str) -> list[MessageRow]:
    """Give all messages about one case, oldest first."""
    query = _select(connection).where(_M.case_id == case_id).order_by(_M.id)
    return [_row(row) for row in connection.execute(query)]


def masked(channel: str | None, address: str | None) -> str:
    """Write an address so that nobody is told a number: the last digits of it, or what stands for a chat."""
    if not address:
        return "-"
    if channel in {"sms", "voice"}:
        return addresses.mask(address)
    if channel == "chat:twilio":
        return addresses.mask(address.removeprefix("whatsapp:"))
    if channel == "email":
        return f"…@{address.rpartition('@')[2]}"
    if channel == "webhook":
        return urlsplit(address).hostname or "-"  # the rest of an address may hold a key
    return address.partition(":")[2] or f"…{address[-4:]}"


def _select(connection: sa.Connection) -> sa.Select[Any]:
    names = Rows(connection, tables.messages, Message).names
    columns = [_M[name] for name in names]
    return sa.select(*columns, _CASE.number.label("number")).outerjoin(tables.cases, _CASE.id == _M.case_id)


def _row(row: Any) -> MessageRow:  # noqa: ANN401  (a row of SQLAlchemy)
    body = row.body.replace(row.secret, row.secret[:4] + "…") if row.secret else row.body
    return MessageRow(
        id=row.id,
        created_at=row.created_at,
        to=masked(row.channel, row.address),
        purpose=row.purpose,
        channel=row.channel,
        language=row.language,
        text=body,
        state=row.state.value,
        attempts=row.attempts,
        segments=row.segments,
        error=_error(row.error),
        case_id=row.case_id,
        case_number=row.number,
    )


def _error(code: str | None) -> Text | None:
    """Say what a provider's word means and what a person should do about it."""
    if code is None:
        return None
    row = provider_codes.find(code)
    if row is None:
        return {"zh": code, "en": code}
    return {
        "zh": f"{row.meaning['zh']} ({code})。{row.what_to_do['zh']}",
        "en": f"{row.meaning['en']} ({code}). {row.what_to_do['en']}",
    }
