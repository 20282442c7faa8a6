"""What went out: newest first, numbers and links masked."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from casework.analytics.views import MessageRow, Page, Text
from casework.domain.messages import Message
from casework.store import tables
from casework.store.rows import Rows
from notifications import addresses

PAGE = 100
_M, _CASE = tables.messages.c, tables.cases.c
ERRORS: Mapping[str, tuple[str, str]] = {
    "21610": ("对方已退订", "the recipient has opted out"),
    "21211": ("号码无效", "the number is not valid"),
    "30003": ("手机不可达", "the handset cannot be reached"),
    "30005": ("号码不存在", "the number is not known"),
    "30006": ("固定电话或不可达", "a landline, or cannot be reached"),
    "30007": ("被运营商过滤", "filtered by the carrier"),
    "30008": ("未知错误", "unknown error"),
    "not_found_at_provider": ("短信商处未找到, 将重试", "not found at the provider, will be tried again"),
}


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
    if channel == "sms":
        return addresses.mask(address)
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
    if code is None:
        return None
    zh, en = ERRORS.get(code, ("", ""))
    return (
        {"zh": f"{zh} ({code})".strip(), "en": f"{en} ({code})".strip()} if zh else {"zh": code, "en": code}
    )
