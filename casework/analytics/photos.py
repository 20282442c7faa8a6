"""The photos of a case: what its reporters sent and what its crews took as proof."""

from collections.abc import Sequence

import sqlalchemy as sa

from casework.analytics import wording
from casework.analytics.views import CasePhoto
from casework.domain.timeline import EntryKind
from casework.store import tables

LIMIT = 60
REPORTER = wording.text("反映人", "a reporter")
_T, _R = tables.timeline.c, tables.reports.c


def of_case(connection: sa.Connection, case_id: str) -> Sequence[CasePhoto]:
    """List the photos in the order they came in; `what` is the name of a kept one, or another's address."""
    reported = connection.execute(
        sa.select(_R.received_at, _R.media).where(_R.case_id == case_id).order_by(_R.id).limit(LIMIT)
    )
    proof = connection.execute(
        sa.select(_T.at, _T.actor, _T.data)
        .where(_T.case_id == case_id, _T.kind == EntryKind.PHOTO_ADDED)
        .order_by(_T.seq)
        .limit(LIMIT)
    )
    found = [CasePhoto(what, row.received_at, REPORTER) for row in reported for what in row.media]
    found += [CasePhoto(str(row.data.get("photo")), row.at, wording.actor(row.actor)) for row in proof]
    return found[:LIMIT]
